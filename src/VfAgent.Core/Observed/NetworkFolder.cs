using System.Collections.Immutable;
using VfAgent.Core.Kernel;

namespace VfAgent.Core.Observed;

/// <summary>The networks in a folder, ours and others', as last read: CNI's configurations, or podman's networks.</summary>
public sealed record NetworkFolder
{
    public static NetworkFolder Empty { get; } = new(default, ImmutableSortedDictionary.Create<string, NetworkFile>(StringComparer.Ordinal));

    private readonly Lazy<ILookup<PciAddress, string>> _filesByDevice;
    private readonly Lazy<Dictionary<string, string>> _foreignNetworks;

    public NetworkFolder(FileStamp stamp, ImmutableSortedDictionary<string, NetworkFile> files)
    {
        Stamp = stamp;
        Files = files;
        _filesByDevice = new(() => files.Values
            .SelectMany(file => file.Devices, (file, device) => (device, file.FileName))
            .ToLookup(pair => pair.device, pair => pair.FileName));
        _foreignNetworks = new(() =>
        {
            var names = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (NetworkFile file in files.Values)
            {
                if (!file.Ours && file.NetworkName is not null)
                    names.TryAdd(file.NetworkName, file.FileName);
            }

            return names;
        });
    }

    /// <summary>The folder's stamp when it was read: files came, went or were renamed over if it has another now.</summary>
    public FileStamp Stamp { get; }

    /// <summary>By file name.</summary>
    public ImmutableSortedDictionary<string, NetworkFile> Files { get; }

    /// <summary>The files, ours or not, that name this device.</summary>
    public IEnumerable<string> FilesNaming(PciAddress device) => _filesByDevice.Value[device];

    /// <summary>Our file of this name; null when there is none, or it is somebody else's.</summary>
    public NetworkFile? Own(string fileName) => Files.GetValueOrDefault(fileName) is { Ours: true } file ? file : null;

    /// <summary>The file of somebody else's that has this network name; null when none has.</summary>
    public string? ForeignFileOf(string network) => _foreignNetworks.Value.GetValueOrDefault(network);

    public bool Equals(NetworkFolder? other) =>
        ReferenceEquals(this, other) || (other is not null && Stamp == other.Stamp && Files.Values.SequenceEqual(other.Files.Values));

    public override int GetHashCode() => Stamp.GetHashCode();
}

/// <param name="FileName">Without its folder.</param>
/// <param name="Stamp">To tell whether it has to be read again.</param>
/// <param name="Ours">By its file name's prefix, or by what it says (podman's).</param>
/// <param name="NetworkName">null when it cannot be parsed.</param>
/// <param name="Devices">Every PCI address that its text names, under whatever key.</param>
/// <param name="Content">Its text if it is ours, to compare; null for others'.</param>
public sealed record NetworkFile(
    string FileName, FileStamp Stamp, bool Ours, string? NetworkName, ImmutableArray<PciAddress> Devices, string? Content)
{
    /// <summary>It is ours and hands out any of several VFs.</summary>
    public bool IsPool { get; init; }
}
