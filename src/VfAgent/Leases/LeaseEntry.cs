using System.Text.Json;
using System.Text.Json.Serialization;
using VfAgent.Core.Observed;

namespace VfAgent.Leases;

/// <summary>A lease as it is on disk. Its file is named after the VF.</summary>
internal sealed record LeaseEntry(
    long VfInode, string Container, string ContainerName, string Network, string Namespace, long NamespaceInode, string Interface,
    LinkBefore? Before = null, string? AdminMac = null, string? Delegate = null)
{
    public static LeaseEntry Of(Lease lease) => new(
        lease.VfInode, lease.Container, lease.ContainerName, lease.Network, lease.Namespace, lease.NamespaceInode, lease.Interface, lease.Before,
        lease.AdminMac, lease.Delegate);

    /// <returns>null when the file is not a lease.</returns>
    public static Lease? Parse(string fileName, ReadOnlySpan<byte> json)
    {
        try
        {
            return PciAddress.TryParse(fileName, out PciAddress vf) && JsonSerializer.Deserialize(json, LeaseJson.Default.LeaseEntry) is { } entry
                ? new Lease(
                    vf, entry.VfInode, entry.Container, entry.ContainerName, entry.Network, entry.Namespace, entry.NamespaceInode, entry.Interface)
                {
                    Before = entry.Before,
                    AdminMac = entry.AdminMac,
                    Delegate = entry.Delegate,
                }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(LeaseEntry))]
internal sealed partial class LeaseJson : JsonSerializerContext;
