using System.Collections.Immutable;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Desired;

/// <summary>The rules of what VFs are set to.</summary>
internal static class VfSettingsRules
{
    private const string Policies = $"\"{VfSettings.DeterministicMac}\"";
    private const string Addresses = $"one such as 02:00:00:00:00:01, or {Policies}";
    private const int MaxVlan = 4094;
    private const int MaxQos = 7;

    public static void Check(ImmutableArray<FieldError>.Builder errors, ResourceSpec spec)
    {
        if (spec.VfMtu > 0 && spec.Mtu > 0 && spec.VfMtu > spec.Mtu)
            errors.Add(new("vfMtu", $"{spec.VfMtu} is larger than mtu, which is {spec.Mtu}; a VF's frames have to fit its PF"));
        if (spec.VfMtu != 0 && spec.IsVfio)
            errors.Add(new("vfMtu", "a VF on vfio-pci has no MTU here; whoever opens it sets it"));

        Check(errors, "vfDefaults", spec.VfDefaults, vfs: spec.NumVfs);
        for (int i = 0; i < spec.VfOverrides.Length; i++)
        {
            VfOverride entry = spec.VfOverrides[i];
            Check(errors, $"vfs[{i}]", entry.Settings, CheckIndexes(errors, $"vfs[{i}].indexes", entry.Indexes, spec.NumVfs));
        }
    }

    /// <returns>How many VFs are meant.</returns>
    private static int CheckIndexes(ImmutableArray<FieldError>.Builder errors, string field, string text, int numVfs)
    {
        if (text.Length == 0)
            errors.Add(new(field, $"is missing; give {VfRanges.Rule}"));
        else if (!VfRanges.TryParse(text, out VfRanges? ranges))
            errors.Add(new(field, $"\"{DesiredValidator.Shorten(text)}\" is not a list of VFs; give {VfRanges.Rule}"));
        else if (ranges.Highest >= numVfs)
            errors.Add(new(field, $"there is no VF {ranges.Highest} with a numVfs of {numVfs}; they count from 0"));
        else
            return ranges.Count;

        return 0;
    }

    private static void Check(ImmutableArray<FieldError>.Builder errors, string field, VfSettings settings, int vfs)
    {
        if (settings.Mac is { } mac && mac != VfSettings.DeterministicMac)
        {
            if (!MacAddress.IsUnicast(mac))
                errors.Add(new($"{field}.mac", $"\"{DesiredValidator.Shorten(mac)}\" is not the address of one interface; give {Addresses}"));
            else if (vfs > 1)
                errors.Add(new($"{field}.mac", $"{mac} would be the address of {vfs} VFs; give each its own in vfs, or {Policies}"));
        }

        if (settings.Vlan is { } vlan)
        {
            if (vlan.Id is < 0 or > MaxVlan)
                errors.Add(new($"{field}.vlan.id", $"{vlan.Id} is not a VLAN; give 1 to {MaxVlan}, or 0 for none"));
            if (vlan.Qos is < 0 or > MaxQos)
                errors.Add(new($"{field}.vlan.qos", $"{vlan.Qos} is not a priority; give 0 to {MaxQos}"));
            else if (vlan is { Id: 0, Qos: > 0 })
                errors.Add(new($"{field}.vlan.qos", "needs a VLAN to be the priority of; give vlan.id as well"));
            if (!Enum.IsDefined(vlan.Protocol))
                errors.Add(new($"{field}.vlan.proto", "is not known; give \"802.1q\" or \"802.1ad\""));
        }

        if (settings.LinkState is { } state && !Enum.IsDefined(state))
            errors.Add(new($"{field}.linkState", $"{(int)state} is not known; give AUTO, ENABLE or DISABLE"));
        if (settings is { MinTxRate: { } min, MaxTxRate: > 0 and { } max } && min > max)
            errors.Add(new($"{field}.minTxRate", $"{min} is more than maxTxRate, which is {max}"));
    }
}
