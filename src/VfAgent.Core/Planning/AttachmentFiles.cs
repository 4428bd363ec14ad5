using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>The files that an attachment may have: its CDI spec, its conflist, its podman network.</summary>
internal static class AttachmentFiles
{
    /// <summary>
    /// What brings them to these contents; null for no such file. A network is there only while what it hands out is: written last, removed first.
    /// </summary>
    public static IEnumerable<Step> Bring(
        string attachment, HostSnapshot host, Ledger ledger, string? cdi = null, string? conflist = null, string? podmanNetwork = null)
    {
        string spec = OwnedFiles.VfioSpec(attachment);
        string list = OwnedFiles.Conflist(attachment);
        string network = OwnedFiles.PodmanNetwork(attachment);
        bool isTaken = host.PodmanNetworks.Files.ContainsKey(network) && host.PodmanNetworks.Own(network) is null;
        (OwnedFolder Folder, string File, string? Now, string? Wanted)[] files =
        [
            (OwnedFolder.CdiSpecs, spec, host.CdiSpecs.GetValueOrDefault(spec), cdi),
            (OwnedFolder.Conflists, list, host.Conflists.Own(list)?.Content, conflist),
            .. isTaken ? [] : new[] { (OwnedFolder.PodmanNetworks, network, host.PodmanNetworks.Own(network)?.Content, podmanNetwork) },
        ];
        return
        [
            .. files.Reverse().Where(file => file.Wanted is null)
                .SelectMany(file => ledger.Removing(new RemoveFile(file.Folder, file.File), file.Now is not null)),
            .. files.Where(file => file.Wanted is not null && file.Wanted != file.Now)
                .Select(file => new WriteFile(file.Folder, file.File, file.Wanted!)),
        ];
    }
}
