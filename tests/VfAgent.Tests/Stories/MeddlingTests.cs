using System.Globalization;
using System.Text.Json.Nodes;
using VfAgent.Core.Observed;
using VfAgent.Tests.Doctor;

namespace VfAgent.Tests.Stories;

/// <summary>Others who change what the agent has set up, or the machine under it.</summary>
public sealed class MeddlingTests
{
    private const string NumVfsOfEth3 = "/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs";

    [Fact]
    public async Task Vfs_that_somebody_destroys_come_back_and_the_attachment_keeps_its_own()
    {
        await using HostRig rig = await HostRig.InSyncAsync();

        Assert.Null(rig.World.Kernel.Write(NumVfsOfEth3, "0"));

        await rig.Board.WaitForAsync("discovery", _ => rig.NumVfs("0000:02:00.0") == "4");
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.0", rig.Device("f1-u"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("""{"cniVersion":"1.0.0","name":"f1-u","plugins":[{"type":"sriov","deviceID":"0000:02:10.6"}]}""")]
    public async Task A_conflist_that_somebody_edits_is_put_right_at_once(string text)
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        string before = rig.Conflist("f1-u")!;

        rig.World.Disk.Put($"{HostRig.ConflistDirectory}/vfagent-f1-u.conflist", text);

        await rig.Board.WaitForAsync("networkattachments/f1-u", _ => rig.Conflist("f1-u") == before);
    }

    [Fact]
    public async Task Files_that_somebody_removes_are_written_again_at_once()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync("config/resources/pool", """{"name":"pool","numVfs":2,"needVhostNet":true,"nicSelector":{"pfNames":["eth3"]},"deviceType":"vfio-pci"}""");
        await rig.PublishAsync("config/networkattachments/a1", Payloads.AttachmentNamed("a1", "pool"));
        await rig.Board.WaitForPhaseAsync("networkattachments/a1", "IN_SYNC");
        IReadOnlyList<string> before = rig.World.Disk.Files("/etc");

        foreach (string file in before)
            rig.World.Disk.Remove(file);

        await rig.Board.WaitForAsync("networkattachments/a1", _ => rig.World.Disk.Files("/etc").SequenceEqual(before));
    }

    [Fact]
    public async Task Somebody_who_changes_the_same_thing_again_and_again_is_let_have_it_for_a_while()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        int eth3 = int.Parse(rig.World.Kernel.Read("/sys/class/net/eth3/ifindex").Value!, CultureInfo.InvariantCulture);

        for (int time = 0; time < 2; time++)
        {
            Assert.Null(rig.World.Kernel.SetLinkMtu(eth3, 1400));
            await rig.Board.WaitForAsync("resources/eth3-vfs", status => Mtu() == 1500 && Phase(status) == "IN_SYNC");
        }

        Assert.Null(rig.World.Kernel.SetLinkMtu(eth3, 1400));
        JsonNode fought = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "DEGRADED"))!;
        Assert.Equal("Contended", fought["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Contains("set eth3 mtu to 1500", fought["conditions"]![1]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(1400, Mtu());

        await rig.PassAsync(TimeSpan.FromMinutes(1));
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        Assert.Equal(1500, Mtu());

        int Mtu() => rig.World.Kernel.GetLink(eth3).Value!.Mtu;
        static string? Phase(JsonNode? status) => status?["phase"]?.GetValue<string>();
    }

    [Fact]
    public async Task The_nic_that_the_host_is_managed_over_is_left_alone_until_it_is_another()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.World.Kernel.Enslave("eth3", "bond0");
        rig.World.Kernel.SetDefaultRoute("bond0");
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);

        JsonNode blocked = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "BLOCKED"))!;
        Assert.Equal("ManagementNic", blocked["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Equal("the default route (over bond0)", blocked["status"]![0]!["carries"]!.GetValue<string>());
        Assert.Equal("0", rig.NumVfs("0000:02:00.0"));

        rig.World.Kernel.SetDefaultRoute("eth2");
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
    }

    [Fact]
    public async Task Which_nic_the_host_hangs_on_is_said_as_soon_as_the_route_leads_over_it_and_no_longer()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.Board.WaitForAsync("discovery", discovery => Carries(discovery) == ("", ""));

        rig.World.Kernel.SetDefaultRoute("eth3");
        await rig.Board.WaitForAsync("discovery", discovery => Carries(discovery) == ("", "the default route"));
        rig.World.Kernel.SetDefaultRoute("eth2");
        await rig.Board.WaitForAsync("discovery", discovery => Carries(discovery) == ("the default route", ""));

        static (string? Eth2, string? Eth3) Carries(JsonNode? discovery) => discovery?["physicalFunctions"]?.AsArray() is { Count: 2 } pfs
            ? ((string?)pfs[0]!["carries"], (string?)pfs[1]!["carries"])
            : ("not seen", "not seen");
    }

    [Fact]
    public async Task A_nic_that_is_unplugged_and_plugged_in_again_gets_everything_back()
    {
        await using HostRig rig = await HostRig.InSyncAsync();

        rig.World.Kernel.Unplug(PciAddress.Parse("0000:02:00.0"));
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "PENDING");
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "PENDING");
        rig.World.Kernel.Replug(PciAddress.Parse("0000:02:00.0"));

        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.0", rig.Device("f1-u"));
    }

    [Fact]
    public async Task A_nic_that_the_host_has_come_to_hang_on_since_it_was_looked_at_is_not_changed()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.Board.WaitForAsync("discovery", discovery => discovery?["physicalFunctions"]?.AsArray().Count == 2);

        // The event comes while the change is under way, or a little before it.
        rig.World.Kernel.SetDefaultRoute("eth3");
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);

        JsonNode blocked = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "BLOCKED"))!;
        Assert.Equal("ManagementNic", blocked["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Equal("0", rig.NumVfs("0000:02:00.0"));
    }

    [Fact]
    public async Task The_nic_that_leads_to_the_broker_is_known_as_soon_as_the_broker_is_reached()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.Kernel = kernel => new KernelWithFiles(kernel)
        {
            Files = { ["/proc/net/route"] = "Iface\neth3\t0000007F\t00000000\t0001\t0\t0\t0\t000000FF\n" },
        };
        await rig.Broker.StopAsync();
        rig.StartAgent();
        await rig.Board.WaitForAsync("agent", _ => rig.Log.Contains("Next connect in", StringComparison.Ordinal));

        await rig.Broker.StartAsync();

        JsonNode discovery = (await rig.Board.WaitForAsync("discovery", discovery => Carries(discovery, 1) is { Length: > 0 }))!;
        Assert.Equal("the connection to the broker", Carries(discovery, 1));
        Assert.Equal("", Carries(discovery, 0));

        static string? Carries(JsonNode? discovery, int pf) => discovery?["physicalFunctions"]![pf]!["carries"]!.GetValue<string>();
    }
}
