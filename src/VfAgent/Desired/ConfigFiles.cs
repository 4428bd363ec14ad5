using System.Text;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Protocol;

namespace VfAgent.Desired;

/// <summary>
/// The held config messages on disk: one file for each, its bytes as received, in folders that mirror the topics
/// (<c>{state}/config/host/resources/{name}</c>). A change touches its own file only.
/// </summary>
internal sealed class ConfigFiles(DurableFiles files, string stateDirectory)
{
    // A whole message and a little more, so that a file that somebody swapped is noticed and not read for ever.
    private const int FileMode = 0b110_000_000;
    private const int SizeLimit = 2 * PayloadReader.MaxBytes;

    private readonly string _root = Path.Combine(stateDirectory, "config");
    private readonly string _session = Path.Combine(stateDirectory, "session");
    private readonly string _unretained = Path.Combine(stateDirectory, "unretained");

    public IoError? Prepare() =>
        PrepareFolder(stateDirectory) ?? PrepareFolder(_root) ?? PrepareFolder(Folder(ConfigKind.Document)) ??
        PrepareFolder(Folder(ConfigKind.Resource)) ?? PrepareFolder(Folder(ConfigKind.NetworkAttachment));

    /// <summary>Every message held, weakest layer first.</summary>
    public IEnumerable<(MessageKey Key, IoResult<byte[]> Payload)> ReadAll()
    {
        foreach (MessageKey document in (MessageKey[])[MessageKey.Bootstrap, MessageKey.Of(ConfigTopic.Document)])
        {
            IoResult<byte[]> payload = files.Disk.Read(PathOf(document), SizeLimit);
            if (payload.Error?.Errno != Errno.ENOENT)
                yield return (document, payload);
        }

        foreach (ConfigKind kind in (ConfigKind[])[ConfigKind.Resource, ConfigKind.NetworkAttachment])
        {
            foreach (string name in files.Disk.List(Folder(kind)).ValueOr([])!)
            {
                var key = new MessageKey(ConfigLayer.Object, kind, name);
                if (ObjectName.IsValid(name))
                    yield return (key, files.Disk.Read(PathOf(key), SizeLimit));
            }
        }
    }

    /// <summary>
    /// Whether this folder holds all that our session at the broker has delivered. A folder that is new, or was lost, does not: then the
    /// broker has to replay everything to a new session.
    /// </summary>
    public bool SessionIsHeld() => files.Disk.Stat(_session).Ok;

    public IoError? HoldSession() => files.Write(_session, "what the broker counts as delivered to this session is in config/\n"u8, FileMode);

    /// <summary>The messages held that the broker would not bring back.</summary>
    public IEnumerable<MessageKey> ReadUnretained() => files.Disk.Read(_unretained) is { Ok: true, Value: var bytes }
        ? Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(MessageKey.Parse).OfType<MessageKey>()
        : [];

    public IoError? WriteUnretained(IReadOnlyCollection<MessageKey> keys) => keys.Count == 0
        ? files.Delete(_unretained)
        : files.Write(_unretained, Encoding.UTF8.GetBytes(string.Join('\n', keys.Select(key => key.ToString()).Order(StringComparer.Ordinal)) + "\n"), FileMode);

    public IoError? Write(MessageKey key, ReadOnlySpan<byte> payload) => files.Write(PathOf(key), payload, FileMode);

    public IoError? Delete(MessageKey key) => files.Delete(PathOf(key));

    private IoError? PrepareFolder(string folder) => files.Disk.CreateDirectory(folder) ?? files.RemoveLeftovers(folder);

    private string PathOf(MessageKey key) => key switch
    {
        { Layer: ConfigLayer.Bootstrap } => Path.Combine(_root, "bootstrap"),
        { Layer: ConfigLayer.Document } => Path.Combine(Folder(ConfigKind.Document), "document"),
        _ when ObjectName.IsValid(key.Name) => Path.Combine(Folder(key.Kind), key.Name),
        _ => throw new ArgumentException("An unchecked name must not become a path.", nameof(key)),
    };

    private string Folder(ConfigKind kind) => kind switch
    {
        ConfigKind.Resource => Path.Combine(_root, "host", "resources"),
        ConfigKind.NetworkAttachment => Path.Combine(_root, "host", "networkattachments"),
        _ => Path.Combine(_root, "host"),
    };
}
