using System.Text.Json.Nodes;

namespace VfAgent.Tests.Stories;

/// <summary>Selectors that mean more or other NICs than their author thought.</summary>
public sealed class SelectionTests
{
    [Fact]
    public async Task A_selector_that_matches_more_than_expected_takes_no_further_nic_until_it_is_corrected()
    {
        await using HostRig rig = await HostRig.CreateAsync("igb:3");
        rig.StartAgent();
        await PublishAsync(rig, """ "drivers":["igb"] """);

        JsonNode status = (await rig.Board.WaitForPhaseAsync("resources/r", "DEGRADED"))!;
        Assert.Equal("TooManyNics", status["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Equal(
            "2 NICs are expected, and the selector matches 3: 0000:01:00.0 (eth2), 0000:02:00.0 (eth3), 0000:03:00.0 (eth4)",
            status["conditions"]![1]!["message"]!.GetValue<string>());
        Assert.Equal("0 0 0", NumVfs(rig));

        await PublishAsync(rig, """ "drivers":["igb"],"exclude":{"macs":["00:00:00:01:03:01"]} """);
        await rig.Board.WaitForPhaseAsync("resources/r", "IN_SYNC");
        Assert.Equal("2 0 2", NumVfs(rig));

        await PublishAsync(rig, """ "deviceIds":["10C9"],"pfNames":["eth2"] """);
        status = (await rig.Board.WaitForPhaseAsync("resources/r", "PENDING"))!;
        Assert.Equal("2 NICs are expected, and the selector matches 1: 0000:01:00.0 (eth2)", status["conditions"]![1]!["message"]!.GetValue<string>());
    }

    private static string NumVfs(HostRig rig) => string.Join(' ', ((string[])["0000:01:00.0", "0000:02:00.0", "0000:03:00.0"]).Select(rig.NumVfs));

    private static Task PublishAsync(HostRig rig, string selector) =>
        rig.PublishAsync("config/resources/r", $$"""{"name":"r","nicSelector":{ {{selector}} },"numVfs":2,"expectMatches":2}""");
}
