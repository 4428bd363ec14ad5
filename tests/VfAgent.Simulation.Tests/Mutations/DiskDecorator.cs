using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests.Mutations;

/// <summary>The agent's disk as it is; a planted bug changes a call or two.</summary>
internal class DiskDecorator(IDisk inner) : IDisk
{
    public virtual IoResult<byte[]> Read(string path, int limit = 1 << 20) => inner.Read(path, limit);

    public virtual IoResult<IReadOnlyList<string>> List(string directory) => inner.List(directory);

    public virtual IoResult<FileStamp> Stat(string path) => inner.Stat(path);

    public virtual IoError? Write(string path, ReadOnlySpan<byte> content, int mode) => inner.Write(path, content, mode);

    public virtual IoError? Sync(string path) => inner.Sync(path);

    public virtual IoError? Rename(string from, string to) => inner.Rename(from, to);

    public virtual IoError? Delete(string path) => inner.Delete(path);

    public virtual IoError? CreateDirectory(string path) => inner.CreateDirectory(path);

    public virtual IoResult<IDisposable> Lock(string path, bool wait = true) => inner.Lock(path, wait);

    public virtual IoResult<IFolderWatch> Watch(Action onChange) => inner.Watch(onChange);
}
