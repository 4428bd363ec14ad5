using VfAgent.Core.Observed;

namespace VfAgent.Core.Status;

/// <summary>Why an object is not in sync: a stable code, the phase it puts the object in, and what a person can do.</summary>
public sealed record Reason(string Code, Phase Phase, string Remedy)
{
    public override string ToString() => Code;
}

/// <summary>A reason met on this host, with the values.</summary>
public sealed record Finding(Reason Reason, string Message)
{
    /// <summary>The one VF that it is about; null when it is about more.</summary>
    public VfId? Vf { get; init; }
}
