using VfAgent.Core.Desired;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>Which VFs the networks on this host name, ours and others'.</summary>
internal sealed class NamedVfs(DesiredState desired, HostSnapshot host)
{
    // What a pool lists is not taken by that: it hands out what nobody else has. So does a file of what was a pool until just now. A podman network
    // of one VF does not say which it is.
    private readonly HashSet<NetworkFile> _pools =
        (from attachment in desired.Attachments.Values
         from file in Own(attachment.Name, host)
         where file.IsPool || (attachment.IsPool && file.FileName == OwnedFiles.PodmanNetwork(attachment.Name))
         select file).ToHashSet<NetworkFile>(ReferenceEqualityComparer.Instance);

    /// <summary>The networks that are files of ours for this attachment.</summary>
    public static IEnumerable<NetworkFile> Own(string attachment, HostSnapshot host) =>
        ((NetworkFile?[])[host.Conflists.Own(OwnedFiles.Conflist(attachment)), host.PodmanNetworks.Own(OwnedFiles.PodmanNetwork(attachment))])
            .OfType<NetworkFile>();

    /// <summary>Whether this file of ours hands out what nobody else has.</summary>
    public bool IsPool(NetworkFile file) => _pools.Contains(file);

    /// <summary>Whether a network has this VF; the files of one attachment may be left out of account.</summary>
    public bool Has(PciAddress vf, string? otherThan = null) => OfOthers(vf, otherThan).Any(file => !_pools.Contains(file));

    /// <summary>The file of a pool that may still give the VF to a container; null when there is none but the attachment's own.</summary>
    public string? PoolWith(PciAddress vf, string otherThan) =>
        _pools.Count == 0 ? null : OfOthers(vf, otherThan).FirstOrDefault(_pools.Contains)?.FileName;

    private IEnumerable<NetworkFile> OfOthers(PciAddress vf, string? otherThan) =>
    [
        .. host.Conflists.FilesNaming(vf).Where(file => otherThan is null || file != OwnedFiles.Conflist(otherThan))
            .Select(file => host.Conflists.Files[file]),
        .. host.PodmanNetworks.FilesNaming(vf).Where(file => otherThan is null || file != OwnedFiles.PodmanNetwork(otherThan))
            .Select(file => host.PodmanNetworks.Files[file]),
    ];
}
