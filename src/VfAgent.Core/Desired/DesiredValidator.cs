using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Desired;

/// <summary>The rules of single objects. Every error is found in one go and names its field in the sender's words.</summary>
public static partial class DesiredValidator
{
    // Ethernet's smallest MTU in the kernel (ETH_MIN_MTU), and the largest that IFLA_MTU can mean (IP_MAX_MTU).
    private const int MinMtu = 68;
    private const int MaxMtu = 65535;

    // sriov_numvfs is a u16 (drivers/pci/iov.c).
    private const int MaxVfs = ushort.MaxValue;

    private const string SelectorKinds = "vendors, drivers, devices, pfNames, deviceIds or macs";

    private static readonly string[] _cniVersions = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

    public static ImmutableArray<FieldError> Validate(ResourceSpec spec)
    {
        var errors = ImmutableArray.CreateBuilder<FieldError>();
        CheckName(errors, "name", spec.Name);
        CheckMtu(errors, "mtu", spec.Mtu);
        CheckMtu(errors, "vfMtu", spec.VfMtu);

        if (spec.NumVfs is < 1 or > MaxVfs)
            errors.Add(new("numVfs", $"{spec.NumVfs} is not a number of VFs; give at least 1 (the most is the NIC's sriov_totalvfs)"));

        if (spec.DeviceType is not (DeviceTypes.NetDevice or DeviceTypes.VfioPci))
            errors.Add(new("deviceType", $"\"{spec.DeviceType}\" is not known; give \"{DeviceTypes.NetDevice}\" or \"{DeviceTypes.VfioPci}\""));

        // Protobuf lets any number through.
        if (!Enum.IsDefined(spec.Disruption))
            errors.Add(new("disruptionPolicy", $"{(int)spec.Disruption} is not known; give DEFER, FORCE or NEVER"));

        if (!Enum.IsDefined(spec.Deletion))
            errors.Add(new("deletionPolicy", $"{(int)spec.Deletion} is not known; give RESTORE or RETAIN"));

        if (spec.Eswitch is { } mode && !Enum.IsDefined(mode))
            errors.Add(new("eswitchMode", "is not known; give LEGACY or SWITCHDEV, or UNCHANGED to leave it as it is"));

        if (spec is { ExternallyManaged: true, ObserveOnly: true })
            errors.Add(new("observeOnly", "does not go with externallyManaged, which hands VFs out; give one of them"));

        if (spec is { SkipsKernelDriver: true, IsVfio: false })
            errors.Add(new("driversAutoprobe", $"false is for {DeviceTypes.VfioPci}; as a {DeviceTypes.NetDevice} a VF needs its kernel driver"));

        CheckSelector(errors, spec.Selector, spec.NumVfs);
        VfSettingsRules.Check(errors, spec);
        if (spec.NumVfs is >= 1 and <= MaxVfs)
            EffectiveSettingsRules.Check(errors, spec);
        return errors.ToImmutable();
    }

    public static ImmutableArray<FieldError> Validate(AttachmentSpec spec)
    {
        var errors = ImmutableArray.CreateBuilder<FieldError>();
        CheckName(errors, "name", spec.Name);
        if (spec.ResourceName is not null)
            CheckName(errors, "resourceName", spec.ResourceName);

        if (!Enum.IsDefined(spec.Allocation))
            errors.Add(new("allocation", $"{(int)spec.Allocation} is not known; give STATIC or DYNAMIC"));
        else if (spec is { IsPool: true, ResourceName: null })
            errors.Add(new("allocation", "DYNAMIC needs a resourceName to take VFs from"));

        CheckConfig(errors, spec.Config);
        CheckPlaceholders(errors, "config", spec.Config, spec);
        return errors.ToImmutable();
    }

    private static void CheckMtu(ImmutableArray<FieldError>.Builder errors, string field, int mtu)
    {
        if (mtu != 0 && mtu is < MinMtu or > MaxMtu)
            errors.Add(new(field, $"{mtu} is not an MTU; give {MinMtu} to {MaxMtu} bytes, or 0 to leave it as it is"));
    }

    private static void CheckName(ImmutableArray<FieldError>.Builder errors, string field, string name)
    {
        if (name.Length == 0)
            errors.Add(new(field, "is missing"));
        else if (!ObjectName.IsValid(name))
            errors.Add(new(field, $"\"{Shorten(name)}\" is not a name; give {ObjectName.Rule}"));
    }

    private static void CheckSelector(ImmutableArray<FieldError>.Builder errors, NicSelector selector, int numVfs)
    {
        if (selector.IsEmpty)
            errors.Add(new("nicSelector", $"is empty and would take every NIC, the management NIC too; give {SelectorKinds}"));

        CheckKinds(errors, "nicSelector", selector, entry => PfNameComplaint(entry, numVfs));
        if (selector.Exclude is not { } exclude)
            return;

        if (exclude.IsEmpty)
            errors.Add(new("nicSelector.exclude", $"is empty and excludes nothing; leave it out, or give {SelectorKinds}"));
        if (exclude.Exclude is not null)
            errors.Add(new("nicSelector.exclude.exclude", "has no place in an exclude"));

        CheckKinds(errors, "nicSelector.exclude", exclude, entry => PfName.Parse(entry).Ranges is null
            ? PfNameComplaint(entry, numVfs)
            : "has a VF range, which excludes no PF; give the VFs that are meant in nicSelector.pfNames");
    }

