using VfAgent.Core.Kernel;
using VfAgent.Host;

namespace VfAgent.Leases;

/// <summary>All that gives VFs to containers and takes them back, the same for the agent and for both plugins.</summary>
internal sealed class VfLending
{
    public VfLending(IKernel kernel, DurableFiles files, HostPaths paths)
    {
        Leases = new LeaseFiles(files, kernel, paths);
        var devices = new VfDevices(kernel, paths);
        var sriov = new SriovCni(kernel, files.Disk, paths);
        Return = new VfReturn(kernel, Leases, devices, sriov);
        Pool = new VfPool(Leases, devices, Return, sriov, new ContainerRecordReader(files.Disk, kernel, paths));
        Handover = new VfHandover(kernel, devices);
    }

    public LeaseFiles Leases { get; }

    public VfPool Pool { get; }

    public VfHandover Handover { get; }

    public VfReturn Return { get; }
}
