using VfAgent.Core.Kernel;

namespace VfAgent.Core.Desired;

/// <summary>What a VF is to be set to through its PF; null leaves that attribute as it is.</summary>
/// <param name="Mac">An address, lower-case and colon separated, or <see cref="DeterministicMac"/>.</param>
/// <param name="Vlan">With its priority and protocol, which are one attribute to the kernel.</param>
/// <param name="Trust">Whether it may do what touches others.</param>
/// <param name="SpoofCheck">Whether frames from a foreign MAC or VLAN are dropped.</param>
/// <param name="LinkState">What decides its carrier.</param>
/// <param name="MinTxRate">Mbit/s; 0 for none.</param>
/// <param name="MaxTxRate">Mbit/s; 0 for no limit.</param>
public sealed record VfSettings(
    string? Mac = null, VfVlan? Vlan = null, bool? Trust = null, bool? SpoofCheck = null, VfLinkState? LinkState = null,
    int? MinTxRate = null, int? MaxTxRate = null)
{
    /// <summary>In place of an address: one that the agent derives and that stays the same.</summary>
    public const string DeterministicMac = "deterministic";

    public static VfSettings None { get; } = new();

    public bool IsEmpty => this == None;

    /// <summary>These, and where they say nothing, those.</summary>
    public VfSettings Over(VfSettings those) => new(
        Mac ?? those.Mac, Vlan ?? those.Vlan, Trust ?? those.Trust, SpoofCheck ?? those.SpoofCheck, LinkState ?? those.LinkState,
        MinTxRate ?? those.MinTxRate, MaxTxRate ?? those.MaxTxRate);
}

/// <summary>Settings for some VFs of a resource.</summary>
/// <param name="Indexes">As it was sent: <c>0-3,6</c>.</param>
/// <param name="Settings">What is other than the resource's defaults.</param>
public sealed record VfOverride(string Indexes, VfSettings Settings)
{
    /// <summary>null when they cannot be read.</summary>
    public VfRanges? Vfs { get; } = VfRanges.TryParse(Indexes, out VfRanges? ranges) ? ranges : null;
}
