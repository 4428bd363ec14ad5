using VfAgent.Cni;
using VfAgent.Core.Observed;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Actors.Pods;

/// <summary>The CNI plugin that the agent's own asks to do the work, such as sriov or host-device.</summary>
internal static class OtherPlugin
{
    private static readonly DelegateRun _done = new(0, "{}"u8.ToArray());

    /// <summary>
    /// The netdev goes into the container, and comes back under the name it had. A VF on vfio-pci stays, and a bridge has no use for one.
    /// </summary>
    public static DelegateRun Run(SimulatedWorld world, Truth truth, Pod pod, CniCall call, string config)
    {
        if (pod.IsOnAnotherPlugin)
            return _done;

        string device = Truth.Devices(config).Last();
        var vf = PciAddress.Parse(device);
        if (call.Command != "ADD")
        {
            if (truth.VfIn(pod.Namespace) == device)
                world.Others.MoveToHost(vf, pod.Found[device].Netdev);
            return _done;
        }

        if (truth.Driver(device) == "vfio-pci")
            return _done;
        if (truth.Netdev(device) is null)
            return new DelegateRun(1, """{"code":1,"msg":"no netdev"}"""u8.ToArray());

        world.Others.MoveToContainer(vf, pod.Name, call.Interface);
        return _done;
    }
}
