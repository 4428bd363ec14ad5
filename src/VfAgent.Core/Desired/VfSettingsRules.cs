using System.Collections.Immutable;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Desired;

/// <summary>The rules of what VFs are set to, each by itself.</summary>
internal static class VfSettingsRules
{
    public const string Policies = $"\"{VfSettings.DeterministicMac}\"";

    private const string Addresses = $"one such as 02:00:00:00:00:01, or {Policies}";
    private const int MaxVlan = 4094;
    private const int MaxQos = 7;

    public static void Check(ImmutableArray<FieldError>.Builder errors, ResourceSpec spec)
    {
        if (spec.VfMtu > 0 && spec.Mtu > 0 && spec.VfMtu > spec.Mtu)
            errors.Add(new("vfMtu", $"{spec.VfMtu} is larger than mtu, which is {spec.Mtu}; a VF's frames have to fit its PF"));
        if (spec.VfMtu != 0 && spec.IsVfio)
            errors.Add(new("vfMtu", "a VF on vfio-pci has no MTU here; whoever opens it sets it"));

        Check(errors, "vfDefaults", spec.VfDefaults);
        for (int i = 0; i < spec.VfOverrides.Length; i++)
        {
            CheckIndexes(errors, $"vfs[{i}].indexes", spec.VfOverrides[i], spec);
            Check(errors, $"vfs[{i}]", spec.VfOverrides[i].Settings);
        }
    }

    private static void CheckIndexes(ImmutableArray<FieldError>.Builder errors, string field, VfOverride entry, ResourceSpec spec)
    {
        if (entry.Indexes.Length == 0)
            errors.Add(new(field, $"is missing; give {VfRanges.Rule}"));
        else if (entry.Vfs is not { } vfs)
            errors.Add(new(field, $"\"{DesiredValidator.Shorten(entry.Indexes)}\" is not a list of VFs; give {VfRanges.Rule}"));
        else if (vfs.Highest >= spec.NumVfs)
            errors.Add(new(field, $"there is no VF {vfs.Highest} with a numVfs of {spec.NumVfs}; they count from 0"));
        else if (spec.Selector.Vfs is { } own && vfs.Shared(own) != vfs)
            errors.Add(new(field, $"{vfs} are not all this resource's: by nicSelector.pfNames it has VF {own}"));
    }

    private static void Check(ImmutableArray<FieldError>.Builder errors, string field, VfSettings settings)
    {
        if (settings.Mac is { } mac && mac != VfSettings.DeterministicMac && !MacAddress.IsUnicast(mac))
            errors.Add(new($"{field}.mac", $"\"{DesiredValidator.Shorten(mac)}\" is not the address of one interface; give {Addresses}"));

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
    }
}
