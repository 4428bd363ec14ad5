using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Tests.Stories;

/// <summary>What VFs are set to through their PF, and what others do to it.</summary>
public sealed class VfSettingsTests
{
    private const string Topic = "resources/eth3-vfs";
    private const string Vlan100 = """ "vlan":{"id":100} """;

    private static readonly PciAddress _firstVf = PciAddress.Parse("0000:02:10.0");

    [Fact]
    public async Task Vfs_get_what_the_driver_takes_and_the_status_says_what_it_does_not()
    {
        await using HostRig rig = await StartAsync();

        await PublishAsync(rig, """ "vfMtu":1400,"vfDefaults":{"mac":"deterministic","vlan":{"id":100,"qos":5},"trust":true,"linkState":"ENABLE"},"vfs":[{"indexes":"1","mac":"02:00:00:00:00:AA"}] """);

        JsonNode status = (await rig.Board.WaitForAsync(Topic, s =>
            Reason(s) == "AttributeUnsupported" && Vf(s, 0)?["mtu"]?.GetValue<int>() == 1400 && Vf(s, 1)?["mac"]?.GetValue<string>() == "02:00:00:00:00:aa"))!;
        Assert.Equal("DEGRADED", status["phase"]!.GetValue<string>());
        JsonNode vf = Vf(status, 0)!;
        Assert.Equal(vf["adminMac"]!.GetValue<string>(), vf["mac"]!.GetValue<string>());
        Assert.Equal("""{"id":100,"qos":5,"proto":"802.1q"} true true AUTO 1400""", $"{vf["vlan"]!.ToJsonString()} {vf["trust"]} {vf["spoofchk"]} {vf["adminLinkState"]} {vf["mtu"]}");

        // A driver that has no such setting is not asked for it again and again.
        int asked = rig.World.Log.Count(entry => entry.Call.ToString().Contains("state enable", StringComparison.Ordinal));
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task What_a_container_changed_is_put_right_when_it_gives_the_vf_back()
    {
        await using HostRig rig = await StartAsync();
        await PublishAsync(rig, $$""" "vfMtu":1400,"vfDefaults":{"mac":"deterministic",{{Vlan100}}} """);
        JsonNode before = Vf((await rig.Board.WaitForPhaseAsync(Topic, "IN_SYNC"))!, 0)!;

        rig.World.Kernel.MoveToContainer(_firstVf, "web");
        rig.World.Kernel.ChangeInContainer(_firstVf, 1300, "02:00:00:00:be:ef");
        Assert.Null(rig.World.Kernel.SetVf(IndexOfEth3(rig), 0, new VfVlan(7)));
        JsonNode blocked = (await rig.Board.WaitForPhaseAsync(Topic, "BLOCKED"))!;
        Assert.Contains("then: set eth3 vf 0 vlan 100", blocked["conditions"]![1]!["message"]!.GetValue<string>(), StringComparison.Ordinal);

        rig.World.Kernel.MoveToHost(_firstVf);
        JsonNode after = Vf((await rig.Board.WaitForPhaseAsync(Topic, "IN_SYNC"))!, 0)!;
        foreach (string field in (string[])["mac", "adminMac", "mtu", "vlan"])
            Assert.Equal(before[field]!.ToJsonString(), after[field]!.ToJsonString());
    }

    [Fact]
    public async Task Two_vfs_with_one_address_are_said_and_named_for_as_long_as_they_have_it()
    {
        await using HostRig rig = await StartAsync();
        await PublishAsync(rig, """ "vfDefaults":{} """);
        await rig.Board.WaitForPhaseAsync(Topic, "IN_SYNC");

        Assert.Null(rig.World.Kernel.SetVf(IndexOfEth3(rig), 0, new VfMac("02:00:00:00:00:aa")));
        Assert.Null(rig.World.Kernel.SetVf(IndexOfEth3(rig), 1, new VfMac("02:00:00:00:00:aa")));
        JsonNode status = (await rig.Board.WaitForAsync(Topic, s => Reason(s) == "DuplicateMac"))!;
        Assert.Contains(
            "02:00:00:00:00:aa is the address of VF 0 of 0000:02:00.0 and of VF 1 of 0000:02:00.0",
            status["conditions"]![1]!["message"]!.GetValue<string>(), StringComparison.Ordinal);

        Assert.Null(rig.World.Kernel.SetVf(IndexOfEth3(rig), 1, new VfMac("02:00:00:00:00:bb")));
        await rig.Board.WaitForPhaseAsync(Topic, "IN_SYNC");
    }

    [Fact]
    public async Task What_another_administrator_sets_is_put_right_and_what_the_config_does_not_name_is_left_alone()
    {
        await using HostRig rig = await StartAsync();
        await PublishAsync(rig, $$""" "vfDefaults":{{{Vlan100}}} """);
        await rig.Board.WaitForPhaseAsync(Topic, "IN_SYNC");
        int eth3 = IndexOfEth3(rig);

        Assert.Null(rig.World.Kernel.SetVf(eth3, 0, new VfTrust(true)));
        Assert.Null(rig.World.Kernel.SetVf(eth3, 0, new VfVlan(0)));

        await rig.Board.WaitForAsync(Topic, status => Vf(status, 0) is { } vf && vf["trust"]!.GetValue<bool>() && vf["vlan"]?["id"]?.GetValue<int>() == 100);
        await rig.Board.WaitForPhaseAsync(Topic, "IN_SYNC");
    }

    [Fact]
    public async Task A_change_of_the_vfs_and_of_the_wish_set_them_anew()
    {
        await using HostRig rig = await StartAsync();
        await PublishAsync(rig, """ "vfDefaults":{"mac":"deterministic","maxTxRate":100} """);
        string mac = Vf(await rig.Board.WaitForPhaseAsync(Topic, "IN_SYNC"), 1)!["mac"]!.GetValue<string>();

        rig.World.Kernel.Write("/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs", "0");
        await rig.Board.WaitForAsync(Topic, status =>
            rig.World.Log.Count(entry => entry.Call.Value == $"vf 1 mac {mac}") == 2 && Vf(status, 1)?["mac"]?.GetValue<string>() == mac);

        await PublishAsync(rig, """ "vfDefaults":{"maxTxRate":200} """);
        await rig.Board.WaitForAsync(Topic, status => Vf(status, 1)?["maxTxRate"]?.GetValue<int>() == 200);
    }

    // With its link up, without which igb tells a VF no address and takes no rate.
    private static async Task<HostRig> StartAsync()
    {
        HostRig rig = await HostRig.CreateAsync();
        Assert.Null(rig.World.Kernel.SetLinkUp(IndexOfEth3(rig), up: true));
        rig.StartAgent();
        return rig;
    }

    private static int IndexOfEth3(HostRig rig) =>
        int.Parse(rig.World.Kernel.Read("/sys/bus/pci/devices/0000:02:00.0/net/eth3/ifindex").Value!, System.Globalization.CultureInfo.InvariantCulture);

    private static Task PublishAsync(HostRig rig, string settings) =>
        rig.PublishAsync("config/" + Topic, $$"""{"name":"eth3-vfs","numVfs":2,"nicSelector":{"pfNames":["eth3"]},{{settings}}}""");

    private static string? Reason(JsonNode? status) => status?["conditions"]?[1]?["reason"]?.GetValue<string>();

    private static JsonNode? Vf(JsonNode? status, int index) => status?["status"]?[0]?["vfs"]?.AsArray().ElementAtOrDefault(index);
}
