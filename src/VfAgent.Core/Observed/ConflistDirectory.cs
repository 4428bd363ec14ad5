using System.Collections.Immutable;
using VfAgent.Core.Kernel;

namespace VfAgent.Core.Observed;

/// <summary>The CNI configurations in the conflist folder, ours and others', as last read.</summary>
public sealed record ConflistDirectory
{
    public static ConflistDirectory Empty { get; } = new(default, ImmutableSortedDictionary.Create<string, ConflistFile>(StringComparer.Ordinal));

    private readonly Lazy<ILookup<PciAddress, string>> _filesByDevice;
    private readonly Lazy<Dictionary<string, string>> _foreignNetworks;

    public ConflistDirectory(FileStamp stamp, ImmutableSortedDictionary<string, ConflistFile> files)
    {
        Stamp = stamp;
        Files = files;
        _filesByDevice = new(() => files.Values
            .SelectMany(file => file.Devices, (file, device) => (device, file.FileName))
            .ToLookup(pair => pair.device, pair => pair.FileName));
        _foreignNetworks = new(() =>
        {
            var names = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (ConflistFile file in files.Values)
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
    public ImmutableSortedDictionary<string, ConflistFile> Files { get; }

    /// <summary>The first configuration, ours or not, that names this device; null when none does.</summary>
    public string? FileNaming(PciAddress device) => _filesByDevice.Value[device].FirstOrDefault();

    /// <summary>Whether any configuration, ours or not, names this device; <paramref name="otherThan"/> does not count.</summary>
    public bool Names(PciAddress device, string? otherThan = null) => _filesByDevice.Value[device].Any(file => file != otherThan);

    /// <summary>The file of somebody else's that has this network name; null when none has.</summary>
    public string? ForeignFileOf(string network) => _foreignNetworks.Value.GetValueOrDefault(network);

    public bool Equals(ConflistDirectory? other) =>
        ReferenceEquals(this, other) || (other is not null && Stamp == other.Stamp && Files.Values.SequenceEqual(other.Files.Values));

    public override int GetHashCode() => Stamp.GetHashCode();
}

/// <param name="FileName">Without its folder.</param>
/// <param name="Stamp">To tell whether it has to be read again.</param>
/// <param name="Ours">By its file name's prefix.</param>
/// <param name="NetworkName">null when it cannot be parsed.</param>
/// <param name="Devices">Every PCI address that its text names, under whatever key.</param>
/// <param name="Content">Its text if it is ours, to compare; null for others'.</param>
public sealed record ConflistFile(
    string FileName, FileStamp Stamp, bool Ours, string? NetworkName, ImmutableArray<PciAddress> Devices, string? Content);
