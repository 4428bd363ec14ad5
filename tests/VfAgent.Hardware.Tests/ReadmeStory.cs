using System.Text.Json.Nodes;
using VfAgent.EndToEnd.Tests;
using VfAgent.Hardware.Tests.Machines;

namespace VfAgent.Hardware.Tests;

/// <summary>README's story, on NICs that are there.</summary>
public sealed class ReadmeStory(SharedMachine shared)
{
    [Fact]
    public async Task Vf_operators_example_gives_a_container_one_of_four_vfs()
    {
        await using Host host = await Host.StartAsync(shared.Machine);

        await host.PublishAsync("resources/eth3-vfs", Payloads.Resource);
        JsonNode status = await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");
        TestContext.Current.TestOutputHelper!.WriteLine(status.ToJsonString());
        TestContext.Current.TestOutputHelper!.WriteLine(await host.RunAsync("ip -j -d link | jq .; ls -l /sys/bus/pci/devices/0000:02:00.0"));
    }
}
