using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Host;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Invariants;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Actors.Pods;

/// <summary>
/// A runtime whose containers get their VFs from the agent's plugins, netavark's and CNI's: one by one or many at once, with an agent or without, and
/// also where a plugin is killed, or a container ends without one.
/// </summary>
internal sealed class PodRuntime(Run run, Random random) : Actor(run, random)
{
    private const string Leases = $"{HostPaths.Run}/leases";

    private readonly List<Pod> _pods = [];
    private int _count;

    protected override string Name => Cast.Pods;

    protected override TimeSpan LongestPause { get; } = TimeSpan.FromSeconds(random.Of(5, 30));

    // One whose plugin was killed has not started, and is cleaned up.
    public override void End()
    {
        Forget();
        foreach (Pod pod in _pods.Where(pod => Run.Plan.UsersLeave || pod.Vf is null).ToArray())
            StopOne(pod, dies: false);
    }

    protected override void Act()
    {
        Forget();
        for (int left = Random.Chance(0.1) ? Random.Next(5, 50) : 1; left > 0; left--)
        {
            // A container whose VF was taken away by force goes on without, or is started anew.
            if (_pods.Find(IsLost) is { } lost && Random.Chance(0.5))
                StopOne(lost, dies: false);
            else if (_pods.Count > 0 && Random.Chance(0.45))
                StopOne(Random.Of<Pod>([.. _pods]), dies: Random.Chance(0.3));
            else
                StartOne();
        }
    }

    // No container outlives the host.
    private void Forget() => _pods.RemoveAll(pod => !Run.World.Others.Exists(pod.Namespace));

    private bool IsLost(Pod pod) => pod.Vf is not null && !Run.Uses.All.Any(use => use.By == pod.Name);

    private void StartOne()
    {
        (bool IsCni, string Text)[] networks =
        [
            .. Run.Truth.Files(AgentSettings.NetworkDirectory).Where(file => PodmanNetworkRenderer.IsOurs(file.Text)).Select(file => (false, file.Text)),
            .. Run.Truth.Files(AgentSettings.ConflistDirectory).Where(file => ConflistRenderer.IsPool(file.Text)).Select(file => (true, file.Text)),
        ];
        if (networks.Length == 0)
            return;

        (bool isCni, string text) = Random.Of<(bool, string)>(networks);
        string[] vfs = [.. Truth.Devices(text)];
        Use[] others = [.. Run.Uses.All.Where(use => vfs.Contains(use.Device))];
        var pod = new Pod($"p{++_count}", isCni, JsonNode.Parse(text)!.AsObject());
        foreach (string vf in vfs)
            pod.Found[vf] = Find(vf);
        Run.World.Others.AddNamespace(pod.Name);
        (int ExitCode, string Output)? end = Call(pod, isCni ? "ADD" : "setup", Lifetime());
        pod.Vf = Run.Truth.VfIn(pod.Namespace) ?? (end is { ExitCode: 0 } ? VfioOf(pod) : null);
        Say($"starts {pod}: {end?.Output ?? "the plugin is killed"}");
        if (end is { ExitCode: 1 })
        {
            CheckNothingIsKept(pod);
            Run.World.Others.RemoveNamespace(pod.Name);
            return;
        }

        if (end is { ExitCode: 0 })
        {
            CheckGiven(pod, vfs, others);
            if (isCni)
                Run.World.Disk.Put(pod.Result, pod.ToResult());
        }

        _pods.Add(pod);
        if (pod.Vf is { } taken)
            Begin(pod, taken);
    }

    private void Begin(Pod pod, string vf)
    {
        string? netdev = IsOnVfio(vf) ? null : pod.Found[vf].Netdev;
        Run.Uses.Add(new Use(vf, Run.Truth.PfOf(vf)!.Address, pod.Name, null, $"{Leases}/{vf}", netdev, Run.Scheduler.Now)
        {
            IsLeased = true,
            Inode = pod.Found[vf].Inode,
        });
        if (netdev is null && Random.Chance(0.5))
            Run.After(Random.Between(TimeSpan.Zero, TimeSpan.FromMinutes(1)), () => Open(pod, vf));
    }

    // Until the container ends. It cannot while its VF is on another driver.
    private void Open(Pod pod, string vf)
    {
        if (Run.IsCalm || !Run.Uses.All.Any(use => use.By == pod.Name) || !IsOnVfio(vf) || Run.Truth.PfOf(vf) is not { } pf)
            return;

        int pid = Run.World.Others.OpenVfio(PciAddress.Parse(vf));
        Say($"process {pid} of {pod} opens {vf}");
        Run.Uses.Add(new Use(vf, pf.Address, pod.Name, pid, null, null, Run.Scheduler.Now) { IsLeased = true });
        Run.Touch();
    }

