using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>
/// Brings a PF's VFs to what they are to be set to: their attributes through the PF, which works on any driver, then MTU and address of their
/// netdevs. A VF that somebody uses keeps what it has: it is the container's while it has it, and put right when it is back.
/// </summary>
internal sealed class VfSettingsPlanner
{
    private readonly ImmutableArray<Finding>.Builder _findings;
    private readonly PhysicalFunction _pf;
    private readonly HostSnapshot _host;
    private readonly int? _pfMtu;

    private VfSettingsPlanner(IEnumerable<Step> before, ImmutableArray<Finding>.Builder findings, PhysicalFunction pf, HostSnapshot host)
    {
        (_findings, _pf, _host) = (findings, pf, host);
        _pfMtu = before.OfType<SetMtu>().FirstOrDefault()?.Mtu ?? pf.Netdev?.Mtu;
    }

    public static void Plan(
        ImmutableArray<Step>.Builder steps, ImmutableArray<Finding>.Builder findings, PfTarget target, PhysicalFunction pf, HostSnapshot host)
    {
        var planner = new VfSettingsPlanner(steps, findings, pf, host);
        var unknown = new List<int>();
        foreach (VirtualFunction vf in pf.Vfs)
        {
            if (!target.Vfs.TryGetValue(vf.Index, out VfTarget? wish))
                continue;

            if (vf.Admin is null && !wish.Settings.IsEmpty)
                unknown.Add(vf.Index);
            steps.AddRange(planner.StepsFor(vf, wish, target.DisruptionOf(vf)));
        }

        if (unknown.Count > 0)
            findings.Add(planner.Unavailable(unknown));
    }

    private Finding Unavailable(List<int> vfs) => _pf.Netdev is null
        ? new(Reasons.NetdevMissing, $"{_pf.Address} has no network interface to set its VFs through")
        : new(Reasons.AttributesUnavailable,
            $"VF attributes unavailable for VF {string.Join(", ", vfs)} of {_pf.Address}{(_pf.VfAttributesError is { } why ? $": {why}" : "")}");

    private List<Step> StepsFor(VirtualFunction vf, VfTarget wish, DisruptionPolicy disruption)
    {
        var id = new VfId(_pf.Address, vf.Index);
        VfUser? user = VfUse.Of(vf, id, _host);
        VfSettings settings = user is null && ImpliedMac(vf, wish, id) is { } mac ? wish.Settings with { Mac = mac } : wish.Settings;
        List<Step> steps = [.. Attributes(vf, settings, id)];
        if (steps.Count == 0 && IsMacUntold(vf, wish))
            steps.AddRange(TellMac(vf, id, settings.Mac!, disruption));
        if (steps.Count == 0)
            steps.AddRange(Mtu(vf, wish, id));

        bool waits = user is not null && (disruption != DisruptionPolicy.Force || user.HoldsDevice || steps is [RebindDriver]);
        if (!waits || steps.Count == 0)
            return steps;

        _findings.Add(new(Reasons.VfsInUse, $"{user} keeps its settings while it is in use; then: {string.Join("; ", steps)}") { Vf = id });
        return [];
    }

    // The driver gets the address that the PF has for it when it is bound, if the PF is there to answer; its netdev is then a new one.
    private IEnumerable<Step> TellMac(VirtualFunction vf, VfId id, string mac, DisruptionPolicy disruption)
    {
        if (disruption == DisruptionPolicy.Never)
        {
            string text = $"binding {id} anew, for {mac} to take effect, would take it away, and disruptionPolicy is NEVER";
            _findings.Add(new(Reasons.DisruptionForbidden, text) { Vf = id });
        }
        else if (_pf.Netdev!.Up)
            yield return new RebindDriver(id, vf.Address, vf.Driver!);
        else
        {
            string text = $"{id} has {vf.Netdev!.Mac} and not yet {mac}: {_pf.Netdev.Name}, its PF, is down";
            _findings.Add(new(Reasons.MacNotInEffect, text) { Vf = id });
        }
    }

