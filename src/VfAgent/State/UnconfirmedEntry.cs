using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.State;

/// <summary>A change that is not confirmed, as it is on disk: what has to be known to undo it, and what it was for.</summary>
/// <param name="Wishes">Digests of the resources that asked for it, by name.</param>
/// <param name="NumVfs">Before.</param>
/// <param name="Mtu">Before, in bytes.</param>
/// <param name="Eswitch">Before, in the kernel's word.</param>
/// <param name="Vfs">Those that had a driver, by index.</param>
/// <param name="Regretted">It has cut the host off.</param>
internal sealed record UnconfirmedEntry(
    Dictionary<string, string>? Wishes = null, int NumVfs = 0, int? Mtu = null, string? Eswitch = null, Dictionary<int, UnconfirmedVf>? Vfs = null,
    bool? Regretted = null)
{
    public static UnconfirmedEntry From(UnconfirmedChange change) => new(
        new(change.Wishes, StringComparer.Ordinal),
        change.Before.NumVfs,
        change.Before.Mtu,
        change.Before.Eswitch?.Word(),
        change.Before.Vfs.ToDictionary(vf => vf.Key, vf => new UnconfirmedVf(vf.Value.OnVfio ? true : null, vf.Value.Mtu, vf.Value.Settings)),
        change.IsRegretted ? true : null);

    public UnconfirmedChange ToChange(PciAddress pf) => new(
        PfTarget.Before(
            pf, NumVfs, Mtu, EswitchModeWords.Parse(Eswitch),
            (Vfs ?? []).ToImmutableSortedDictionary(vf => vf.Key, vf => new VfTarget(vf.Value.OnVfio is true, DisruptionPolicy.Defer, vf.Value.Mtu)
            {
                Settings = vf.Value.Settings ?? VfSettings.None,
            })),
        ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, Wishes ?? []))
    {
        IsRegretted = Regretted is true,
    };

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, UnconfirmedJson.Default.UnconfirmedEntry);
}

internal sealed record UnconfirmedVf(bool? OnVfio = null, int? Mtu = null, VfSettings? Settings = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(UnconfirmedEntry))]
internal sealed partial class UnconfirmedJson : JsonSerializerContext;
