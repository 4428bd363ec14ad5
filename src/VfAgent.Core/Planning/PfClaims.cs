using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>
/// Which resources manage which PF. One that had it comes before one that did not, and then the first by name; another shares the PF if its VFs are
/// others and if it wants the same of the PF itself. One that does not is told with whom it is at odds.
/// </summary>
internal sealed class PfClaims
{
    private readonly SortedDictionary<PciAddress, List<ResourceSpec>> _managers = [];
    private readonly Dictionary<string, List<PhysicalFunction>> _matched = new(StringComparer.Ordinal);
    private readonly List<(string Resource, Finding Finding)> _conflicts = [];

    /// <summary>PFs with the resources that manage them, by name.</summary>
    public IEnumerable<(PciAddress Pf, IReadOnlyList<ResourceSpec> Resources)> Managed =>
        _managers.Select(entry => (entry.Key, (IReadOnlyList<ResourceSpec>)entry.Value));

    public static PfClaims Decide(DesiredState desired, HostSnapshot host, Ledger ledger)
    {
        var claims = new PfClaims();
        foreach (ResourceSpec spec in desired.Resources.Values)
            claims._matched.Add(spec.Name, [.. host.Pfs.Values.Where(spec.Selector.Matches)]);

        foreach (IGrouping<PciAddress, ResourceSpec> wanted in desired.Resources.Values
            .SelectMany(spec => claims._matched[spec.Name], (spec, pf) => (spec, pf))
            .Where(pair => !claims.IsTooMany(pair.spec) || ledger.Pfs.GetValueOrDefault(pair.pf.Address)?.IsOf(pair.spec.Name) == true)
            .GroupBy(pair => pair.pf.Address, pair => pair.spec))
        {
            claims.Decide(host.Pfs[wanted.Key], wanted.OrderBy(spec => ledger.Pfs.GetValueOrDefault(wanted.Key)?.IsOf(spec.Name) != true));
        }

        return claims;
    }

    public bool IsManaged(PciAddress pf) => _managers.ContainsKey(pf);

    public bool IsManagedBy(PciAddress pf, string resource) => _managers.GetValueOrDefault(pf)?.Exists(spec => spec.Name == resource) == true;

    public IReadOnlyList<PhysicalFunction> MatchedBy(string resource) => _matched[resource];

    public IEnumerable<Finding> ConflictsOf(string resource) =>
        _conflicts.Where(conflict => conflict.Resource == resource).Select(conflict => conflict.Finding);

    // A selector that matches more than its author thought must not take what he did not think of.
    private bool IsTooMany(ResourceSpec spec) => spec.ExpectMatches > 0 && _matched[spec.Name].Count > spec.ExpectMatches;

    private void Decide(PhysicalFunction pf, IEnumerable<ResourceSpec> wanted)
    {
        List<ResourceSpec> managers = [];
        foreach (ResourceSpec spec in wanted)
        {
            if (managers.Select(manager => Conflict(pf, spec, manager)).FirstOrDefault(text => text is not null) is { } text)
                _conflicts.Add((spec.Name, new Finding(Reasons.PfClaimed, text)));
            else
                managers.Add(spec);
        }

        managers.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        _managers.Add(pf.Address, managers);
    }

    private static string? Conflict(PhysicalFunction pf, ResourceSpec spec, ResourceSpec manager)
    {
        if (spec.Selector.VfsOf(pf) is not { } own || manager.Selector.VfsOf(pf) is not { } others)
            return $"{pf.Address} is already managed by resource {manager.Name}";

        if (own.Shared(others) is { } shared)
            return $"VF {shared} of {pf.Address} is already resource {manager.Name}'s, and resource {spec.Name} asks for {own}";
        if ((spec.ExternallyManaged, spec.ObserveOnly) != (manager.ExternallyManaged, manager.ObserveOnly))
            return $"resource {manager.Name} and resource {spec.Name} share {pf.Address} and differ in externallyManaged or observeOnly";
        if (spec.NumVfs != manager.NumVfs)
            return $"{pf.Address} has {manager.NumVfs} VFs for resource {manager.Name}, and resource {spec.Name} asks for {spec.NumVfs}";

        if (spec.Eswitch is { } mode && manager.Eswitch is { } other && mode != other)
            return $"{pf.Address} is in {other.Word()} mode for resource {manager.Name}, and resource {spec.Name} asks for {mode.Word()}";

        return spec.Mtu != 0 && manager.Mtu != 0 && spec.Mtu != manager.Mtu
            ? $"{pf.Address} has an MTU of {manager.Mtu} for resource {manager.Name}, and resource {spec.Name} asks for {spec.Mtu}"
            : null;
    }
}
