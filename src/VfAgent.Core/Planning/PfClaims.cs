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
    private readonly ILookup<PciAddress, string> _holders;
    private readonly ILookup<PciAddress, string> _absent;

    private PfClaims(DesiredState desired, Ledger ledger)
    {
        _holders = Holders(ledger);
        _absent = _holders
            .SelectMany(pf => pf, (pf, name) => (Pf: pf.Key, Name: name))
            .Where(holder => ObjectKey.Resource(holder.Name) is var key && !desired.Has(key) && !desired.IsUnwanted(key))
            .Distinct()
            .ToLookup(holder => holder.Pf, holder => holder.Name);
    }

    /// <summary>PFs with the resources that manage them, by name.</summary>
    public IEnumerable<(PciAddress Pf, IReadOnlyList<ResourceSpec> Resources)> Managed =>
        _managers.Select(entry => (entry.Key, (IReadOnlyList<ResourceSpec>)entry.Value));

    public static PfClaims Decide(DesiredState desired, HostSnapshot host, Ledger ledger)
    {
        var claims = new PfClaims(desired, ledger);
        foreach (ResourceSpec spec in desired.Resources.Values)
            claims._matched.Add(spec.Name, [.. host.Pfs.Values.Where(spec.Selector.Matches)]);

        foreach (IGrouping<PciAddress, ResourceSpec> wanted in desired.Resources.Values
            .SelectMany(spec => claims._matched[spec.Name], (spec, pf) => (spec, pf.Address))
            .Where(pair => !claims.IsTooMany(pair.spec) || claims.Had(pair.spec, pair.Address))
            .GroupBy(pair => pair.Address, pair => pair.spec))
        {
            claims.Decide(host.Pfs[wanted.Key], wanted.OrderBy(spec => !claims.Had(spec, wanted.Key)));
        }

        return claims;
    }

    // Who has a PF: whom its entry names. Where others set the PF up it has none, and those have it whose attachments have VFs of it.
    private static ILookup<PciAddress, string> Holders(Ledger ledger) => ledger.Pfs.Values
        .SelectMany(claim => claim.Others.Add(claim.Resource), (claim, name) => (claim.Pf, Name: name))
        .Concat(
            from assignment in ledger.Attachments.Values
            where assignment.Resource is not null
            from vf in assignment.Vfs
            where !ledger.Pfs.ContainsKey(vf.Pf)
            select (vf.Pf, Name: assignment.Resource))
        .ToLookup(holder => holder.Pf, holder => holder.Name);

    public bool IsManaged(PciAddress pf) => _managers.ContainsKey(pf);

    public bool IsManagedBy(PciAddress pf, string resource) => _managers.GetValueOrDefault(pf)?.Exists(spec => spec.Name == resource) == true;

    /// <summary>Who has the PF as well and cannot be asked: the config that may want it cannot be read now.</summary>
    public IEnumerable<string> AbsentHoldersOf(PciAddress pf) => _absent[pf];

    public IReadOnlyList<PhysicalFunction> MatchedBy(string resource) => _matched[resource];

    public IEnumerable<Finding> ConflictsOf(string resource) =>
        _conflicts.Where(conflict => conflict.Resource == resource).Select(conflict => conflict.Finding);

    private bool Had(ResourceSpec spec, PciAddress pf) => _holders[pf].Contains(spec.Name, StringComparer.Ordinal);

    // A selector that matches more than its author thought must not take what he did not think of.
    private bool IsTooMany(ResourceSpec spec) => spec.ExpectMatches > 0 && _matched[spec.Name].Count > spec.ExpectMatches;

    private void Decide(PhysicalFunction pf, IEnumerable<ResourceSpec> wanted)
    {
        List<ResourceSpec> managers = [];
        foreach (ResourceSpec spec in wanted)
        {
            if (ConflictWithAbsent(pf, spec) is { } absent)
                _conflicts.Add((spec.Name, new Finding(Reasons.PfClaimed, absent)));
            else if (managers.Select(manager => Conflict(pf, spec, manager)).FirstOrDefault(text => text is not null) is { } text)
                _conflicts.Add((spec.Name, new Finding(Reasons.PfClaimed, text)));
            else
                managers.Add(spec);
        }

        managers.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        if (managers.Count > 0)
            _managers.Add(pf.Address, managers);
    }

    // What it had stays its, as it is, until it is known what it asks for.
    private string? ConflictWithAbsent(PhysicalFunction pf, ResourceSpec spec) =>
        !Had(spec, pf.Address) && _absent[pf.Address].FirstOrDefault() is { } name
            ? $"{pf.Address} is managed by resource {name}, whose config cannot be read now"
            : null;

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
