using System.Text;
using System.Text.Json;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Leases;

namespace VfAgent.Host;

/// <summary>
/// Reads what is kept of running containers: libcni's results (libcni/api.go, cacheAdd), sriov-cni's allocations (pkg/utils/pci_allocator.go) and the
/// leases of our own plugins.
/// A file is read once, and again only when its stamp is another one; whether what it says is still so is asked each time.
/// </summary>
internal sealed class ContainerRecordReader(IDisk disk, IKernel kernel, HostPaths paths)
{
    private readonly string _results = Path.Combine(paths.CniCacheDirectory, "results");
    private readonly string _allocations = SriovCni.AllocationsIn(paths.CniCacheDirectory);
    private readonly string _leases = LeaseFiles.FolderIn(paths.RunDirectory);
    private readonly LeaseTerm _term = new(kernel, paths);

    /// <summary>
    /// A change in them may be one of what is read. They are there once a container was. That the namespace has gone of a container which had no netdev of
    /// its VF, as on vfio-pci, shows in the last one only.
    /// </summary>
    public IReadOnlyList<string> Folders => [_results, _allocations, _leases, HostPaths.Namespaces];

    public ContainerRecords Read(ContainerRecords before, Look look)
    {
        var found = ContainerRecords.Empty.Files.ToBuilder();
        Take(_results, (_, bytes) => Result(Encoding.UTF8.GetString(bytes)));
        Take(_allocations, (name, bytes) => Allocation(name, Encoding.UTF8.GetString(bytes)));
        Take(_leases, (name, bytes) => LeaseEntry.Parse(name, bytes) is { } lease ? Record(lease) : null);
        var read = new ContainerRecords(found.ToImmutable());
        return read.Equals(before) ? before : read;

        void Take(string folder, Func<string, byte[], ContainerRecord?> parse)
        {
            foreach (string name in look.At(disk.List(folder), [])!)
            {
                string path = Path.Combine(folder, name);
                FileStamp stamp = look.At(disk.Stat(path), default);
                if (stamp == default)
                    continue;

                ContainerRecord? record = before.Files.TryGetValue(path, out ContainerRecord? known) && known.Stamp == stamp ? known
                    : look.At(disk.Read(path), null) is { } bytes ? parse(name, bytes)
                    : null;
                if (record is not null)
                    found.Add(path, record with { Stamp = stamp, IsGood = IsGood(record, look) });
            }
        }
    }

    private bool IsGood(ContainerRecord record, Look look) =>
        look.At(record.Lease is { } lease ? _term.IsGood(lease) : kernel.IsThere(record.Namespace), false);

    private static ContainerRecord Record(Lease lease) =>
        new(default, lease.Container, lease.Network, lease.Namespace, IsGood: false, [lease.Vf]) { Lease = lease };

    // The file is named after the device, and holds its container's namespace.
    private static ContainerRecord? Allocation(string name, string text) => PciAddress.TryParse(name, out PciAddress device)
        ? new ContainerRecord(default, "", "", text.Trim(), IsGood: false, [device])
        : null;

    private static ContainerRecord? Result(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            JsonElement root = json.RootElement;

            // The plugin's whole configuration, as it was run: the device is in it under whatever key the plugin has for it. A pool's has all of its
            // VFs, and the lease says which it was.
            string config = Encoding.UTF8.GetString(root.GetProperty("config").GetBytesFromBase64());
            return new ContainerRecord(
                default, Text(root, "containerId"), Text(root, "networkName"), Namespace(root), IsGood: false,
                ConflistRenderer.IsPool(config) ? [] : PciAddress.FindAll(config));
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            // Half written, or of another version of libcni. The kernel still shows whose namespace a VF is in.
            return null;
        }
    }

    // libcni before 1.2 does not say; then it is where the result's interfaces are. A record of no namespace is as one whose namespace is gone.
    private static string Namespace(JsonElement root)
    {
        if (Text(root, "netns") is { Length: > 0 } given)
            return given;

        return root.TryGetProperty("result", out JsonElement result) && result.TryGetProperty("interfaces", out JsonElement interfaces)
            ? interfaces.EnumerateArray().Select(@interface => Text(@interface, "sandbox")).FirstOrDefault(sandbox => sandbox.Length > 0) ?? ""
            : "";
    }

    private static string Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
