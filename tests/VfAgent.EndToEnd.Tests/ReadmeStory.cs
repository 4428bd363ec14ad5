using System.Text.Json.Nodes;
using Google.Protobuf;
using VfAgent.EndToEnd.Tests.Brokers;
using VfAgent.EndToEnd.Tests.Hosts;
using VfAgent.Protocol.V1;

namespace VfAgent.EndToEnd.Tests;

/// <summary>README's quick start: its own command lines, run by the real mosquitto_pub and mosquitto_sub.</summary>
public sealed class ReadmeStory(SharedBroker shared)
{
    private readonly Mosquitto _broker = shared.Broker;

    [Fact]
    public async Task Readmes_commands_give_a_conflist_with_the_first_vf_and_their_removal_takes_all_of_it_away()
    {
        await using TestHost host = await TestHost.StartAsync(_broker, "igb:2", id: "h1");

        await _broker.ShellAsync(Readme("mosquitto_pub", "config/resources/eth3-vfs", "-m"));
        await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");
        await _broker.ShellAsync(Readme("mosquitto_pub", "config/networkattachments/f1-u", "-m"));
        JsonNode status = await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");

        JsonNode conflist = JsonNode.Parse(await ReadAsync(host.Conflist("f1-u")))!;
        Assert.Equal("f1-u", (string?)conflist["name"]);
        Assert.Equal("1.0.0", (string?)conflist["cniVersion"]);
        Assert.Equal("""{"type":"sriov","deviceID":"0000:02:10.0"}""", conflist["plugins"]![0]!.ToJsonString());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(host.Conflist("f1-u")));
        Assert.Equal(host.Conflist("f1-u"), (string?)status["conflist"]);

        string shown = await _broker.ShellAsync(Readme("mosquitto_sub", "json/status/#") + " -C 4 -W 10");
        Assert.Equal(2, shown.Split('\n').Count(line => line.Contains("IN_SYNC", StringComparison.Ordinal) && line.Contains("eth3-vfs", StringComparison.Ordinal)));

        await _broker.ShellAsync(Readme("mosquitto_pub", "config/networkattachments/f1-u", "-n"));
        await host.Controller.GoneAsync("networkattachments/f1-u");
        Assert.False(File.Exists(host.Conflist("f1-u")));
        await _broker.ShellAsync(Readme("mosquitto_pub", "config/resources/eth3-vfs", "-n"));
        await host.Controller.GoneAsync("resources/eth3-vfs");
        Assert.Empty(host.Written());
    }

    [Fact]
    public async Task Protobuf_bytes_from_a_file_do_the_same()
    {
        await using TestHost host = await TestHost.StartAsync(_broker, "igb:2");
        ResourceConfig resource = new() { Name = "eth3-vfs", NumVfs = 4, NicSelector = new NicSelector { PfNames = { "eth3" } } };
        NetworkAttachment attachment = NetworkAttachment.Parser.ParseJson(Payloads.Attachment);

        await PublishFileAsync(host, "resources/eth3-vfs", resource.ToByteArray());
        await PublishFileAsync(host, "networkattachments/f1-u", attachment.ToByteArray());
        await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");

        NetworkAttachmentStatus status = NetworkAttachmentStatus.Parser.ParseFrom(host.Controller.Newest("status/networkattachments/f1-u")!.Payload);
        Assert.Equal("0000:02:10.0", status.Device);
        Assert.Contains("0000:02:10.0", await ReadAsync(host.Conflist("f1-u")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_resource_status_is_vf_operators_with_what_was_read_back()
    {
        await using TestHost host = await TestHost.StartAsync(_broker, "igb:2");
        await host.Controller.ConfigureAsync("resources/eth3-vfs", Payloads.Resource);

        JsonNode status = await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");

        Assert.Equal("eth3-vfs", (string?)status["spec"]!["name"]);
        Assert.Equal("""["0000:02:00.0"]""", status["spec"]!["devices"]!.ToJsonString());
        JsonNode pf = Assert.Single(status["status"]!.AsArray())!;
        Assert.Equal(("eth3", 1500, 4, "8086", "igb", "0000:02:00.0"),
            ((string?)pf["name"], (int)pf["mtu"]!, (int)pf["numVfs"]!, (string?)pf["vendor"], (string?)pf["driver"], (string?)pf["device"]));
        Assert.Equal(["0000:02:10.0", "0000:02:10.2", "0000:02:10.4", "0000:02:10.6"], pf["vfs"]!.AsArray().Select(vf => (string?)vf!["device"]));
        Assert.All(pf["vfs"]!.AsArray(), vf => Assert.Equal("igbvf", (string?)vf!["driver"]));
    }

    [Fact]
    public async Task Vfio_and_vhost_net_give_cdi_specs_that_go_with_their_objects()
    {
        await using TestHost host = await TestHost.StartAsync(_broker, "igb:2");
        await host.Controller.ConfigureAsync("resources/dpdk",
            """{"name":"dpdk","needVhostNet":true,"numVfs":2,"nicSelector":{"devices":["0000:02:00.0"]},"deviceType":"vfio-pci"}""");
        await host.Controller.ConfigureAsync("networkattachments/n6", Payloads.AttachmentOf("n6", "dpdk"));

        JsonNode status = await host.Controller.PhaseAsync("networkattachments/n6", "IN_SYNC");

        Assert.Equal("vfagent.io/vfio=n6", (string?)status["cdiDevice"]);
        string written = host.Written();
        Assert.Contains("/dev/vfio/", written, StringComparison.Ordinal);
        Assert.Contains("/dev/vhost-net", written, StringComparison.Ordinal);

        await host.Controller.ConfigureAsync("networkattachments/n6", "");
        await host.Controller.GoneAsync("networkattachments/n6");
        await host.Controller.ConfigureAsync("resources/dpdk", "");
        await host.Controller.GoneAsync("resources/dpdk");
        Assert.Empty(host.Written());
    }

    private async Task PublishFileAsync(TestHost host, string topic, byte[] bytes)
    {
        string file = $"/tmp/{host.Id}";
        await _broker.CopyAsync(bytes, file);
        await _broker.ShellAsync($"mosquitto_pub -r -t vfagent/v1/hosts/{host.Id}/config/{topic} -f {file}");
    }

    private static Task<string> ReadAsync(string path) => File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);

    /// <summary>The one command line in README.md's code blocks that starts and goes on so; lines ending in \ are joined.</summary>
    private static string Readme(string command, params string[] parts) =>
        Assert.Single(
            File.ReadAllText(Path.Combine(Binary.Root, "README.md")).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'),
            line => line.StartsWith(command, StringComparison.Ordinal) && parts.All(part => line.Contains(part, StringComparison.Ordinal)));
}
