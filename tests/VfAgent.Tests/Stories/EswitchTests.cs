using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;

namespace VfAgent.Tests.Stories;

/// <summary>NICs whose embedded switch is to forward for the kernel.</summary>
public sealed class EswitchTests
{
    private const string Eth3 = "pci/0000:02:00.0";
    private const string Resource = """{"name":"eth3-vfs","numVfs":4,"nicSelector":{"pfNames":["eth3"]}}""";
    private const string Switched = """{"name":"eth3-vfs","numVfs":4,"nicSelector":{"pfNames":["eth3"]},"eswitchMode":"SWITCHDEV"}""";

    [Theory]
    [InlineData("ice:2")]
    [InlineData("mlx5:2")]
    [InlineData("bnxt:2")]
    public async Task A_nic_with_vfs_goes_into_switchdev_mode_and_back_when_the_resource_is_deleted(string nics)
    {
        await using HostRig rig = await HostRig.CreateAsync(nics);
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Resource);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");

        await rig.PublishAsync(Payloads.ResourceTopic, Switched);

        JsonNode? status = await rig.Board.WaitForAsync("resources/eth3-vfs", status =>
            (string?)status?["phase"] == "IN_SYNC" && (string?)status["status"]![0]!["eswitchMode"] == "switchdev");
        JsonNode pf = status!["status"]![0]!;
        Assert.Equal("eth3", (string?)pf["name"]);
        Assert.Equal(4, pf["vfs"]!.AsArray().Count(vf => (string?)vf!["driver"] != ""));

        await rig.PublishAsync(Payloads.ResourceTopic, "");

        await rig.Board.WaitForAsync("resources/eth3-vfs", status => status is null);
        Assert.Equal(EswitchMode.Legacy, rig.World.Kernel.GetEswitch(Eth3).Value);
        Assert.Equal("0", rig.NumVfs("0000:02:00.0"));
    }
}
