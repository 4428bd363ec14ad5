using System.Text.Json.Nodes;

namespace VfAgent.Tests.Stories;

/// <summary>A host whose podman has netavark.</summary>
public sealed class PodmanNetworkTests
{
    private const string Folder = "/etc/containers/networks";
    private const string Netavark = "/usr/lib/podman/netavark";
    private const string Chosen = "/var/lib/containers/storage/defaultNetworkBackend";
    private const string Foreign = """{"name":"f1-u","driver":"bridge"}""";
    private const string Pool = """{"name":"pool","resourceName":"eth3-vfs","allocation":"DYNAMIC","config":{"type":"sriov"}}""";
    private const string Attachment = "networkattachments/f1-u";

    [Fact]
    public async Task Where_netavark_is_installed_an_attachment_becomes_a_podman_network_and_no_conflist()
    {
        await using HostRig rig = await InSyncAsync();

        JsonNode status = (await rig.Board.WaitForPhaseAsync(Attachment, "IN_SYNC"))!;
        Assert.Equal($"{Folder}/f1-u.json", (string?)status["podmanNetwork"]);
        Assert.Equal("", (string?)status["conflist"]);
        Assert.Equal("0000:02:10.0", (string?)status["device"]);
        Assert.Equal("0000:02:10.0", Vfs(rig, "f1-u"));
        Assert.Null(rig.Conflist("f1-u"));
    }

    [Fact]
    public async Task A_network_that_somebody_removes_or_edits_is_written_again_at_once()
    {
        await using HostRig rig = await InSyncAsync();
        string before = Text(rig, "f1-u")!;

        rig.World.Disk.Remove($"{Folder}/f1-u.json");
        await rig.Board.WaitForAsync(Attachment, _ => Text(rig, "f1-u") == before);

        rig.World.Disk.Put($"{Folder}/f1-u.json", before.Replace("0000:02:10.0", "0000:02:10.6", StringComparison.Ordinal));
        await rig.Board.WaitForAsync(Attachment, _ => Text(rig, "f1-u") == before);
    }

    [Fact]
    public async Task A_network_of_somebody_else_is_left_alone_and_ours_is_written_when_it_is_gone()
    {
        await using HostRig rig = await CreateAsync();
        rig.World.Disk.Put($"{Folder}/f1-u.json", Foreign);
        rig.StartAgent();
        await PublishAsync(rig);

        JsonNode status = (await rig.Board.WaitForPhaseAsync(Attachment, "REJECTED"))!;
        Assert.Equal("NameTaken", (string?)status["conditions"]!.AsArray().Single(condition => (string?)condition!["type"] == "InSync")!["reason"]);
        Assert.Equal(Foreign, Text(rig, "f1-u"));

        rig.World.Disk.Remove($"{Folder}/f1-u.json");
        await rig.Board.WaitForPhaseAsync(Attachment, "IN_SYNC");
        Assert.Equal("0000:02:10.0", Vfs(rig, "f1-u"));
    }

    [Fact]
    public async Task A_network_that_somebody_puts_in_the_place_of_ours_is_theirs_also_when_the_attachment_goes()
    {
        await using HostRig rig = await InSyncAsync();

        rig.World.Disk.Put($"{Folder}/f1-u.json", Foreign);
        await rig.Board.WaitForPhaseAsync(Attachment, "REJECTED");
        await rig.PublishAsync(Payloads.AttachmentTopic, "");

        await rig.Board.WaitForAsync("agent", agent => agent?["counts"]?["networkattachments"]?.GetValue<int>() == 0);
        await rig.Board.WaitForAsync(Attachment, status => status is null);
        Assert.Equal(Foreign, Text(rig, "f1-u"));
    }

    // Between the look at the folder and the write there is time for somebody.
    [Fact]
    public async Task A_network_that_somebody_makes_at_the_very_moment_is_not_written_over()
    {
        await using HostRig rig = await CreateAsync();
        rig.World.Faults = call =>
        {
            if (call.Path.StartsWith("/var/lib/vfagent/ledger/attachments", StringComparison.Ordinal))
                rig.World.Disk.Put($"{Folder}/f1-u.json", Foreign);
            return VfAgent.Simulation.Fault.None;
        };
        rig.StartAgent();
        await PublishAsync(rig);

        await rig.Board.WaitForPhaseAsync(Attachment, "REJECTED");
        Assert.Equal(Foreign, Text(rig, "f1-u"));
    }

    [Fact]
    public async Task A_pool_hands_out_what_the_networks_with_a_vf_of_their_own_leave()
    {
        await using HostRig rig = await CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync("config/networkattachments/pool", Pool);
        await rig.Board.WaitForAsync("networkattachments/pool", status => Devices(status).Length == 4);

        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
        await rig.Board.WaitForPhaseAsync(Attachment, "IN_SYNC");
        JsonNode? pool = await rig.Board.WaitForAsync("networkattachments/pool", status => Devices(status).Length == 3);

        Assert.Equal(["0000:02:10.2", "0000:02:10.4", "0000:02:10.6"], Devices(pool));
        Assert.Equal(("0000:02:10.0", "0000:02:10.2 0000:02:10.4 0000:02:10.6"), (Vfs(rig, "f1-u"), Vfs(rig, "pool")));

        await rig.PublishAsync(Payloads.AttachmentTopic, "");
        await rig.Board.WaitForAsync("networkattachments/pool", status => Devices(status).Length == 4);
    }

    [Fact]
    public async Task When_podman_turns_to_netavark_the_networks_follow()
    {
        await using HostRig rig = await CreateAsync();
        rig.World.Disk.Put(Chosen, "cni");
        rig.StartAgent("--Agent:ResyncInterval=00:00:10");
        await PublishAsync(rig);
        await rig.Board.WaitForPhaseAsync(Attachment, "IN_SYNC");
        Assert.Equal("0000:02:10.0", rig.Device("f1-u"));

        rig.World.Disk.Put(Chosen, "netavark");

        await rig.Board.WaitForAsync(Attachment, _ => Vfs(rig, "f1-u") == "0000:02:10.0" && rig.Conflist("f1-u") is null);
    }

    private static async Task<HostRig> CreateAsync()
    {
        HostRig rig = await HostRig.CreateAsync();
        rig.World.Disk.Put(Netavark, "");
        return rig;
    }

    private static async Task<HostRig> InSyncAsync()
    {
        HostRig rig = await CreateAsync();
        rig.StartAgent();
        await PublishAsync(rig);
        await rig.Board.WaitForPhaseAsync(Attachment, "IN_SYNC");
        return rig;
    }

    private static async Task PublishAsync(HostRig rig)
    {
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
    }

    private static string? Text(HostRig rig, string network) => rig.World.Disk.Look($"{Folder}/{network}.json")?.Text;

    private static string? Vfs(HostRig rig, string network) =>
        Text(rig, network) is { Length: > 0 } text ? (string?)JsonNode.Parse(text)!["options"]?["vfagent.vfs"] : null;

    private static string[] Devices(JsonNode? status) => [.. status?["devices"]?.AsArray().Select(device => (string)device!) ?? []];
}