    // A container with a VF on vfio-pci that has no address is refused by podman: it gets the one that its netdev has, or one that stays.
    private string? ImpliedMac(VirtualFunction vf, VfTarget wish, VfId id) =>
        wish is { ImpliesMac: true, Settings.Mac: null } && vf.Admin is { Mac: MacAddress.None }
            ? vf.Netdev?.Mac ?? DeterministicMac.Of(_host.HostId, id)
            : null;

    private static bool IsMacUntold(VirtualFunction vf, VfTarget wish) =>
        wish is { OnVfio: false, Settings.Mac: { } mac } && vf is { OnVfio: false, Driver: not null, Netdev: { } netdev } &&
        vf.Admin?.Mac == mac && netdev.Mac.Length > 0 && netdev.Mac != mac;

    private IEnumerable<Step> Attributes(VirtualFunction vf, VfSettings wish, VfId id)
    {
        if (vf.Admin is not { } now || _pf.Netdev is not { } uplink)
            yield break;

        foreach (VfSetting setting in Differences(now, wish, setting => _host.Refused.ContainsKey(new VfRequest(id, uplink.IfIndex, setting))))
        {
            var step = new SetVf(uplink.Name, new VfRequest(id, uplink.IfIndex, setting));
            if (_host.Refused.TryGetValue(step.Request, out Finding? refusal))
                _findings.Add(refusal);
            else
                yield return step;
        }
    }

    private static IEnumerable<VfSetting> Differences(VfAttributes now, VfSettings wish, Func<VfSetting, bool> isRefused)
    {
        if (wish.Mac is { } mac && mac != now.Mac)
            yield return new VfMac(mac);
        if (wish.Vlan is { } vlan && !IsSame(vlan, new VfVlan(now.Vlan, now.Qos, now.VlanProtocol)))
            yield return vlan;
        if (wish.SpoofCheck is { } spoofCheck && spoofCheck != now.SpoofCheck)
            yield return new VfSpoofCheck(spoofCheck);
        if (wish.Trust is { } trust && trust != now.Trust)
            yield return new VfTrust(trust);
        if (wish.LinkState is { } state && state != now.LinkState)
            yield return new VfLink(state);
        foreach (VfRate rate in Rates(now, wish, isRefused))
            yield return rate;
    }

    // Without a VLAN there is no protocol of one.
    private static bool IsSame(VfVlan a, VfVlan b) => a == b || (a is { Id: 0, Qos: 0 } && b is { Id: 0, Qos: 0 });

    // The kernel sets both rates at once, and many drivers have only one of them: when both are not taken, each is tried with the other as it is.
    private static IEnumerable<VfRate> Rates(VfAttributes now, VfSettings wish, Func<VfSetting, bool> isRefused)
    {
        var both = new VfRate(wish.MinTxRate ?? now.MinTxRate, wish.MaxTxRate ?? now.MaxTxRate);
        if (both == new VfRate(now.MinTxRate, now.MaxTxRate))
            yield break;

        yield return both;
        if (!isRefused(both) || both.Min == now.MinTxRate || both.Max == now.MaxTxRate)
            yield break;

        yield return both with { Min = now.MinTxRate };
        yield return both with { Max = now.MaxTxRate };
    }

    private IEnumerable<Step> Mtu(VirtualFunction vf, VfTarget wish, VfId id)
    {
        if (wish is not { OnVfio: false, Mtu: { } mtu } || vf.Netdev is not { } netdev || netdev.Mtu == mtu)
            yield break;

        if (mtu > _pfMtu)
            _findings.Add(new(Reasons.MtuOutOfRange, $"{id} cannot have an MTU of {mtu}: its PF {_pf.Netdev!.Name} has {_pfMtu}") { Vf = id });
        else
            yield return new SetVfMtu(id, netdev.Name, netdev.IfIndex, mtu);
    }
}
