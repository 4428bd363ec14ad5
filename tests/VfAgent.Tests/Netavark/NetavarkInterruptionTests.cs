using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Simulation;

namespace VfAgent.Tests.Netavark;

/// <summary>Plugins that fail or are killed, anywhere in what they do.</summary>
public sealed class NetavarkInterruptionTests : IDisposable
{
    private const string Mac = "02:00:00:00:00:aa";

    private static readonly PciAddress _vf0 = NetavarkRig.Vf0;

    private readonly NetavarkRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_start_that_fails_anywhere_is_undone()
    {
        string before = _rig[_vf0];
        JsonNode input = NetavarkRig.Input("web", (network, options) =>
        {
            network["options"]!["mtu"] = "9000";
            options["static_mac"] = Mac;
        });
        int calls = CallsOf(input);
        for (int number = 1; number <= calls; number++)
        {
            // A driver that takes the way forth and not the way back could not be undone by anybody: one call fails.
            int at = _rig.World.Writes + number;
            _rig.World.Faults = call => call.Number == at && !IsOnFiles(call) ? Fault.Fail(Errno.EIO) : Fault.None;
            (int exitCode, string output) = _rig.Run(input, "setup", "/run/netns/web");
            _rig.World.Faults = null;
            if (exitCode == 0)
            {
                _rig.Teardown("web", input);
                continue;
            }

            Assert.Contains("0000:02:10.0: ", output);
            Assert.Equal("", _rig.Inside("web"));
            AllIsAsBefore(before, number);
        }
    }

    [Fact]
    public void A_VF_that_was_made_anew_while_a_container_had_it_is_another_one()
    {
        _rig.Setup("web");
        _rig.MakeVfsAnew();
        string before = _rig[_vf0];

        _rig.Setup("db");
        Assert.Equal(NetavarkRig.IdOf("db"), _rig.LeaseOf(_vf0)?.Container);

        _rig.Teardown("web");
        Assert.StartsWith("away", _rig[_vf0], StringComparison.Ordinal);
        _rig.Teardown("db");
        AllIsAsBefore(before, 0);
    }

    [Fact]
    public void A_plugin_that_is_killed_anywhere_in_a_start_leaves_nothing_that_the_containers_end_does_not_undo() =>
        AfterAStartThatIsKilledAnywhere(input => _rig.Teardown("web", input));

    [Fact]
    public void Nor_does_it_keep_the_VF_from_the_next_container_when_that_end_never_comes() => AfterAStartThatIsKilledAnywhere(_ =>
    {
        _rig.World.Others.RemoveNamespace("web");
        _rig.World.Others.AddNamespace("web");

        _rig.Setup("db");
        Assert.Equal(NetavarkRig.IdOf("db"), _rig.LeaseOf(_vf0)?.Container);
        _rig.Teardown("db");
    });

    [Fact]
    public void A_plugin_that_is_killed_anywhere_in_an_end_can_be_asked_again()
    {
        string before = _rig[_vf0];
        JsonNode input = NetavarkRig.Input("web", (_, options) => options["static_mac"] = Mac);
        _rig.Setup("web", input);
        int start = _rig.World.Writes;
        _rig.Teardown("web", input);
        int calls = _rig.World.Writes - start;
        Assert.InRange(calls, 5, 50);
        for (int number = 1; number <= calls; number++)
        {
            _rig.Setup("web", input);
            Kill(number, () => _rig.Run(input, "teardown", "/run/netns/web"));

            _rig.Teardown("web", input);

            AllIsAsBefore(before, number);
        }
    }

    [Fact]
    public void A_lease_that_cannot_be_written_gives_no_VF()
    {
        string before = _rig[_vf0];
        foreach (CallKind kind in new[] { CallKind.WriteFile, CallKind.RenameFile, CallKind.SyncFile, CallKind.Lock, CallKind.ReadFile })
        {
            _rig.World.Faults = call => call.Kind == kind ? Fault.Fail(Errno.ENOSPC) : Fault.None;
            Assert.Contains("ENOSPC", _rig.Refusal("web"));
            _rig.World.Faults = null;
            Assert.Equal(before, _rig[_vf0]);
            Assert.Empty(_rig.Leases);
        }
    }

    // All is as before when that has come after it.
    private void AfterAStartThatIsKilledAnywhere(Action<JsonNode> then)
    {
        string before = _rig[_vf0];
        JsonNode input = NetavarkRig.Input("web", (_, options) => options["static_mac"] = Mac);
        int calls = CallsOf(input);
        for (int number = 1; number <= calls; number++)
        {
            Kill(number, () => _rig.Run(input, "setup", "/run/netns/web"));
            then(input);
            AllIsAsBefore(before, number);
        }
    }

    // How many calls a start takes that change something.
    private int CallsOf(JsonNode input)
    {
        int before = _rig.World.Writes;
        _rig.Setup("web", input);
        int calls = _rig.World.Writes - before;
        _rig.Teardown("web", input);
        Assert.InRange(calls, 8, 50);
        return calls;
    }

    private void Kill(int number, Action run)
    {
        int at = _rig.World.Writes + number;
        _rig.World.Faults = call => call.Number == at ? Fault.CrashAfter : Fault.None;
        try
        {
            run();
        }
        catch (SimulatedCrashException)
        {
        }

        _rig.World.Faults = null;
        _rig.World.Restart();
    }

    // After which call it was goes with it, for whoever reads that it is not so.
    private void AllIsAsBefore(string before, int number)
    {
        Assert.Equal($"{before} {number}", $"{_rig[_vf0]} {number}");
        Assert.Empty(_rig.Leases);
    }

    private static bool IsOnFiles(SimulatedCall call) =>
        call.Kind is CallKind.WriteFile or CallKind.SyncFile or CallKind.RenameFile or CallKind.DeleteFile or CallKind.CreateDirectory;
}
