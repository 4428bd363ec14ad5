using System.Collections.Immutable;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Desired;

/// <summary>The rules of what each VF is set to once vfDefaults and all entries of vfs have been put together.</summary>
internal sealed class EffectiveSettingsRules
{
    private const int Defaults = -1;

    private readonly ImmutableArray<FieldError>.Builder _errors;
    private readonly ResourceSpec _spec;
    private readonly VfRanges _own;

    private EffectiveSettingsRules(ImmutableArray<FieldError>.Builder errors, ResourceSpec spec, VfRanges own) =>
        (_errors, _spec, _own) = (errors, spec, own);

    /// <param name="errors">Gets what is wrong.</param>
    /// <param name="spec">With a numVfs that a NIC can have.</param>
    public static void Check(ImmutableArray<FieldError>.Builder errors, ResourceSpec spec)
    {
        var all = VfRanges.Below(spec.NumVfs)!;
        if (all.Shared(spec.Selector.Vfs ?? all) is not { } own)
            return;

        var rules = new EffectiveSettingsRules(errors, spec, own);
        rules.CheckMacs();
        rules.CheckRates();
    }

    private void CheckMacs()
    {
        int[] entries = Deciding(settings => settings.Mac is not null);
        ILookup<(string Mac, int Entry), int> vfs = _own.Indexes
            .Where(vf => Of(entries[vf]).Mac is { } mac && mac != VfSettings.DeterministicMac && MacAddress.IsUnicast(mac))
            .ToLookup(vf => (Of(entries[vf]).Mac!, entries[vf]));
        foreach (IGrouping<(string Mac, int Entry), int> several in vfs.Where(group => group.Skip(1).Any()))
        {
            string text = $"{several.Key.Mac} would be the address of {several.Count()} VFs; give each its own in vfs, or {VfSettingsRules.Policies}";
            _errors.Add(new($"{Field(several.Key.Entry)}.mac", text));
        }

        foreach (IGrouping<string, IGrouping<(string Mac, int Entry), int>> same in vfs.GroupBy(group => group.Key.Mac, StringComparer.Ordinal))
        {
            IGrouping<(string Mac, int Entry), int>[] given = [.. same.OrderBy(group => group.Key.Entry)];
            string text = $"{same.Key} is the address of VF {given[0].First()} already ({Field(given[0].Key.Entry)})";
            _errors.AddRange(given.Skip(1).Select(group => new FieldError($"{Field(group.Key.Entry)}.mac", text)));
        }
    }

    private void CheckRates()
    {
        int[] mins = Deciding(settings => settings.MinTxRate is not null);
        int[] maxs = Deciding(settings => settings.MaxTxRate is not null);
        foreach ((int minBy, int maxBy, int vf) in _own.Indexes.Select(vf => (mins[vf], maxs[vf], vf)).DistinctBy(pair => (pair.Item1, pair.Item2)))
        {
            if (Of(minBy).MinTxRate is not { } min || Of(maxBy).MaxTxRate is not (> 0 and var max) || min <= max)
                continue;

            _errors.Add(
                minBy == maxBy ? new($"{Field(minBy)}.minTxRate", $"{min} is more than maxTxRate, which is {max}")
                : minBy > maxBy ? new($"{Field(minBy)}.minTxRate", $"{min} is more than maxTxRate, which is {max} for VF {vf} ({Field(maxBy)})")
                : new($"{Field(maxBy)}.maxTxRate", $"{max} is less than minTxRate, which is {min} for VF {vf} ({Field(minBy)})"));
        }
    }

    // For each VF the entry that decides: the last that says anything, or the defaults. Each entry is painted over those before it.
    private int[] Deciding(Func<VfSettings, bool> says)
    {
        int[] entries = new int[_spec.NumVfs];
        Array.Fill(entries, Defaults);
        for (int i = 0; i < _spec.VfOverrides.Length; i++)
        {
            if (!says(_spec.VfOverrides[i].Settings) || VfRanges.Below(_spec.NumVfs)!.Shared(_spec.VfOverrides[i].Vfs) is not { } vfs)
                continue;

            foreach (VfRange part in vfs.Parts)
                Array.Fill(entries, i, part.First, part.Count);
        }

        return entries;
    }

    private VfSettings Of(int entry) => entry == Defaults ? _spec.VfDefaults : _spec.VfOverrides[entry].Settings;

    private static string Field(int entry) => entry == Defaults ? "vfDefaults" : $"vfs[{entry}]";
}
