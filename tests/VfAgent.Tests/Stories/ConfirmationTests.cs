using Microsoft.Extensions.Time.Testing;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>Changes of the NIC that the host is managed over.</summary>
public sealed class ConfirmationTests
{
    private const string Eth3 = "0000:02:00.0";
    private const string Resource = """{"name":"eth3-vfs","numVfs":4,"nicSelector":{"pfNames":["eth3"]},"allowManagementNic":true}""";

    // The same wish anew.
    private const string Again = """{"name":"eth3-vfs","numVfs":4,"nicSelector":{"pfNames":["eth3"]},"allowManagementNic":true,"generation":2}""";

    [Fact]
    public async Task A_change_that_cuts_the_host_off_from_the_broker_is_undone_and_not_made_again_until_it_is_asked_for_anew()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using HostRig rig = await HostRig.CreateAsync(time: time);
        rig.World.Kernel.SetDefaultRoute("eth3");
        rig.StartAgent();
        Task? cut = null;
        rig.World.Faults = call =>
        {
            if (call is { Kind: CallKind.Write, Value: "4" } && call.Path.EndsWith("sriov_numvfs", StringComparison.Ordinal))
                cut ??= Task.Run(rig.Broker.StopAsync);
            return Fault.None;
        };

        await rig.PublishAsync(Payloads.ResourceTopic, Resource);

        await rig.Board.WaitForAsync("discovery", _ => rig.NumVfs(Eth3) == "4");
        await cut!;
        time.Advance(TimeSpan.FromMinutes(1));
        await rig.Board.WaitForAsync("discovery", _ => rig.NumVfs(Eth3) == "0");
        await rig.Broker.StartAsync();
        await rig.Board.WaitForAsync("resources/eth3-vfs", status =>
            (string?)status?["conditions"]?[1]?["reason"] == "NotConfirmed" &&
            ((string)status["conditions"]![1]!["message"]!).Contains("as it was before: 0 VFs", StringComparison.Ordinal));

        DateTimeOffset tomorrow = time.GetUtcNow().AddDays(1);
        time.Advance(TimeSpan.FromDays(1));
        await rig.Board.WaitForAsync("discovery", _ => time.GetUtcNow() > tomorrow.AddSeconds(10));
        Assert.Equal("0", rig.NumVfs(Eth3));

        await rig.PublishAsync(Payloads.ResourceTopic, Again);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        Assert.Equal("4", rig.NumVfs(Eth3));
    }
}
