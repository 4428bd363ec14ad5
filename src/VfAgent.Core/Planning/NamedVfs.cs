using VfAgent.Core.Desired;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>Which VFs the networks on this host name, ours and others'.</summary>
internal sealed class NamedVfs(DesiredState desired, HostSnapshot host)
{
    // What a pool lists is not taken by that: it hands out what nobody else has. With several VFs it is one, or was one until just now.
    private readonly HashSet<string> _pools =
    [
        .. from attachment in desired.Attachments.Values
           let file = host.PodmanNetworks.Own(OwnedFiles.PodmanNetwork(attachment.Name))
           where file is not null && (attachment.IsPool || file.Devices.Length > 1)
           select file.FileName,
    ];

    /// <summary>Whether this is a file of ours that hands out what nobody else has.</summary>
    public bool IsPool(string file) => _pools.Contains(file);

    /// <summary>Whether a network has this VF; the files of one attachment may be left out of account.</summary>
    public bool Has(PciAddress vf, string? otherThan = null) =>
        host.Conflists.FilesNaming(vf).Any(file => otherThan is null || file != OwnedFiles.Conflist(otherThan)) ||
        host.PodmanNetworks.FilesNaming(vf).Any(file =>
            !_pools.Contains(file) && (otherThan is null || file != OwnedFiles.PodmanNetwork(otherThan)));

    /// <summary>The file of a pool that may still give the VF to a container; null when there is none but the attachment's own.</summary>
    public string? PoolWith(PciAddress vf, string otherThan) => _pools.Count == 0
        ? null
        : host.PodmanNetworks.FilesNaming(vf).FirstOrDefault(file => _pools.Contains(file) && file != OwnedFiles.PodmanNetwork(otherThan));
}
