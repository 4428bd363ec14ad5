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
    private const int FileMode = 0b110_000_000;

    // A whole message and a little more, so that a file that somebody swapped is noticed and not read for ever.
    private const int SizeLimit = 2 * PayloadReader.MaxBytes;

    private readonly string _root = Path.Combine(stateDirectory, "config");

    public IoError? Prepare() =>
        files.Prepare(_root) ?? files.Prepare(Folder(ConfigKind.Document)) ??
        files.Prepare(Folder(ConfigKind.Resource)) ?? files.Prepare(Folder(ConfigKind.NetworkAttachment));

    /// <summary>Every message held, weakest layer first. A folder that cannot be listed is an error: what is in it must not look deleted.</summary>
    public IoResult<(MessageKey Key, IoResult<byte[]> Payload)[]> ReadAll()
    {
        List<(MessageKey, IoResult<byte[]>)> all = [];
        foreach (MessageKey document in (MessageKey[])[MessageKey.Bootstrap, MessageKey.Of(ConfigTopic.Document)])
        {
            IoResult<byte[]> payload = files.Disk.Read(PathOf(document), SizeLimit);
            if (payload.Error?.Errno != Errno.ENOENT)
                all.Add((document, payload));
        }

        foreach (ConfigKind kind in (ConfigKind[])[ConfigKind.Resource, ConfigKind.NetworkAttachment])
        {
            IoResult<IReadOnlyList<string>> names = files.Disk.List(Folder(kind));
            if (!names.Ok)
                return names.Error;

            IEnumerable<MessageKey> keys = names.Value.Where(ObjectName.IsValid).Select(name => new MessageKey(ConfigLayer.Object, kind, name));
            all.AddRange(keys.Select(key => (key, files.Disk.Read(PathOf(key), SizeLimit))));
        }

        return all.ToArray();
    }

    public IoError? Write(MessageKey key, ReadOnlySpan<byte> payload) => files.Write(PathOf(key), payload, FileMode);

    public IoError? Delete(MessageKey key) => files.Delete(PathOf(key));

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
