using System.Text.Json.Nodes;

namespace VfAgent.Tests.Stories;

/// <summary>An agent that may only look.</summary>
public sealed class DryRunTests
{
    [Fact]
    public async Task A_dry_run_says_what_it_would_do_and_does_nothing()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent("--Agent:DryRun=true");

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);

        JsonNode pending = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "PENDING"))!;
        Assert.Equal("DryRun", pending["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Contains("set 0000:02:00.0 sriov_numvfs to 4", pending["conditions"]![1]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("0", rig.NumVfs("0000:02:00.0"));
        Assert.Contains("    2  set 0000:02:00.0 sriov_numvfs to 4\n\n2 steps, none disturbs anything.", rig.Log, StringComparison.Ordinal);
    }
}
