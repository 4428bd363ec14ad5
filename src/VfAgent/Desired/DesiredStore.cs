using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Status;

namespace VfAgent.Desired;

/// <summary>
/// What this host is asked for: takes config messages, keeps the good ones on disk, and offers the merged result as one snapshot.
/// Used by one caller at a time; only <see cref="Current"/> may be read from elsewhere.
/// </summary>
internal sealed class DesiredStore(ConfigFiles files, IKernel kernel, TimeProvider time, EventLog events, Action changed)
{
    // A publisher with a bug, or with bad intentions, must not make the agent grow without bounds.
    private const int MaxRefusedStrangers = 256;
    private const int MaxStatusName = 128;
    private const int MostReads = 3;

    private static readonly TimeSpan _readAgainAfter = TimeSpan.FromSeconds(1);

    private readonly Dictionary<MessageKey, HeldMessage> _held = [];
    private readonly Dictionary<MessageKey, Decoded> _refused = [];
    private readonly HashSet<MessageKey> _notRetained = [];
    private readonly HashSet<MessageKey> _unreadable = [];
    private DesiredState _current = DesiredState.Empty;

    public DesiredState Current => Volatile.Read(ref _current);

    /// <summary>What an earlier run held: in force before any broker is reached.</summary>
    public async Task LoadAsync()
    {
        foreach ((MessageKey key, IoResult<byte[]> payload) in await ReadAsync())
        {
            if (payload.Ok && ConfigCodec.Decode(key, payload.Value, null) is { Message: { } message })
            {
                _held[key] = message;
                continue;
            }

            // No reason to forget what the ledger owns: it stays until a new message replaces it.
            _unreadable.Add(key);
            events.Warn(key.Title, "HeldConfigUnreadable", payload.Error?.ToString() ?? "the file on disk is not a valid config any more");
        }

        Publish(_held.Values.SelectMany(message => message.Keys));
    }

    // A disk that does not give a file may have been disturbed: nothing else brings back what the broker does not retain.
    private async Task<(MessageKey Key, IoResult<byte[]> Payload)[]> ReadAsync()
    {
        for (int left = MostReads - 1; ; left--)
        {
            IoResult<(MessageKey Key, IoResult<byte[]> Payload)[]> all =
                await kernel.RunAsync(() => files.Prepare() is { } error ? error : files.ReadAll());
            if (!all.Ok)
                throw new IOException($"The state directory cannot be used: {all.Error}");
            if (left == 0 || all.Value.All(file => file.Payload.Ok))
                return all.Value;

            await Task.Delay(_readAgainAfter, time);
        }
    }

    /// <summary>Takes a message for good: returns when it is on disk, so that it may be acknowledged.</summary>
    /// <param name="key">What it is about.</param>
    /// <param name="payload">As received; empty deletes.</param>
    /// <param name="contentType">As received; null when there was none.</param>
    /// <param name="retained">Whether the source would bring it back.</param>
    /// <param name="cancellationToken">Gives up a disk that refuses for long.</param>
    public async ValueTask TakeAsync(MessageKey key, ReadOnlyMemory<byte> payload, string? contentType, bool retained, CancellationToken cancellationToken)
    {
        if (payload.IsEmpty)
        {
            await DeleteAsync(key, cancellationToken);
            return;
        }

        if (_held.TryGetValue(key, out HeldMessage? held) && held.Payload.Span.SequenceEqual(payload.Span))
        {
            _refused.Remove(key);
            NoteRetained(key, retained);
            Publish([]);
            return;
        }

        Decoded decoded = ConfigCodec.Decode(key, payload.ToArray(), contentType);
        if (decoded.Message is { } message)
            await HoldAsync(key, message, retained, cancellationToken);
        else
            Refuse(key, decoded);
    }

    /// <summary>
    /// The broker has replayed what it retains, as far as one can tell: what it does not have is kept, and said. What was refused and is not there
    /// any more is nobody's wish now; the message that took it away may have been lost in the broker's queue.
    /// </summary>
    public void ReplayEnded(Func<MessageKey, bool> isRetained)
    {
        int before = _notRetained.Count;
        _notRetained.UnionWith(_held.Keys.Where(key => key.Layer != ConfigLayer.Bootstrap && !isRetained(key)));
        MessageKey[] gone = [.. _refused.Keys.Where(key => key.Layer != ConfigLayer.Bootstrap && !isRetained(key))];
        if (_notRetained.Count == before && gone.Length == 0)
            return;

        foreach (MessageKey key in gone)
            _refused.Remove(key);

        Publish([]);
    }

    private async Task HoldAsync(MessageKey key, HeldMessage message, bool retained, CancellationToken cancellationToken)
    {
        await PersistAsync(key, () => files.Write(key, message.Payload.Span), cancellationToken);
        IEnumerable<ObjectKey> hidden = Readable(key);
        _held.Remove(key, out HeldMessage? old);
        _held.Add(key, message);
        _refused.Remove(key);
        NoteRetained(key, retained);
        events.Info(key.Title, "ConfigAccepted", old is null ? "accepted" : "accepted in place of an earlier one");
        Publish([.. message.Keys, .. old?.Keys ?? [], .. hidden]);
    }

    private async Task DeleteAsync(MessageKey key, CancellationToken cancellationToken)
    {
        _refused.Remove(key);
        NoteRetained(key, retained: true);
        IEnumerable<ObjectKey> hidden = [];
        if (_held.TryGetValue(key, out HeldMessage? old) || _unreadable.Contains(key))
        {
            await PersistAsync(key, () => files.Delete(key), cancellationToken);
            _held.Remove(key);
            hidden = Readable(key);
            events.Info(key.Title, "ConfigDeleted", "deleted by an empty message");
        }

        Publish([.. old?.Keys ?? [], .. hidden]);
    }

