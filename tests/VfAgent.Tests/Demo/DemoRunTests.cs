using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using MQTTnet;
using MQTTnet.Formatter;
using VfAgent.Demo;

namespace VfAgent.Tests.Demo;

public sealed partial class DemoRunTests : IDisposable
{
    // A machine that is busy with other tests needs longer than a newcomer's.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly WatchedWriter _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public async Task The_story_is_told_to_its_end_and_leaves_no_file_behind()
    {
        await TellAsync();

        string story = _output.ToString();
        Match conflist = ConflistPath().Match(story);
        Assert.True(conflist.Success, story);
        Assert.False(Directory.Exists(conflist.Groups["folder"].Value));
        foreach (string vf in (string[])["0000:02:10.0", "0000:02:10.2", "0000:02:10.4", "0000:02:10.6"])
            Assert.Contains($"{vf}  eth", Part(story, "The operator asks", "A network for"));

        Assert.Contains("\"deviceID\": \"0000:02:10.0\"", Part(story, "A network for", "A dashboard"));
        Assert.Contains("""{"phase":"IN_SYNC","resourceName":"eth3-vfs","device":"0000:02:10.0"}""", Part(story, "A dashboard", "A mistake"));
        string mistake = Part(story, "A mistake", "Somebody meddles");
        Assert.Contains("config.cniVersion: \"1.0\"", mistake);
        Assert.Contains("config.plugins[1].type: is missing", mistake);
        Assert.Contains("\"vlan\":100,\"deviceID\":\"0000:02:10.0\"", mistake);
        string drift = Part(story, "Somebody meddles", "The agent stops");
        Assert.Contains("set 0000:02:00.0 sriov_numvfs to 4", drift);
        Assert.Contains("resources/eth3-vfs is IN_SYNC", drift);
        Assert.Contains("networkattachments/f1-u is IN_SYNC", drift);
        Assert.Matches(@"0000:02:10\.0  eth\d.*  f1-u", drift);
        Assert.Contains("OFFLINE", story);
    }

    [Fact]
    public async Task README_shows_a_chapter_as_it_is_told()
    {
        await TellAsync();

        string readme = await Readme.ReadAsync();
        Match shown = ShownChapter().Match(readme);
        Assert.True(shown.Success, readme);
        Assert.Contains(shown.Groups["told"].Value, _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_line_is_wider_than_a_hundred_columns()
    {
        await TellAsync();

        Assert.All(_output.ToString().Split('\n'), line => Assert.InRange(line.Length, 0, 100));
    }

    [Fact]
    public async Task It_runs_on_takes_messages_of_clients_without_a_name_and_ends_well_when_stopped()
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task<int> running = RunAsync(new DemoOptions { Patience = _patience }, stop.Token);
        await WaitForAsync("demo/events:", running);
        using IMqttClient client = await ConnectAsync("", MqttProtocolVersion.V311);
        await client.PublishStringAsync(
            "vfagent/v1/hosts/demo/config/networkattachments/g1-u",
            """{"name":"g1-u","resourceName":"eth3-vfs","config":{"type":"sriov"}}""",
            retain: true,
            cancellationToken: stop.Token);
        await WaitForAsync("networkattachments/g1-u  PhaseChanged    IN_SYNC", running);

        await stop.CancelAsync();
        Assert.Equal(0, await running);
        Assert.Contains("OFFLINE", _output.ToString());
    }

    [Fact]
    public async Task An_agent_that_ends_ends_the_demo_and_its_reason_is_told()
    {
        Task<int> running = RunAsync(new DemoOptions { Patience = _patience });
        await WaitForAsync("demo/events:", running);
        using IMqttClient impostor = await ConnectAsync("vfagent-demo", MqttProtocolVersion.V500);

        Assert.Equal(1, await running);
        Assert.Contains("The demo breaks off: the agent has ended: ", _output.ToString());
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told_and_fails()
    {
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;

        Assert.Equal(1, await RunAsync(new DemoOptions(Once: true, Port: port)));
        Assert.Contains($"The demo breaks off: the broker cannot listen on port {port} of 127.0.0.1: ", _output.ToString());
    }

    [Fact]
    public async Task What_does_not_come_in_time_is_told_and_fails()
    {
        Assert.Equal(1, await RunAsync(new DemoOptions(Once: true) { Patience = TimeSpan.Zero }));
        Assert.Contains("The demo breaks off: waited 0 s for the agent to report in", _output.ToString());
    }

    [Fact]
    public async Task Stopped_in_the_middle_of_the_story_it_fails()
    {
        using CancellationTokenSource stop = new();
        _output.OnText("A host comes online", stop.Cancel);

        Assert.Equal(1, await RunAsync(new DemoOptions(Once: true) { Patience = _patience }, stop.Token));
        Assert.EndsWith("Stopped before the end of the story.", _output.ToString().TrimEnd());
    }

    private async Task TellAsync()
    {
        int exitCode = await RunAsync(new DemoOptions(Once: true) { Patience = _patience });
        Assert.True(exitCode == 0, _output.ToString());
    }

    private Task<int> RunAsync(DemoOptions options, CancellationToken? stop = null) =>
        DemoRun.RunAsync(options, new Story(_output, colours: false), NullLoggerFactory.Instance, stop ?? TestContext.Current.CancellationToken);

    private async Task WaitForAsync(string text, Task running)
    {
        await Task.WhenAny(_output.WaitForAsync(text), running);
        Assert.Contains(text, _output.ToString());
    }

    private async Task<IMqttClient> ConnectAsync(string clientId, MqttProtocolVersion version)
    {
        int port = int.Parse(BrokerAddress().Match(_output.ToString()).Groups["port"].Value);
        IMqttClient client = new MqttClientFactory().CreateMqttClient();
        MqttClientConnectResult result = await client.ConnectAsync(
            new MqttClientOptions
            {
                ClientId = clientId,
                ProtocolVersion = version,
                ChannelOptions = new MqttClientTcpOptions { RemoteEndpoint = new IPEndPoint(IPAddress.Loopback, port) },
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(MqttClientConnectResultCode.Success, result.ResultCode);
        return client;
    }

    private static string Part(string story, string from, string to) =>
        story[story.IndexOf(from, StringComparison.Ordinal)..story.IndexOf(to, StringComparison.Ordinal)];

    // Up to the times, which are others on every machine.
    [GeneratedRegex(@"```\n(?<told>\d  [^`]*?)     AFTER", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ShownChapter();

    [GeneratedRegex(@"(?<folder>/\S+/vfagent-demo-\w+)/cni/vfagent-f1-u\.conflist", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ConflistPath();

    [GeneratedRegex(@"mqtt://127\.0\.0\.1:(?<port>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BrokerAddress();
}
