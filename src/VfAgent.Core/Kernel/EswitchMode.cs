namespace VfAgent.Core.Kernel;

/// <summary>What a NIC's embedded switch does between its VFs and the wire; the values are the kernel's (enum devlink_eswitch_mode).</summary>
public enum EswitchMode : ushort
{
    /// <summary>It forwards by MAC and VLAN, as the PF's driver sets it up.</summary>
    Legacy = 0,

    /// <summary>The kernel forwards: each VF has a representor on the host, and what the NIC can do of it is offloaded.</summary>
    Switchdev = 1,
}

public static class EswitchModeWords
{
    /// <summary>As <c>devlink</c> says it: <c>legacy</c>, <c>switchdev</c>.</summary>
    public static string Word(this EswitchMode mode) => mode == EswitchMode.Switchdev ? "switchdev" : "legacy";

    public static EswitchMode? Parse(string? word) => word switch
    {
        "legacy" => EswitchMode.Legacy,
        "switchdev" => EswitchMode.Switchdev,
        _ => null,
    };
}
