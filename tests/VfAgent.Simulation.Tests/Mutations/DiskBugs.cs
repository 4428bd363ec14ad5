using VfAgent.Core.Kernel;
using VfAgent.Simulation.Tests.Agents;

namespace VfAgent.Simulation.Tests.Mutations;

/// <summary>A file is renamed into its place before it is on the platter.</summary>
internal sealed class NoFileSync(IDisk inner) : DiskDecorator(inner)
{
    public override IoError? Sync(string path) => Path.GetFileName(path).StartsWith('.') ? null : base.Sync(path);
}

/// <summary>A rename or removal is not on the platter when it counts as done.</summary>
internal sealed class NoFolderSync(IDisk inner) : DiskDecorator(inner)
{
    public override IoError? Sync(string path) => Path.GetFileName(path).StartsWith('.') ? base.Sync(path) : null;
}

/// <summary>Files are written where readers look for them.</summary>
internal sealed class NoTemporaryFile(IDisk inner) : DiskDecorator(inner)
{
    private const string Before = ".vfagent-";
    private const string After = ".tmp";

    public override IoError? Write(string path, ReadOnlySpan<byte> content, int mode) => base.Write(Final(path), content, mode);

    public override IoError? Sync(string path) => base.Sync(Final(path));

    public override IoError? Rename(string from, string to) => null;

    private static string Final(string path) => Path.GetFileName(path) is var name && name.StartsWith(Before, StringComparison.Ordinal)
        ? Path.Combine(Path.GetDirectoryName(path)!, name[Before.Length..^After.Length])
        : path;
}

/// <summary>Files of a folder that are there and not seen.</summary>
internal sealed class Unseen(IDisk inner, Func<string, bool> isUnseen) : DiskDecorator(inner)
{
    public override IoResult<IReadOnlyList<string>> List(string directory)
    {
        IoResult<IReadOnlyList<string>> names = base.List(directory);
        return names.Ok ? names.Value.Where(name => !isUnseen(Path.Combine(directory, name))).ToList() : names;
    }
}

/// <summary>An assignment is in the ledger after the conflist that it is the record of.</summary>
internal sealed class LateLedger(IDisk inner) : DiskDecorator(inner)
{
    private const string Ledger = AgentSettings.StateDirectory + "/ledger/attachments";

    private readonly Queue<(string From, string To)> _late = [];

    public override IoError? Sync(string path) => path == Ledger ? null : base.Sync(path);

    public override IoError? Rename(string from, string to)
    {
        if (Path.GetDirectoryName(to) == Ledger)
        {
            _late.Enqueue((from, to));
            return null;
        }

        IoError? error = base.Rename(from, to);
        while (_late.TryDequeue(out (string From, string To) late))
            _ = base.Rename(late.From, late.To) ?? base.Sync(Ledger);
        return error;
    }
}
