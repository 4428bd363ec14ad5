using VfAgent.Core.Desired;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>Which resource manages which PF. One PF has one manager: the one it had, else the first by name whose selector matches.</summary>
internal sealed class PfClaims
{
    private readonly Dictionary<PciAddress, string> _managers = [];
    private readonly Dictionary<string, List<PciAddress>> _matched = new(StringComparer.Ordinal);

    public static PfClaims Decide(DesiredState desired, HostSnapshot host, Ledger ledger)
    {
        var claims = new PfClaims();
        foreach (ResourceSpec spec in desired.Resources.Values)
        {
            List<PciAddress> matched = [.. host.Pfs.Values.Where(spec.Selector.Matches).Select(pf => pf.Address)];
            claims._matched.Add(spec.Name, matched);
            foreach (PciAddress pf in matched)
            {
                if (!claims._managers.ContainsKey(pf) || ledger.Pfs.GetValueOrDefault(pf)?.Resource == spec.Name)
                    claims._managers[pf] = spec.Name;
            }
        }

        return claims;
    }

    public string? ManagerOf(PciAddress pf) => _managers.GetValueOrDefault(pf);

    public IReadOnlyList<PciAddress> MatchedBy(string resource) => _matched[resource];
}
