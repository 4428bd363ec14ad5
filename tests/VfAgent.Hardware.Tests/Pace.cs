using System.Globalization;
using System.Text.Json.Nodes;
using VfAgent.Hardware.Tests.Machines;

namespace VfAgent.Hardware.Tests;

/// <summary>How long the agent takes, measured against the least that it can take: what the kernel needs for the same VFs.</summary>
public sealed class Pace(SharedMachine shared)
{
    private const int Rounds = 5;
    private const double MostOverhead = 1.25;

    private static readonly string _both =
        $$"""{"resourceConfigs":[{{Payloads.All("first", "eth2")}},{{Payloads.All("second", "eth3")}}]}""";

    [Fact]
    public async Task Seven_vfs_on_two_nics_take_at_most_a_quarter_longer_than_a_bare_shell_loop()
    {
        await using Host host = await Host.StartAsync(shared.Machine);
        Comparison comparison = new("agent");
        for (int round = 0; round < Rounds; round++)
        {
            double shell = Seconds(await host.RunAsync(Shell));
            comparison.Add(await AgentAsync(host), shell);
        }

        await comparison.HoldsAsync("14 VFs on two NICs", "the agent", MostOverhead);
    }

    private const string TakeAway = """
        for pf in 01 02; do echo 0 >/sys/bus/pci/devices/0000:$pf:00.0/sriov_numvfs; done
        udevadm settle
        """;

    private const string AllAreThere = "[ \"$(ls -d /sys/bus/pci/devices/0000:0[12]:1?.?/net/* 2>/dev/null | wc -l)\" = 14 ]";

    // From the first write until the last netdev is there.
    private const string Shell = $$"""
        start=$EPOCHREALTIME
        for pf in 01 02; do echo 7 >/sys/bus/pci/devices/0000:$pf:00.0/sriov_numvfs; done
        until {{AllAreThere}}; do :; done
        echo "$start $EPOCHREALTIME"
        udevadm settle
        {{TakeAway}}
        """;

    // From the config message until the second resource says IN_SYNC, both by the clock of one observer beside the broker.
    private static async Task<double> AgentAsync(Host host)
    {
        await host.RunAsync($$"""
            rm -f /tmp/seen
            setsid mosquitto_sub -t '{{host.Topics}}/#' -F '%U %t %p' >/tmp/seen 3>&- &
            eventually test -s /tmp/seen
            """);
        await host.PublishAsync("", _both);
        await host.Controller.PhaseAsync("resources/first", "IN_SYNC");
        await host.Controller.PhaseAsync("resources/second", "IN_SYNC");
        string[] seen = (await host.RunAsync("pkill -x mosquitto_sub; cat /tmp/seen")).Split('\n');
        await host.PublishAsync("", "{}");
        await host.Controller.GoneAsync("resources/first");
        await host.Controller.GoneAsync("resources/second");
        await host.RunAsync(TakeAway);

        double start = TimeOf(line => line.Contains("resourceConfigs", StringComparison.Ordinal));
        return new[] { "first", "second" }.Max(name => TimeOf(line => line.Contains($"json/status/resources/{name} ", StringComparison.Ordinal)
            && (string?)JsonNode.Parse(line[line.IndexOf('{', StringComparison.Ordinal)..])!["phase"] == "IN_SYNC")) - start;

        double TimeOf(Func<string, bool> isIt) => double.Parse(seen.First(isIt).Split(' ')[0], CultureInfo.InvariantCulture);
    }

    private static double Seconds(string times)
    {
        double[] startAndEnd = [.. times.Trim().Split(' ').Select(time => double.Parse(time, CultureInfo.InvariantCulture))];
        return startAndEnd[1] - startAndEnd[0];
    }
}
