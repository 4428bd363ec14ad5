using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>A resource's own part: which PFs are its, its CDI spec, and what is left behind when it goes.</summary>
internal static class ResourcePlanner
{
    public static ResourcePlan Plan(ResourceSpec spec, PfClaims claims, HostSnapshot host, Ledger ledger)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        IReadOnlyList<PhysicalFunction> matched = claims.MatchedBy(spec.Name);
        if (spec.ExpectMatches > 0 && matched.Count != spec.ExpectMatches)
        {
            Reason reason = matched.Count < spec.ExpectMatches ? Reasons.TooFewNics : Reasons.TooManyNics;
            string found = string.Join(", ", matched.Select(pf => pf.Netdev is { } netdev ? $"{pf.Address} ({netdev.Name})" : $"{pf.Address}"));
            string matches = matched.Count == 0 ? "none" : $"{matched.Count}: {found}";
            findings.Add(new(reason, $"{spec.ExpectMatches} NICs are expected, and the selector matches {matches}"));
        }
        else if (matched.Count == 0)
            findings.Add(new(Reasons.NicNotFound, "no SR-IOV capable NIC of this host matches the selector"));

        findings.AddRange(claims.ConflictsOf(spec.Name));
        var steps = ImmutableArray.CreateBuilder<Step>();
        PlanVhostNet(steps, spec, host, ledger);
        if (spec.ObserveOnly)
        {
            // A record that is left of before is not what was asked for or not.
            findings.AddRange(Drift.In("its CDI spec", steps.Where(step => step is not (RecordResource or DropResource)), []));
            steps.Clear();
        }

        ImmutableArray<PciAddress> addresses = [.. matched.Select(pf => pf.Address)];
        ImmutableArray<PciAddress> managed = [.. addresses.Where(pf => claims.IsManagedBy(pf, spec.Name))];
        return new ResourcePlan(spec.Name, addresses, managed, steps.ToImmutable(), findings.ToImmutable())
        {
            Ranges = matched
                .Select(pf => (pf.Address, Vfs: spec.Selector.VfsOf(pf)))
                .Where(pf => pf.Vfs is not null)
                .ToImmutableDictionary(pf => pf.Address, pf => pf.Vfs!),
        };
    }

    /// <summary>
    /// What the ledger says is managed and no resource asks for: CDI specs are removed, PFs that are there are given back, and those that are not
    /// are forgotten.
    /// </summary>
    public static IEnumerable<ResourcePlan> Leftovers(DesiredState desired, PfClaims claims, Ledger ledger, HostSnapshot host)
    {
        ILookup<string, PfClaim> pfs = ledger.Pfs.Values
            .Where(claim => claim.Others.Add(claim.Resource).All(name => desired.IsUnwanted(ObjectKey.Resource(name))) && !claims.IsManaged(claim.Pf))
            .ToLookup(claim => claim.Resource, StringComparer.Ordinal);
        IEnumerable<string> withSpecs = ledger.Resources.Union(ledger.DoubtfulResources).Where(resource => desired.IsUnwanted(ObjectKey.Resource(resource)));
        foreach (string resource in withSpecs.Union(pfs.Select(group => group.Key), StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var steps = ImmutableArray.CreateBuilder<Step>();
            if (ledger.MayHave(resource))
                RemoveVhostNet(steps, resource, host, ledger);
            steps.AddRange(pfs[resource].Where(claim => host.IsGone(claim.Pf)).Select(claim => new ReleasePf(claim.Pf)));
            ImmutableArray<PciAddress> here = [.. pfs[resource].Select(claim => claim.Pf).Where(host.Pfs.ContainsKey)];
            yield return new ResourcePlan(resource, here, here, steps.ToImmutable(), []);
        }
    }

    private static void PlanVhostNet(ImmutableArray<Step>.Builder steps, ResourceSpec spec, HostSnapshot host, Ledger ledger)
    {
        if (!spec.NeedVhostNet)
        {
            if (ledger.MayHave(spec.Name))
                RemoveVhostNet(steps, spec.Name, host, ledger);
            return;
        }

        if (!host.Features.VhostNet)
            steps.Add(new LoadModule("vhost_net"));
        if (!host.Features.Tun)
            steps.Add(new LoadModule("tun"));
        if (!ledger.Resources.Contains(spec.Name))
            steps.Add(new RecordResource(spec.Name));

        string file = OwnedFiles.VhostNetSpec(spec.Name);
        string content = CdiRenderer.VhostNet(spec.Name);
        if (host.CdiSpecs.GetValueOrDefault(file) != content)
            steps.Add(new WriteFile(OwnedFolder.CdiSpecs, file, content));
    }

    private static void RemoveVhostNet(ImmutableArray<Step>.Builder steps, string resource, HostSnapshot host, Ledger ledger)
    {
        var spec = new RemoveFile(OwnedFolder.CdiSpecs, OwnedFiles.VhostNetSpec(resource));
        steps.AddRange(ledger.Removing(spec, host.CdiSpecs.ContainsKey(spec.FileName)));
        steps.Add(new DropResource(resource));
    }
}
