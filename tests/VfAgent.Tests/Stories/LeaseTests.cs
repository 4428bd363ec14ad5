using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;
using VfAgent.Leases;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>VFs that a plugin has given to containers, as the agent sees them.</summary>
public sealed class LeaseTests
{
    private const string Resource = "resources/eth3-vfs";
    private const string Web = "container web (8f3c2b10ab12) on network pool";
    private static readonly PciAddress _firstVf = PciAddress.Parse("0000:02:10.0");

    [Fact]
    public async Task A_VF_with_a_lease_is_in_use_and_named_until_its_namespace_is_gone()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        await LeaseAsync(rig);

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.ResourceWith(numVfs: 6));

        await rig.Board.WaitForAsync(Resource, status => (string?)status!["phase"] == "BLOCKED" && $"{status["conditions"]![1]!["message"]}".Contains(Web));
        Assert.Equal("4", rig.NumVfs("0000:02:00.0"));

        // Its path is used again by another container.
        rig.World.Others.RemoveNamespace("web");
        rig.World.Others.AddNamespace("web");
        await rig.Board.WaitForAsync(Resource, status => (string?)status!["phase"] == "IN_SYNC" && status["status"]![0]!["vfs"]!.AsArray().Count == 6);
        Assert.Null(rig.World.Disk.Look(PathOf(_firstVf)));
    }

    [Fact]
    public async Task What_a_container_has_left_that_vanished_is_put_right_by_the_event_of_its_VFs_return()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        string before = Netdev(rig);
        await VanishAsync(rig);
        Assert.StartsWith("dev", Netdev(rig), StringComparison.Ordinal);

        DateTimeOffset start = rig.Time.GetUtcNow();
        await rig.Board.WaitForAsync(Resource, _ => Netdev(rig) == before && rig.World.Disk.Look(PathOf(_firstVf)) is null);

        // Long before the next full look; how long it takes is measured in the machine.
        Assert.InRange(rig.Time.GetUtcNow() - start, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        await rig.Board.WaitForPhaseAsync(Resource, "IN_SYNC");
        Assert.Contains($"make 0000:02:10.0 what it was before {Web} had it", rig.Log);
    }

    [Fact]
    public async Task Also_on_a_NIC_that_no_resource_has()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        Assert.Null(rig.World.Others.Write("/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs", "1"));
        string before = Netdev(rig);
        rig.StartAgent();
        await rig.Board.WaitForAsync("discovery", status => $"{status}".Contains($"{_firstVf}", StringComparison.Ordinal));

        await VanishAsync(rig);

        await rig.Board.WaitForAsync("agent", _ => Netdev(rig) == before && rig.World.Disk.Look(PathOf(_firstVf)) is null);
    }

    [Fact]
    public async Task Also_on_a_NIC_that_is_left_to_somebody_who_keeps_changing_it()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        string before = Netdev(rig);
        int eth3 = int.Parse(rig.World.Others.Read("/sys/class/net/eth3/ifindex").Value!);
        for (int time = 0; time < 3; time++)
        {
            Assert.Null(rig.World.Others.SetLinkMtu(eth3, 1400));
            await rig.Board.WaitForAsync(Resource, status =>
                (string?)status!["phase"] is "DEGRADED" || ((string?)status["phase"] is "IN_SYNC" && rig.World.Others.GetLink(eth3).Value!.Mtu == 1500));
        }

        await VanishAsync(rig);

        await rig.Board.WaitForAsync(Resource, _ => Netdev(rig) == before && rig.World.Disk.Look(PathOf(_firstVf)) is null);
        await rig.Board.WaitForAsync(Resource, status => (string?)status!["conditions"]![1]!["reason"] == "Contended");
        Assert.Equal(1400, rig.World.Others.GetLink(eth3).Value!.Mtu);
    }

    [Fact]
    public async Task An_agent_that_is_killed_anywhere_in_it_is_followed_by_one_that_ends_it()
    {
        int writes = 1;
        for (int write = 0; write <= writes; write++)
        {
            await using HostRig rig = await HostRig.WithResourceAsync();
            string before = Netdev(rig);
            int at = rig.World.Writes + write;
            Task met = write == 0 ? Task.CompletedTask : rig.MeetFault(call => call.Number == at, Fault.CrashAfter);
            await VanishAsync(rig);
            await rig.MeetAsync(met);
            if (write > 0)
            {
                await rig.StopAgentAsync();
                rig.World.Restart();
                rig.StartAgent();
            }

            await rig.Board.WaitForAsync(Resource, _ => Netdev(rig) == before && rig.World.Disk.Look(PathOf(_firstVf)) is null);
            if (write == 0)
                writes = rig.World.Writes - at;
            Assert.InRange(writes, 4, 12);
        }
    }

    [Fact]
    public async Task A_VF_on_vfio_is_free_when_its_containers_namespace_has_gone_which_no_link_tells()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource.Replace("netdevice", "vfio-pci", StringComparison.Ordinal));
        await rig.Board.WaitForPhaseAsync(Resource, "IN_SYNC");
        await LeaseAsync(rig);
        DateTimeOffset start = rig.Time.GetUtcNow();

        rig.World.Others.RemoveNamespace("web");

        await rig.Board.WaitForAsync(Resource, status => string.IsNullOrEmpty(UsedBy(status)) && rig.World.Disk.Look(PathOf(_firstVf)) is null);
        Assert.InRange(rig.Time.GetUtcNow() - start, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_VF_that_the_next_container_gets_first_is_left_to_it()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        rig.World.Others.AddNamespace("db");
        bool isTaken = false;
        rig.World.Faults = call =>
        {
            if (call.Kind == CallKind.Lock && !isTaken)
            {
                Write(rig.World, _firstVf, "db");
                rig.World.Others.MoveToContainer(_firstVf, "db", "eth0");
                isTaken = true;
            }

            return Fault.None;
        };
        await VanishAsync(rig);
        await rig.Board.WaitForAsync(Resource, status => UsedBy(status) == Web.Replace("web", "db", StringComparison.Ordinal));

        await rig.PassAsync(TimeSpan.FromSeconds(30));

        Assert.Equal("away", Netdev(rig));
        Assert.NotNull(rig.World.Disk.Look(PathOf(_firstVf)));
        await rig.Board.WaitForPhaseAsync(Resource, "IN_SYNC");
    }

    [Fact]
    public async Task A_VF_that_sriov_cni_is_at_work_on_is_put_right_when_that_has_ended()
    {
        const string Folder = "/var/lib/cni/sriov/pci/vf_lock";
        await using HostRig rig = await HostRig.WithResourceAsync();
        string before = Netdev(rig);
        Assert.Null(rig.World.OthersDisk.CreateDirectory(Folder));
        using (IDisposable held = rig.World.OthersDisk.Lock($"{Folder}/{_firstVf}.lock").Value!)
        {
            await VanishAsync(rig);
            await rig.Board.WaitForPhaseAsync(Resource, "DEGRADED");
            Assert.NotEqual(before, Netdev(rig));
        }

        await rig.Board.WaitForAsync(Resource, _ => Netdev(rig) == before && rig.World.Disk.Look(PathOf(_firstVf)) is null);
        await rig.Board.WaitForPhaseAsync(Resource, "IN_SYNC");
    }

    [Fact]
    public async Task The_lease_of_a_CNI_plugin_stays_for_the_containers_end()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        string before = Netdev(rig);

        await VanishAsync(rig, "sriov");

        await rig.Board.WaitForAsync(Resource, _ => Netdev(rig) == before);
        await rig.PassAsync(TimeSpan.FromSeconds(30));
        Assert.DoesNotContain("before", rig.World.Disk.Look(PathOf(_firstVf))!.Text, StringComparison.Ordinal);
        Assert.Equal(2, rig.Log.Split("StepDone: make 0000:02:10.0 what it was").Length);
    }

    [Fact]
    public async Task A_VF_that_was_taken_from_its_container_and_made_anew_is_nobodys()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        await LeaseAsync(rig);
        rig.World.Others.MoveToContainer(_firstVf, "web", "eth0");
        string lease = rig.World.Disk.Look(PathOf(_firstVf))!.Text;

        string forced = Payloads.ResourceWith(numVfs: 6).Replace("{\"name\"", "{\"disruptionPolicy\":\"FORCE\",\"name\"", StringComparison.Ordinal);
        await rig.PublishAsync(Payloads.ResourceTopic, forced);

        await rig.Board.WaitForAsync(Resource, status => (string?)status!["phase"] == "IN_SYNC" && status["status"]![0]!["vfs"]!.AsArray().Count == 6);
        await rig.Board.WaitForAsync(Resource, status => string.IsNullOrEmpty(UsedBy(status)) && rig.World.Disk.Look(PathOf(_firstVf)) is null);
        Assert.DoesNotContain(Netdev(rig).Split(' ')[1], lease, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_attachment_does_not_get_a_VF_that_a_container_has()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        await LeaseAsync(rig);

        await GetsTheSecondVfAsync(rig);
    }

    [Fact]
    public async Task Nor_one_that_a_container_gets_at_the_same_moment()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        rig.World.Others.AddNamespace("web");
        rig.World.Faults = call =>
        {
            if (call.Kind == CallKind.Lock && rig.World.Disk.Look(PathOf(_firstVf)) is null)
                Write(rig.World, _firstVf);
            return Fault.None;
        };

        await GetsTheSecondVfAsync(rig);
    }

    [Fact]
    public async Task An_assignment_waits_for_the_plugin_that_is_choosing()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        Assert.Null(rig.World.OthersDisk.CreateDirectory(HostPaths.Run));
        using (IDisposable held = rig.World.OthersDisk.Lock($"{HostPaths.Run}/lock").Value!)
        {
            await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
            await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "PROGRESSING");
            Assert.Null(rig.Conflist("f1-u"));
        }

        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
    }

    private static async Task GetsTheSecondVfAsync(HostRig rig)
    {
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);

        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.2", rig.Device("f1-u"));
    }

    private static async Task LeaseAsync(HostRig rig)
    {
        rig.World.Others.AddNamespace("web");
        Write(rig.World, _firstVf);
        await rig.Board.WaitForAsync(Resource, status => UsedBy(status) == Web);
    }

    // A container gets the VF, changes all that it can, and its namespace ends without a teardown.
    private static async Task VanishAsync(HostRig rig, string? plugin = null)
    {
        rig.World.Others.AddNamespace("web");
        Write(rig.World, _firstVf, "web", plugin);
        rig.World.Others.MoveToContainer(_firstVf, "web", "eth0");
        rig.World.Others.ChangeInContainer(_firstVf, 9000, "02:00:00:00:00:aa");
        await rig.Board.WaitForAsync("discovery", status => $"{status}".Contains(Web, StringComparison.Ordinal));
        rig.World.Others.RemoveNamespace("web");
    }

    /// <summary>The first VF's name, address, MTU, and whether it is up.</summary>
    private static string Netdev(HostRig rig) =>
        rig.World.Others.List($"/sys/bus/pci/devices/{_firstVf}/net").ValueOr([]) is [var name] &&
        rig.World.Others.GetLink(int.Parse(rig.World.Others.Read($"/sys/class/net/{name}/ifindex").Value!)).Value is { } link
            ? $"{link.Name} {link.Mac} {link.Mtu} {(link.Up ? "up" : "down")}"
            : "away";

    private static string PathOf(PciAddress vf) => $"{HostPaths.Run}/leases/{vf}";

    // As a plugin does before it moves the VF.
    private static void Write(SimulatedWorld world, PciAddress vf, string container = "web", string? plugin = null)
    {
        string? name = world.Others.List($"/sys/bus/pci/devices/{vf}/net").ValueOr([]) is [var first, ..] ? first : null;
        Link? link = name is null ? null : world.Others.GetLink(int.Parse(world.Others.Read($"/sys/class/net/{name}/ifindex").Value!)).Value;
        string path = $"/run/netns/{container}";
        long inode = world.Others.GetInode($"/sys/bus/pci/devices/{vf}").Value;
        var lease = new Lease(vf, inode, "8f3c2b10ab1244cc9e", container, "pool", path, world.Others.GetInode(path).Value, "eth0")
        {
            Before = link is null ? null : new LinkBefore(link.Name, link.Mac, link.Mtu, link.Up),
            Delegate = plugin,
        };
        Assert.Null(new LeaseFiles(new DurableFiles(world.OthersDisk), world.Others, HostPaths.Usual).Write(lease));
    }

    private static string? UsedBy(JsonNode? status) => (string?)status!["status"]![0]!["vfs"]!.AsArray().ElementAtOrDefault(0)?["usedBy"];
}
