using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using VfAgent.Core.Kernel;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>A change that fails half way.</summary>
public sealed class RollbackTests
{
    private const string Topic = "resources/eth3-vfs";

    [Fact]
    public async Task One_VF_that_does_not_take_its_setting_back_is_that_VFs_trouble()
    {
        await using HostRig rig = await HostRig.CreateAsync(time: new FakeTimeProvider(DateTimeOffset.UtcNow));
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Asked(numVfs: 4));
        await rig.Board.WaitForPhaseAsync(Topic, "IN_SYNC");
        rig.World.Faults = call => call switch
        {
            { Kind: CallKind.Write, Value: "6" } => Fault.Fail(Errno.ENOMEM),
            { Kind: CallKind.SetVf, Value: "vf 2 vlan 100 qos 0 proto 802.1Q" } => Fault.Fail(Errno.EINVAL),
            _ => Fault.None,
        };

        await rig.PublishAsync(Payloads.ResourceTopic, Asked(numVfs: 6));

        string message = "";
        await rig.Board.WaitForAsync(Topic, status => (message = Message(status)).Contains("could not be", StringComparison.Ordinal) ||
            message.Contains("is as it was before: 4 VFs", StringComparison.Ordinal));
        Assert.DoesNotContain("could not be", message, StringComparison.Ordinal);
        Assert.Equal("4", rig.NumVfs("0000:02:00.0"));
    }

    private static string Asked(int numVfs) =>
        $$"""{"name":"eth3-vfs","numVfs":{{numVfs}},"nicSelector":{"pfNames":["eth3"]},"vfDefaults":{"vlan":{"id":100} } }""";

    private static string Message(JsonNode? status) =>
        status?["conditions"]?.AsArray().FirstOrDefault(condition => condition!["type"]!.GetValue<string>() == "InSync")?["message"]?.GetValue<string>() ?? "";
}
