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
        Assert.NotNull(rig.World.Disk.Look(PathOf(_firstVf)));
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

    private static string PathOf(PciAddress vf) => $"{HostPaths.Run}/leases/{vf}";

    private static void Write(SimulatedWorld world, PciAddress vf) =>
        Assert.Null(new LeaseFiles(new DurableFiles(world.OthersDisk), world.Others, HostPaths.Run).Write(
            new Lease(vf, "8f3c2b10ab1244cc9e", "web", "pool", "/run/netns/web", world.Others.GetInode("/run/netns/web").Value, "eth0")));

    private static string? UsedBy(JsonNode? status) => (string?)status!["status"]![0]!["vfs"]!.AsArray().ElementAtOrDefault(0)?["usedBy"];
}
