using MQTTnet;
using VfAgent.Core.Kernel;
using VfAgent.Host;
using VfAgent.Options;
using VfAgent.Protocol;

namespace VfAgent.Doctor;

/// <summary>What is looked at, in the order of the report: from the machine up to the broker.</summary>
internal static class DoctorAreas
{
    /// <param name="settings">The agent's.</param>
    /// <param name="kernel">The agent's.</param>
    /// <param name="disk">The agent's.</param>
    /// <param name="runPodman">Runs podman with these arguments; null when there is none.</param>
    /// <param name="newClient">Makes an MQTT client.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Gives up.</param>
    public static IReadOnlyList<Area> Of(
        Settings settings,
        IKernel kernel,
        IDisk disk,
        Func<IReadOnlyList<string>, CancellationToken, Task<CommandAnswer?>> runPodman,
        Func<IMqttClient> newClient,
        TimeProvider time,
        CancellationToken stop)
    {
        bool simulated = settings.Agent.Simulate is not null;
        var paths = HostPaths.Of(settings);
        var podman = new Lazy<Task<Podman>>(() => Podman.AskAsync(kernel, disk, runPodman, stop));
        return
        [
            new("Rights", "the agent could not change the host", () => OnWorkerAsync(new RightsChecks(kernel, disk, paths, simulated).Run)),
            new("NICs", "there would be no VFs", () => new NicChecks(kernel, paths, time).RunAsync(stop)),
            new(
                "Drivers", "VFs would have no network interface",
                () => OnWorkerAsync(new ModuleChecks(kernel, disk, paths, simulated).Run)),
            new("IOMMU", "no VF could be given to vfio-pci", () => OnWorkerAsync(new IommuChecks(kernel, paths).Run)),
            new("CNI", "containers would get no VFs", () => WithPodmanAsync(facts => new CniChecks(facts, disk, settings.Cni, Backends().Backends).Run())),
            new(
                "Podman", "containers would get no VFs",
                () => WithPodmanAsync(facts => new PodmanChecks(facts, disk, Backends(), paths).Run())),
            new(
                "Folders", "the agent could not write what it has to",
                () => OnWorkerAsync(() => new FolderChecks(disk, settings, Backends().Backends).Run())),
            new("Broker", "config and status would not get through", BrokerAsync),
        ];

        BackendChoice Backends() => new BackendReader(disk, settings.Runtime.Backends).Read(new Look());

        Task<IReadOnlyList<Finding>> OnWorkerAsync(Func<IEnumerable<Finding>> check) =>
            kernel.RunAsync<IReadOnlyList<Finding>>(() => [.. check()]);

        async Task<IReadOnlyList<Finding>> WithPodmanAsync(Func<Podman, IEnumerable<Finding>> check)
        {
            Podman facts = await podman.Value;
            return await OnWorkerAsync(() => check(facts));
        }

        async Task<IReadOnlyList<Finding>> BrokerAsync()
        {
            string bootId = simulated ? "" : await kernel.RunAsync(() => new FeatureReader(kernel, paths).BootId());
            var topics = new Topics(settings.Mqtt.TopicRoot, settings.Agent.HostId);
            var broker = new BrokerChecks(
                settings.Mqtt.Connection(settings.Agent.HostId), topics, settings.Mqtt.JsonStatus, bootId, newClient, time);
            return await broker.RunAsync(stop);
        }
    }
}
