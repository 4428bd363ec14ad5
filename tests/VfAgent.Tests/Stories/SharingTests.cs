using System.Text.Json.Nodes;

namespace VfAgent.Tests.Stories;

/// <summary>Several resources on one PF.</summary>
public sealed class SharingTests
{
    [Fact]
    public async Task Two_resources_share_a_pf_and_each_has_and_shows_its_own_vfs()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await PublishAsync(rig, "web", "eth3#0-1", "netdevice");
        await PublishAsync(rig, "dpdk", "eth3#3", "vfio-pci");
        await rig.PublishAsync("config/networkattachments/f1-u", Payloads.AttachmentNamed("f1-u", "dpdk"));

        JsonNode web = (await rig.Board.WaitForAsync("resources/web", status => Phase(status) == "IN_SYNC" && Vfs(status) == "0 igbvf web, 1 igbvf web"))!;
        Assert.Equal("4", web["status"]![0]!["numVfs"]!.ToJsonString());
        await rig.Board.WaitForAsync("resources/dpdk", status => Phase(status) == "IN_SYNC" && Vfs(status) == "3 vfio-pci dpdk");
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.6", rig.Device("f1-u"));

        // It overlaps, and asks for what the PF is not.
        await PublishAsync(rig, "late", "eth3#1-2", "netdevice");
        JsonNode late = (await rig.Board.WaitForPhaseAsync("resources/late", "DEGRADED"))!;
        Assert.Equal("PfClaimed", late["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Equal("VF 1 of 0000:02:00.0 is already resource web's, and resource late asks for 1-2", late["conditions"]![1]!["message"]!.GetValue<string>());

        // The other goes on with the PF when one is deleted, and over a restart.
        await rig.PublishAsync("config/resources/web", "");
        await rig.Board.WaitForAsync("resources/late", status => Phase(status) == "IN_SYNC" && Vfs(status) == "1 igbvf late, 2 igbvf late");
        await rig.StopAgentAsync();
        rig.Board.Clear();
        int writes = SysfsWrites(rig);
        rig.StartAgent();
        await rig.Board.WaitForPhaseAsync("resources/dpdk", "IN_SYNC");
        await rig.Board.WaitForPhaseAsync("resources/late", "IN_SYNC");
        Assert.Equal(writes, SysfsWrites(rig));
    }

    private static int SysfsWrites(HostRig rig) => rig.World.Log.Count(entry => entry.Call.Path.StartsWith("/sys", StringComparison.Ordinal));

    private static Task PublishAsync(HostRig rig, string name, string pfName, string deviceType) => rig.PublishAsync(
        $"config/resources/{name}", $$"""{"name":"{{name}}","numVfs":4,"nicSelector":{"pfNames":["{{pfName}}"]},"deviceType":"{{deviceType}}"}""");

    private static string? Phase(JsonNode? status) => status?["phase"]?.GetValue<string>();

    private static string Vfs(JsonNode? status) => string.Join(
        ", ", status?["status"]?[0]?["vfs"]?.AsArray().Select(vf => $"{vf!["index"]} {vf["driver"]} {vf["resourceName"]}") ?? []);
}
