using System.Collections.Immutable;
using VfAgent.Core.Kernel;

namespace VfAgent.Core.Observed;

/// <summary>
/// What files say of who has which device, as last read: the results that libcni keeps of every ADD until its DEL (whatever the plugin), the
/// allocations of sriov-cni, and the leases of the agent's own plugins.
/// </summary>
public sealed record ContainerRecords
{
    public static ContainerRecords Empty { get; } = new(ImmutableSortedDictionary.Create<string, ContainerRecord>(StringComparer.Ordinal));

    private readonly Lazy<Dictionary<PciAddress, ContainerRecord>> _byDevice;
    private readonly Lazy<Dictionary<PciAddress, Lease>> _ended;

    public ContainerRecords(ImmutableSortedDictionary<string, ContainerRecord> files)
    {
        Files = files;
        _byDevice = new(() =>
        {
            var users = new Dictionary<PciAddress, ContainerRecord>();
            foreach (ContainerRecord record in files.Values.Where(record => record.IsGood))
            {
                // A result names the container, an allocation only its namespace.
                foreach (PciAddress device in record.Devices)
                {
                    if (!users.TryGetValue(device, out ContainerRecord? known) || known.Container.Length == 0)
                        users[device] = record;
                }
            }

            return users;
        });
        _ended = new(() => files.Values
            .Where(record => record is { IsGood: false, Lease.IsSettled: false })
            .ToDictionary(record => record.Lease!.Vf, record => record.Lease!));
    }

    /// <summary>By path.</summary>
    public ImmutableSortedDictionary<string, ContainerRecord> Files { get; }

    /// <summary>Who has the device, by a record that is good: what a dead container left says nothing.</summary>
    public ContainerRecord? UserOf(PciAddress device) => _byDevice.Value.GetValueOrDefault(device);

    /// <summary>By VF, the leases that are not good any more, where what the container has left was not undone yet.</summary>
    public IReadOnlyDictionary<PciAddress, Lease> Ended => _ended.Value;

    public ContainerRecords Without(Lease lease) =>
        new(Files.RemoveRange(Files.Where(file => file.Value.Lease == lease).Select(file => file.Key)));

    public bool Equals(ContainerRecords? other) =>
        ReferenceEquals(this, other) || (other is not null && Files.Keys.SequenceEqual(other.Files.Keys, StringComparer.Ordinal) &&
         Files.Values.SequenceEqual(other.Files.Values));

    public override int GetHashCode() => Files.Count;
}

/// <param name="Stamp">To tell whether it has to be read again.</param>
/// <param name="Container">The runtime's id; empty when the file does not say.</param>
/// <param name="Network">The network's name; empty when the file does not say.</param>
/// <param name="Namespace">The path of the container's network namespace.</param>
/// <param name="IsGood">Whether that was there when it was looked at and, of a lease, the VF.</param>
/// <param name="Devices">Every PCI address that the record names.</param>
public sealed record ContainerRecord(
    FileStamp Stamp, string Container, string Network, string Namespace, bool IsGood, ImmutableArray<PciAddress> Devices)
{
    // Runtimes show twelve digits of their 64.
    private const int ShownDigits = 12;

    /// <summary>All that the file says, when our own plugin wrote it; else null.</summary>
    public Lease? Lease { get; init; }

    /// <summary>For people: <c>container web (8f3c2b10ab12) on network f1-u</c>.</summary>
    public static string Describe(string container, string name, string network)
    {
        string id = container[..Math.Min(container.Length, ShownDigits)];
        return $"container {(name.Length == 0 ? id : $"{name} ({id})")}{(network.Length == 0 ? "" : $" on network {network}")}";
    }

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Lease?.ToString() ??
        (Container.Length == 0 ? $"network namespace {Namespace}" : Describe(Container, "", Network));

    public bool Equals(ContainerRecord? other) =>
        other is not null && Stamp == other.Stamp && Container == other.Container && Network == other.Network && Namespace == other.Namespace &&
        IsGood == other.IsGood && Lease == other.Lease && Devices.SequenceEqual(other.Devices);

    public override int GetHashCode() => HashCode.Combine(Stamp, Container);
}
