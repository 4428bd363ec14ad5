using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tree;

/// <summary>Path resolution as in path_resolution(7), without <c>.</c> and <c>..</c>.</summary>
/// <param name="root">Where absolute paths start.</param>
internal sealed class Walk(Folder root)
{
    private readonly Paths _paths = new();

    /// <param name="path">An absolute path.</param>
    /// <param name="follow">Whether a symbolic link at the end is followed.</param>
    /// <param name="node">What is there.</param>
    /// <returns>ENOENT, ENOTDIR or null.</returns>
    public Errno? Resolve(string path, bool follow, out Node node)
    {
        node = root;
        foreach (string name in _paths.NamesIn(path))
        {
            if (Follow(ref node) is { } error)
                return error;

            if (node is not Folder folder)
                return Errno.ENOTDIR;

            if (folder.Find(name) is not { } next)
                return Errno.ENOENT;

            node = next;
        }

        return follow ? Follow(ref node) : null;
    }

    // Links of this tree do not point at themselves.
    private Errno? Follow(ref Node node) =>
        node is SymbolicLink link ? Resolve(link.Target, follow: true, out node) : null;
}
