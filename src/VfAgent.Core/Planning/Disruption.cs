namespace VfAgent.Core.Planning;

/// <summary>What a step takes from others while it is made, from least to worst; each may include those before it.</summary>
public enum Disruption
{
    /// <summary>Nobody notices.</summary>
    None,

    /// <summary>One VF is taken from whoever uses it.</summary>
    VfReset,

    /// <summary>All VFs of the PF go.</summary>
    AllVfs,

    /// <summary>The PF itself has no link for a moment, and neither have its VFs if any are left.</summary>
    PfLinkBlip,

    /// <summary>It takes effect at the next boot. No step of this version.</summary>
    RebootNeeded,
}

public static class DisruptionWords
{
    /// <summary>For people; empty for <see cref="Disruption.None"/>.</summary>
    public static string Words(this Disruption disruption) => disruption switch
    {
        Disruption.None => "",
        Disruption.VfReset => "VF reset",
        Disruption.AllVfs => "all VFs of the PF",
        Disruption.PfLinkBlip => "PF link blip",
        _ => "reboot needed",
    };
}
