using VfAgent.Core.Kernel;

namespace VfAgent.Simulation;

/// <summary>What goes wrong with one call; the default is nothing.</summary>
public readonly record struct Fault
{
    public static readonly Fault None;

    /// <summary>Blocks until <see cref="SimulatedWorld.ReleaseHangs"/>, then does its work.</summary>
    public static readonly Fault Hang = new() { Kind = FaultKind.Hang };

    /// <summary>Succeeds and does nothing. No effect on calls that only read.</summary>
    public static readonly Fault Lie = new() { Kind = FaultKind.Lie };

    /// <summary>The agent dies before the call has an effect.</summary>
    public static readonly Fault CrashBefore = new() { Kind = FaultKind.CrashBefore };

    /// <summary>The agent dies when the call has had its effect and before it learns so.</summary>
    public static readonly Fault CrashAfter = new() { Kind = FaultKind.CrashAfter };

    internal TimeSpan Time { get; private init; }

    internal FaultKind Kind { get; private init; }

    internal int Argument { get; private init; }

    /// <summary>Whether the call blocks before it does anything.</summary>
    internal bool Waits => Kind == FaultKind.Hang || (Kind == FaultKind.Delay && Time > TimeSpan.Zero);

    /// <summary>Fails with this error and has no effect, except that a file write that meets ENOSPC or EIO leaves a torn file.</summary>
    public static Fault Fail(Errno errno) => new() { Kind = FaultKind.Fail, Argument = (int)errno };

    /// <summary>Blocks for this long, or until <see cref="SimulatedWorld.ReleaseHangs"/>, then does its work.</summary>
    public static Fault Delay(TimeSpan time) => new() { Kind = FaultKind.Delay, Time = time };

    /// <summary>A write to <c>sriov_numvfs</c> succeeds, but the driver makes only this many VFs.</summary>
    public static Fault FewerVfs(int count) => new() { Kind = FaultKind.FewerVfs, Argument = count };
}

internal enum FaultKind
{
    None,
    Fail,
    Hang,
    Delay,
    Lie,
    FewerVfs,
    CrashBefore,
    CrashAfter,
}
