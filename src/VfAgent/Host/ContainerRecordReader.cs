using System.Text;
using System.Text.Json;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Host;

/// <summary>
/// Reads what CNI keeps of running containers: libcni's results (libcni/api.go, cacheAdd) and sriov-cni's allocations (pkg/utils/pci_allocator.go).
/// A file is read once, and again only when its stamp is another one; whether its namespace is there is asked each time.
/// </summary>
internal sealed class ContainerRecordReader(IDisk disk, IKernel kernel, string cacheDirectory)
{
    private readonly string _results = Path.Combine(cacheDirectory, "results");
    private readonly string _allocations = Path.Combine(cacheDirectory, "sriov", "pci");

    /// <summary>They are there once a container was.</summary>
    public IReadOnlyList<string> Folders => [_results, _allocations];

    public ContainerRecords Read(ContainerRecords before, Look look)
    {
        var found = ContainerRecords.Empty.Files.ToBuilder();
        Take(_results, (_, text) => Result(text));
        Take(_allocations, Allocation);
        var read = new ContainerRecords(found.ToImmutable());
        return read.Equals(before) ? before : read;

        void Take(string folder, Func<string, string, ContainerRecord?> parse)
        {
            foreach (string name in look.At(disk.List(folder), [])!)
            {
                string path = Path.Combine(folder, name);
                FileStamp stamp = look.At(disk.Stat(path), default);
                if (stamp == default)
                    continue;

                ContainerRecord? record = before.Files.TryGetValue(path, out ContainerRecord? known) && known.Stamp == stamp ? known
                    : look.At(disk.Read(path), null) is { } bytes ? parse(name, Encoding.UTF8.GetString(bytes))
                    : null;
                if (record is not null)
                    found.Add(path, record with { Stamp = stamp, NamespaceExists = look.At(kernel.IsThere(record.Namespace), false) });
            }
        }
    }

    // The file is named after the device, and holds its container's namespace.
    private static ContainerRecord? Allocation(string name, string text) => PciAddress.TryParse(name, out PciAddress device)
        ? new ContainerRecord(default, "", "", text.Trim(), NamespaceExists: false, [device])
        : null;

    private static ContainerRecord? Result(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            JsonElement root = json.RootElement;

            // The plugin's whole configuration, as it was run: the device is in it under whatever key the plugin has for it.
            string config = Encoding.UTF8.GetString(root.GetProperty("config").GetBytesFromBase64());
            return new ContainerRecord(
                default, Text(root, "containerId"), Text(root, "networkName"), Namespace(root), NamespaceExists: false, PciAddress.FindAll(config));
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
