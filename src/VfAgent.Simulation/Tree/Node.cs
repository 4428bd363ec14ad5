using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tree;

/// <summary>A file, symbolic link or folder. The tree holds no state: every node asks the machine when it is asked.</summary>
internal abstract class Node;

/// <param name="read">Its text without the last newline; null for a file that may not be read.</param>
/// <param name="write">null for a file that may not be written: open(2) says EACCES to root as well.</param>
internal sealed class TextFile(Func<Text>? read, Func<string, Fault, Errno?>? write = null) : Node
{
    public Text Read() => read?.Invoke() ?? Errno.EACCES;

    public Errno? Write(string value, Fault fault) => write is null ? Errno.EACCES : write(value, fault);
}

/// <param name="target">Absolute, which real ones are not; what the agent sees of it, the last segment, is the same.</param>
internal sealed class SymbolicLink(string target) : Node
{
    public string Target { get; } = target;
}

/// <summary>An attribute's text, or the error of reading it.</summary>
internal readonly record struct Text(string Value, Errno? Error)
{
    public static implicit operator Text(string value) => new(value, null);

    public static implicit operator Text(int value) => new(value.ToString(), null);

    public static implicit operator Text(Errno error) => new(string.Empty, error);
}
