namespace VfAgent.Linux.Tests;

internal sealed class TemporaryFolder : IDisposable
{
    internal string Root { get; } = Directory.CreateTempSubdirectory("vfagent-").FullName;

    internal string At(string path) => Path.Combine(Root, path);

    /// <summary>Writes a file, and the folders above it.</summary>
    internal string File(string path, string content)
    {
        string full = At(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        System.IO.File.WriteAllText(full, content);
        return full;
    }

    internal string Link(string path, string target)
    {
        string full = At(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        System.IO.File.CreateSymbolicLink(full, target);
        return full;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