    /// <summary>What could not be read is known again.</summary>
    /// <returns>The objects that it may have stood before.</returns>
    private IEnumerable<ObjectKey> Readable(MessageKey key) =>
        _unreadable.Remove(key) ? [.. _held.Values.SelectMany(message => message.Keys)] : [];

    private void Refuse(MessageKey key, Decoded decoded)
    {
        events.Warn(key.Title, "ConfigRejected", decoded.Refusal!.ToString());
        bool stranger = !_held.ContainsKey(key) && !_refused.ContainsKey(key);
        if (stranger && (_refused.Count >= MaxRefusedStrangers || key.Name.Length > MaxStatusName))
            return;

        _refused[key] = decoded;
        Publish([]);
    }

    // Only of what is held: a message that is refused says nothing of the good one before it.
    private void NoteRetained(MessageKey key, bool retained)
    {
        if (retained)
            _notRetained.Remove(key);
        else
            _notRetained.Add(key);
    }

    // Until it is on disk the message is not acknowledged and not in force; the broker holds the next ones back meanwhile.
    private async Task PersistAsync(MessageKey key, Func<IoError?> write, CancellationToken cancellationToken)
    {
        var delay = TimeSpan.FromSeconds(1);
        while (await kernel.RunAsync(write) is { } error)
        {
            events.Error(key.Title, "ConfigNotSaved", $"{error}; trying again in {delay.TotalSeconds:0} s, and taking no other config until then");
            await Task.Delay(delay, time, cancellationToken);
            delay = TimeSpan.FromSeconds(Math.Min(30, delay.TotalSeconds * 2));
        }
    }

    /// <param name="touched">The objects that may be wished for otherwise than before; what is refused is looked through anyway.</param>
    private void Publish(IEnumerable<ObjectKey> touched)
    {
        var resources = _current.Resources.ToBuilder();
        var attachments = _current.Attachments.ToBuilder();
        foreach (ObjectKey key in touched)
        {
            if (key.Kind == ObjectKind.Resource)
                Replace(resources, key.Name, Strongest(message => message.Resource(key.Name), MessageKey.Of(Protocol.ConfigTopic.Resource(key.Name))));
            else
                Replace(attachments, key.Name, Strongest(message => message.Attachment(key.Name), MessageKey.Of(Protocol.ConfigTopic.NetworkAttachment(key.Name))));
        }

        var next = new DesiredState
        {
            Resources = resources.ToImmutable(),
            Attachments = attachments.ToImmutable(),
            Refusals = Refusals(),
            RefusedDocuments = _refused.Where(r => r.Key.Object is null)
                .ToImmutableSortedDictionary(r => r.Key.Title, r => r.Value.Refusal!, StringComparer.Ordinal),
            NotRetained = NotRetained(),
            Unreadable = [.. _unreadable.Select(key => key.Object).OfType<ObjectKey>()],
            DocumentIsUnreadable = _unreadable.Any(key => key.Object is null),
        };
        Volatile.Write(ref _current, next);
        changed();
    }

    // An object that is the same as before stays the same instance: whoever compares finds nothing to do.
    private static void Replace<T>(ImmutableSortedDictionary<string, T>.Builder specs, string name, T? spec)
        where T : class
    {
        if (spec is null)
            specs.Remove(name);
        else if (!specs.TryGetValue(name, out T? old) || !old.Equals(spec))
            specs[name] = spec;
    }

    private T? Strongest<T>(Func<HeldMessage, T?> pick, MessageKey own)
        where T : class
    {
        foreach (MessageKey key in (MessageKey[])[own, MessageKey.Of(Protocol.ConfigTopic.Document), MessageKey.Bootstrap])
        {
            // What cannot be read may ask for another thing than the layers below it: nobody acts upon those meanwhile.
            if (_unreadable.Contains(key))
                return null;

            if (_held.TryGetValue(key, out HeldMessage? message) && pick(message) is { } spec)
                return spec;
        }

        return null;
    }

    private ImmutableDictionary<ObjectKey, Refusal> Refusals()
    {
        var refusals = ImmutableDictionary.CreateBuilder<ObjectKey, Refusal>();
        foreach ((MessageKey key, Decoded decoded) in _refused.OrderBy(entry => entry.Key.Layer))
        {
            foreach ((ObjectKey of, Refusal refusal) in decoded.ByObject)
                refusals[of] = refusal;
            if (key.Object is { } self)
                refusals[self] = decoded.Refusal!;
        }

        return refusals.ToImmutable();
    }

    private ImmutableHashSet<ObjectKey> NotRetained()
    {
        var keys = ImmutableHashSet.CreateBuilder<ObjectKey>();
        foreach (MessageKey key in _notRetained.OrderBy(key => key.Layer))
        {
            if (_held.TryGetValue(key, out HeldMessage? message))
                keys.UnionWith(message.Keys.Where(of => key.Layer == ConfigLayer.Object || !_held.ContainsKey(ObjectLayer(of))));
        }

        return keys.ToImmutable();
    }

    private static MessageKey ObjectLayer(ObjectKey key) => MessageKey.Of(key.Kind == ObjectKind.Resource
        ? Protocol.ConfigTopic.Resource(key.Name)
        : Protocol.ConfigTopic.NetworkAttachment(key.Name));
}
