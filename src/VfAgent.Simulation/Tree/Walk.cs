using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tree;

/// <summary>Path resolution as in path_resolution(7), without <c>.</c> and <c>..</c>.</summary>
internal static class Walk
{
    /// <param name="root">Where absolute paths start.</param>
    /// <param name="path">An absolute path.</param>
    /// <param name="follow">Whether a symbolic link at the end is followed.</param>
    /// <param name="node">What is there.</param>
    /// <returns>ENOENT, ENOTDIR or null.</returns>
    public static Errno? Resolve(Folder root, string path, bool follow, out Node node)
    {
        node = root;
        ReadOnlySpan<char> rest = path;
        foreach (Range range in rest.Split('/'))
        {
            ReadOnlySpan<char> name = rest[range];
            if (name.IsEmpty)
                continue;

            if (Follow(root, ref node) is { } error)
                return error;

            if (node is not Folder folder)
                return Errno.ENOTDIR;

            if (folder.Find(name.ToString()) is not { } next)
                return Errno.ENOENT;

            node = next;
        }

        return follow ? Follow(root, ref node) : null;
    }

    // Links of this tree do not point at themselves.
    private static Errno? Follow(Folder root, ref Node node) =>
        node is SymbolicLink link ? Resolve(root, link.Target, follow: true, out node) : null;
}