    private void StopOne(Pod pod, bool dies)
    {
        _pods.Remove(pod);
        foreach (Use use in Run.Uses.All.Where(use => use.By == pod.Name).ToArray())
        {
            Run.Uses.Remove(use);
            if (use.Pid is { } pid)
                Run.World.Others.CloseVfio(pid);
        }

        if (dies)
        {
            Say($"{pod} dies");
        }
        else
        {
            string what = pod.IsCni ? "DEL" : "teardown";
            (int ExitCode, string Output)? end = Call(pod, what, Lifetime());
            Say($"stops {pod}: {end?.Output ?? "the plugin is killed, and asked again"}");
            end ??= Call(pod, what);
            if (end is not null)
                CheckReturned(pod, end.Value);
            if (Run.World.Disk.Look(pod.Result) is not null)
                Run.World.Disk.Remove(pod.Result);
        }

        Run.World.Others.RemoveNamespace(pod.Name);
    }

    private void CheckNothingIsKept(Pod pod)
    {
        if (pod.Vf is not null || LeaseOf(pod) is not null)
            Broken($"{pod} has not started, and has {pod.Vf ?? "a lease"}");
    }

    private void CheckGiven(Pod pod, string[] vfs, Use[] others)
    {
        // Of one whose record is still to come nobody knows.
        if (others.FirstOrDefault(use => use.Device == pod.Vf && use.Since != TimeSpan.MaxValue) is { } twin)
            Broken($"{pod} has started with {pod.Vf}, which {twin.By} has");
        if (!pod.IsOnAnotherPlugin && (pod.Vf is null || !vfs.Contains(pod.Vf) || LeaseOf(pod) != pod.Vf))
            Broken($"{pod} has started, has {pod.Vf ?? "no VF"} and a lease of {LeaseOf(pod) ?? "none"}, and its network had {string.Join(' ', vfs)}");
    }

    private void CheckReturned(Pod pod, (int ExitCode, string Output) end)
    {
        if (end.ExitCode != 0)
            Broken($"{pod} cannot be stopped: {end.Output}");
        else if (LeaseOf(pod) is { } leased && !Run.Truth.IsAway(leased))
            Broken($"{pod} has ended, and the lease of {leased} is still there");
        else if (Run.Truth.VfIn(pod.Namespace) is { } kept)
            Broken($"{pod} has ended, and {kept} is not back");
        else if (pod.Vf is { } vf && pod.Found[vf] is { Netdev: { } name, Inode: var inode } && inode == Run.Truth.Inode(vf) &&
            Run.Truth.Netdev(vf) is { } then && then != name && !IsTaken(name))
            Broken($"{pod} has ended, and {vf} is {then} and was {name}");
    }

    private void Broken(string what) => Run.Break(Promises.ContainersVf, what);

    // Most plugins come to their end.
    private int Lifetime() => Random.Chance(0.2) ? Random.Next(12) : int.MaxValue;

    private (int ExitCode, string Output)? Call(Pod pod, string what, int lifetime = int.MaxValue)
    {
        var process = new PluginProcess(Run.World, lifetime);
        if (!pod.IsCni)
            return process.Netavark(pod.ToNetavark(), what, pod.Namespace);

        return process.Cni(pod.ToCni(), new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["CNI_COMMAND"] = what,
            ["CNI_CONTAINERID"] = pod.Name,
            ["CNI_NETNS"] = pod.Namespace,
            ["CNI_IFNAME"] = Pod.Interface,
            ["CNI_PATH"] = PluginProcess.Folder,
        }, (call, config) => OtherPlugin.Run(Run.World, Run.Truth, pod, call, config));
    }

    // A VF whose last container has vanished gets the name first that it had before that, if nobody has that now.
    private FoundVf Find(string vf)
    {
        long inode = Run.Truth.Inode(vf);
        JsonNode? lease = Run.World.Disk.Look($"{Leases}/{vf}") is { } file ? JsonNode.Parse(file.Text) : null;
        string? before = (long?)lease?["vfInode"] == inode ? (string?)lease["before"]?["name"] : null;
        return new FoundVf(inode, before is null || IsTaken(before) ? Run.Truth.Netdev(vf) : before);
    }

    private bool IsOnVfio(string vf) => Run.Truth.Driver(vf) == "vfio-pci";

    // Nothing of it goes into the container, so only its lease tells.
    private string? VfioOf(Pod pod) => !pod.IsOnAnotherPlugin && LeaseOf(pod) is { } vf && IsOnVfio(vf) ? vf : null;

    private bool IsTaken(string name) => Run.World.Others.Exists($"/sys/class/net/{name}");

    /// <summary>The VF of its lease.</summary>
    private string? LeaseOf(Pod pod) => Run.Truth.Files(Leases)
        .FirstOrDefault(file => !file.Name.StartsWith('.') && file.Text.Contains($"\"{pod.Name}\"", StringComparison.Ordinal)).Name;
}