    private static void CheckKinds(
        ImmutableArray<FieldError>.Builder errors, string field, NicSelector selector, Func<string, string?> pfNameComplaint)
    {
        CheckEach(errors, $"{field}.vendors", selector.Vendors, v => NicSelector.VendorId(v) is null
            ? $"is not a PCI vendor; give a hex id such as 8086 or one of {string.Join(", ", NicSelector.KnownVendorNames)}" : null);
        CheckEach(errors, $"{field}.drivers", selector.Drivers, d => DriverName().IsMatch(d) ? null : "is not a driver name such as igb");
        CheckEach(errors, $"{field}.devices", selector.Devices, d =>
            PciAddress.TryParse(d, out _) ? null : "is not a PCI address such as 0000:02:00.0");
        CheckEach(errors, $"{field}.pfNames", selector.PfNames, pfNameComplaint);
        CheckEach(errors, $"{field}.deviceIds", selector.DeviceIds, d => NicSelector.HexId(d) is null ? "is not a PCI device id such as 10c9" : null);
        CheckEach(errors, $"{field}.macs", selector.Macs, m => MacAddress.IsOne(m) ? null : "is not a MAC address such as 02:00:00:00:00:01");
    }

    private static string? PfNameComplaint(string entry, int numVfs)
    {
        var name = PfName.Parse(entry);
        return !PfNamePattern().IsMatch(name.Pattern) ? "is not a network interface's name or a glob of names such as ens7f*"
            : name.Ranges is null ? null
            : name.Vfs is not { } vfs ? $"does not name VFs behind its #; give {VfRanges.Rule}"
            : vfs.Highest >= numVfs ? $"names VF {vfs.Highest}, and a numVfs of {numVfs} ends before it; VFs count from 0, and numVfs is the PF's"
            : null;
    }

    private static void CheckEach(
        ImmutableArray<FieldError>.Builder errors, string field, ImmutableArray<string> values, Func<string, string?> complaint)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (complaint(values[i]) is { } text)
                errors.Add(new($"{field}[{i}]", $"\"{Shorten(values[i])}\" {text}"));
        }
    }

    private static void CheckConfig(ImmutableArray<FieldError>.Builder errors, JsonObject config)
    {
        if (config["cniVersion"] is { } version && (Text(version) is not { } v || !_cniVersions.Contains(v, StringComparer.Ordinal)))
        {
            string text = $"{Shorten(version.ToJsonString())} is not a CNI version; give one of {string.Join(", ", _cniVersions)}";
            errors.Add(new("config.cniVersion", text));
        }

        if (!config.TryGetPropertyValue("plugins", out JsonNode? plugins))
        {
            if (config.Count == 0)
                errors.Add(new("config", "is missing; give a CNI network list, or one plugin"));
            else
                CheckPlugin(errors, "config", config);
        }
        else if (plugins is not JsonArray { Count: > 0 } list)
        {
            errors.Add(new("config.plugins", "has to be a list of at least one plugin"));
        }
        else
        {
            for (int i = 0; i < list.Count; i++)
            {
                if (list[i] is JsonObject plugin)
                    CheckPlugin(errors, $"config.plugins[{i}]", plugin);
                else
                    errors.Add(new($"config.plugins[{i}]", "has to be an object"));
            }
        }
    }

    // A runtime looks the type up as a file name in its plugin folders.
    private static void CheckPlugin(ImmutableArray<FieldError>.Builder errors, string field, JsonObject plugin)
    {
        if (plugin["type"] is not { } type)
            errors.Add(new($"{field}.type", "is missing; give the CNI plugin's name such as sriov"));
        else if (Text(type) is not { } name || !PluginType().IsMatch(name))
            errors.Add(new($"{field}.type", $"{Shorten(type.ToJsonString())} is not a CNI plugin's name such as sriov"));
    }

    private static void CheckPlaceholders(ImmutableArray<FieldError>.Builder errors, string field, JsonNode? node, AttachmentSpec spec)
    {
        switch (node)
        {
            case JsonObject o:
                foreach ((string key, JsonNode? value) in o)
                    CheckPlaceholders(errors, $"{field}.{Shorten(key)}", value, spec);
                break;
            case JsonArray a:
                for (int i = 0; i < a.Count; i++)
                    CheckPlaceholders(errors, $"{field}[{i}]", a[i], spec);
                break;
            default:
                foreach (string placeholder in Text(node) is { } text ? Placeholders.In(text) : [])
                {
                    if (!Placeholders.Known.Contains(placeholder, StringComparer.Ordinal))
                        errors.Add(new(field, $"\"{Shorten(placeholder)}\" is not known; give one of {string.Join(", ", Placeholders.Known)}"));
                    else if (spec.ResourceName is null)
                        errors.Add(new(field, $"{placeholder} needs a resourceName to take the VF from"));
                    else if (spec.IsPool)
                        errors.Add(new(field, $"{placeholder} does not go with DYNAMIC, whose VF is known only as a container starts"));
                }

                break;
        }
    }

    private static string? Text(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    internal static string Shorten(string text) => text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 77), "…");

    [GeneratedRegex(@"\A[A-Za-z0-9_.-]{1,64}\z", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex DriverName();

    // Kernel names are up to 15 bytes, alternative names up to 127 (ALTIFNAMSIZ); neither has a slash or white space. A glob has * and ?
    // but no [0-3], which would silently match nothing.
    [GeneratedRegex(@"\A[^\s/:#\[\]]{1,127}\z", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex PfNamePattern();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,127}\z", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex PluginType();
}
