using VfAgent.Core.Kernel;

namespace VfAgent.Simulation;

/// <summary>One call of the agent to the simulated machine, as faults and the log see it.</summary>
/// <param name="Number">Counts the mutating calls of kernel and disk together, from 1 and over restarts; 0 for a call that only reads.</param>
/// <param name="Kind">Which call of <see cref="IKernel"/> or <see cref="IDisk"/>.</param>
/// <param name="Path">The path, the link's name (its index when it has none) or the module.</param>
/// <param name="Value">What is written: the attribute's text, the MTU, <c>vf 0 trust on</c>, the new path, or a file's size and mode.</param>
public sealed record SimulatedCall(int Number, CallKind Kind, string Path, string? Value = null)
{
    public bool Mutates => Number > 0;

    internal bool IsOnFiles => Kind is CallKind.ReadFile or CallKind.ListFiles or CallKind.StatFile or CallKind.WriteFile or CallKind.SyncFile
        or CallKind.RenameFile or CallKind.DeleteFile or CallKind.CreateDirectory or CallKind.Lock;

    public override string ToString() => $"{Number} {Kind} {Path} {Value?.Replace("\n", "\\n", StringComparison.Ordinal)}".TrimEnd();
}

/// <summary>A mutating call and how it ended. A call that still hangs is not in the log yet.</summary>
public sealed record LoggedCall(SimulatedCall Call, Errno? Error)
{
    public override string ToString() => Error is null ? Call.ToString() : $"{Call}: {Error}";
}

public enum CallKind
{
    Read,
    List,
    ReadLink,
    IsThere,
    GetLink,
    GetVfs,
    GetEswitch,
    GetInode,
    GetLinks,
    OpenNamespace,
    OpenFiles,
    ReadFile,
    ListFiles,
    StatFile,
    Write,
    SetLinkMtu,
    SetLinkUp,
    SetVf,
    SetEswitch,
    MoveLink,
    SetLinkName,
    SetLinkMac,
    AddAddress,
    AddRoute,
    LoadModule,
    WriteFile,
    SyncFile,
    RenameFile,
    DeleteFile,
    CreateDirectory,
    Lock,
}
