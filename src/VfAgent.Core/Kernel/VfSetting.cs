namespace VfAgent.Core.Kernel;

/// <summary>One attribute of a VF, to be set through its PF. The set is closed; the words are those of <c>ip link set PF vf N …</c>.</summary>
public abstract record VfSetting
{
    private protected VfSetting()
    {
    }

    public abstract override string ToString();
}

/// <param name="Address">Colon separated; all zeros take an earlier one back. When the VF's netdev shows it is up to the driver: igbvf and others
/// only ask when they are bound.</param>
public sealed record VfMac(string Address) : VfSetting
{
    public override string ToString() => $"mac {Address}";
}

/// <param name="Id">0 to 4095; 0 with <paramref name="Qos"/> 0 is no VLAN.</param>
/// <param name="Qos">Priority, 0 to 7.</param>
/// <param name="Protocol">The tag's.</param>
public sealed record VfVlan(int Id, int Qos = 0, VlanProtocol Protocol = VlanProtocol.Dot1Q) : VfSetting
{
    public override string ToString() => $"vlan {Id} qos {Qos} proto {(Protocol == VlanProtocol.Dot1Ad ? "802.1ad" : "802.1Q")}";
}

public sealed record VfSpoofCheck(bool On) : VfSetting
{
    public override string ToString() => $"spoofchk {(On ? "on" : "off")}";
}

public sealed record VfTrust(bool On) : VfSetting
{
    public override string ToString() => $"trust {(On ? "on" : "off")}";
}

/// <param name="Min">Mbit/s; 0 for no guarantee.</param>
/// <param name="Max">Mbit/s; 0 for no limit.</param>
public sealed record VfRate(int Min, int Max) : VfSetting
{
    public override string ToString() => $"min_tx_rate {Min} max_tx_rate {Max}";
}

public sealed record VfLink(VfLinkState State) : VfSetting
{
    public override string ToString() => $"state {State.ToString().ToLowerInvariant()}";
}
