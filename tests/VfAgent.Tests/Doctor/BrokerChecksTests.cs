using System.Net;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using MQTTnet;
using MQTTnet.Protocol;
using VfAgent.Doctor;
using VfAgent.Mqtt;
using VfAgent.Protocol;
using VfAgent.Protocol.V1;
using VfAgent.Tests.Mqtt;

namespace VfAgent.Tests.Doctor;

public sealed class BrokerChecksTests : IAsyncDisposable
{
    private const string Config = "vfagent/v1/hosts/h1/config/#";
    private const string Probe = "vfagent/v1/hosts/h1/status/doctor";
    private const string AgentTopic = "vfagent/v1/hosts/h1/status/agent";

    private readonly Journal _journal = new();
    private readonly TestBroker _broker;

    public BrokerChecksTests() => _broker = new TestBroker(_journal);

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public async Task A_broker_that_does_what_the_agent_needs_is_well_and_left_as_it_was()
    {
        await _broker.StartAsync();

        IReadOnlyList<Finding> findings = await LookAsync();

        Assert.All(findings, finding => Assert.Equal(Verdict.Ok, finding.Verdict));
        Assert.Equal(["connect", "subscribe to config", "publish status", "publish status"], findings.Select(finding => finding.Title));
        Assert.Empty(await _broker.RetainedAsync());
        Assert.Empty(_journal.StartingWith("broker PUBLISH vfagent/v1/hosts/h1/config"));
        Assert.Contains($"broker SUBSCRIBE {Config} retain handling 2", _journal.Lines);
    }

    [Fact]
    public async Task The_agents_own_session_is_not_taken_over()
    {
        await _broker.StartAsync();

        await LookAsync();

        Assert.Matches("^broker CONNECT vfagent-h1-doctor-[0-9a-f]{6}$", Assert.Single(_journal.StartingWith("broker CONNECT")));
    }

    [Fact]
    public async Task Without_json_status_only_the_protobuf_topic_is_tried()
    {
        await _broker.StartAsync();

        Assert.Equal(3, (await LookAsync(jsonStatus: false)).Count);
    }

    [Fact]
    public async Task Nobody_listening_is_refused() =>
        (await LookAsync()).Of("connect").Is(Verdict.Failure, "connection refused", "start the broker");

    [Fact]
    public async Task A_name_that_is_not_known_is_told() =>
        (await LookAsync(settings => settings with { Server = settings.Server with { Host = "no-such-host.invalid" } }))
            .Of("connect").Is(Verdict.Failure, "the name no-such-host.invalid is not known", "/etc/hosts");

    [Fact]
    public async Task A_port_that_never_answers_is_given_up()
    {
        FakeTimeProvider time = new();
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        int port = ((IPEndPoint)silent.LocalEndpoint).Port;

        Task<IReadOnlyList<Finding>> looking = LookAsync(settings => settings with { Server = settings.Server with { Port = port } }, time: time);
        using TcpClient accepted = await silent.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(8));

        (await looking).Of("connect").Is(Verdict.Failure, "no answer within 8 s", "firewall");
    }

    [Fact]
    public async Task Something_else_than_a_broker_is_told()
    {
        using TcpListener web = new(IPAddress.Loopback, 0);
        web.Start();
        int port = ((IPEndPoint)web.LocalEndpoint).Port;

        Task<IReadOnlyList<Finding>> looking = LookAsync(settings => settings with { Server = settings.Server with { Port = port } });
        using TcpClient accepted = await web.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        string page = "HTTP/1.1 400 Bad Request\r\n\r\n".PadRight(200);
        await accepted.GetStream().WriteAsync(Encoding.ASCII.GetBytes(page), TestContext.Current.CancellationToken);

        (await looking).Of("connect").Is(Verdict.Failure, "no MQTT 5 broker", "host and port");
    }

    [Theory]
    [InlineData(MqttConnectReasonCode.BadUserNameOrPassword, "BadUserNameOrPassword (0x86)", "Mqtt:UserName (u)")]
    [InlineData(MqttConnectReasonCode.NotAuthorized, "NotAuthorized (0x87)", "Mqtt:UserName (u)")]
    [InlineData(MqttConnectReasonCode.ClientIdentifierNotValid, "ClientIdentifierNotValid (0x85)", "vfagent-h1 (the agent's)")]
    [InlineData(MqttConnectReasonCode.ServerBusy, "ServerBusy (0x89)", "look again later")]
    public async Task A_refused_connect_gives_the_brokers_reason(MqttConnectReasonCode code, string found, string remedy)
    {
        _broker.OnConnect = connection => connection.ReasonCode = code;
        await _broker.StartAsync();

        (await LookAsync(settings => settings with { UserName = "u" })).Of("connect").Is(Verdict.Failure, found, remedy);
    }

    [Fact]
    public async Task A_broker_that_takes_nobody_without_a_name_asks_for_one()
    {
        _broker.OnConnect = connection => connection.ReasonCode = MqttConnectReasonCode.NotAuthorized;
        await _broker.StartAsync();

        (await LookAsync()).Of("connect").Is(Verdict.Failure, "NotAuthorized", "set Mqtt:UserName and Mqtt:PasswordFile");
    }

    [Fact]
    public async Task A_broker_without_retained_messages_fails()
    {
        _broker.OnConnAck = connack => connack.RetainAvailable = false;
        await _broker.StartAsync();

        (await LookAsync()).Of("connect").Is(Verdict.Failure, "no retained messages", "retain_available true");
    }

    [Fact]
    public async Task A_broker_that_only_has_qos_0_fails()
    {
        _broker.OnConnAck = connack => connack.MaximumQoS = MqttQualityOfServiceLevel.AtMostOnce;
        await _broker.StartAsync();

        (await LookAsync()).Of("connect").Is(Verdict.Failure, "QoS 0 only", "max_qos 1");
    }

    [Fact]
    public async Task Small_packets_are_a_warning()
    {
        _broker.OnConnAck = connack => connack.MaximumPacketSize = 2000;
        await _broker.StartAsync();

        (await LookAsync()).Of("packet size").Is(Verdict.Warning, "2000 bytes at most", "max_packet_size");
    }

    [Fact]
    public async Task A_config_subscription_that_is_not_allowed_gives_the_suback()
    {
        _broker.OnSubscribe = subscription =>
        {
            if (subscription.TopicFilter.Topic == Config)
                subscription.Response.ReasonCode = MqttSubscribeReasonCode.NotAuthorized;
        };
        await _broker.StartAsync();

        (await LookAsync()).Of("subscribe to config").Is(Verdict.Failure, $"{Config}: NotAuthorized (SUBACK 0x87)", $"subscribe to {Config}");
    }

    [Fact]
    public async Task A_status_that_may_not_be_published_gives_the_puback()
    {
        _broker.OnPublish = publish =>
        {
            publish.ProcessPublish = false;
            publish.Response.ReasonCode = MqttPubAckReasonCode.NotAuthorized;
        };
        await _broker.StartAsync();

        IReadOnlyList<Finding> findings = await LookAsync();

        findings.Of("publish status").Is(Verdict.Failure, $"{Probe}: NotAuthorized (PUBACK 0x87)", "the agent's vfagent-h1");
        Assert.Equal(3, findings.Count);
    }

    [Fact]
    public async Task A_broker_that_takes_retained_messages_and_forgets_them_fails()
    {
        JournalTime time = new(_journal);
        _broker.OnPublish = publish => publish.ApplicationMessage.Retain = false;
        await _broker.StartAsync();

        Task<IReadOnlyList<Finding>> looking = LookAsync(time: time);
        // CONNECT, two SUBSCRIBEs, PUBLISH, SUBSCRIBE, and the wait for what does not come.
        await _journal.WaitForAsync("timer 8", times: 6);
        time.Advance(TimeSpan.FromSeconds(8));

        (await looking).Of("retained messages").Is(Verdict.Failure, "did not give it back", "retained messages on");
    }

    [Fact]
    public async Task What_was_published_is_cleared_over_another_connection_when_the_first_is_cut()
    {
        _broker.OnSubscribe = subscription =>
        {
            // When the probe is at the broker and its own connection is about to ask for it.
            if (subscription.TopicFilter.Topic == Probe)
                _ = _broker.DisconnectAsync(subscription.ClientId, MqttDisconnectReasonCode.AdministrativeAction);
        };
        await _broker.StartAsync();

        IReadOnlyList<Finding> findings = await LookAsync();

        findings.Of("connection").Is(Verdict.Failure, "lost while topics were tried");
        Assert.Empty(await _broker.RetainedAsync());
        Assert.Equal(2, _journal.StartingWith("broker CONNECT").Count);
    }

    [Fact]
    public async Task What_was_published_is_cleared_when_the_check_is_stopped()
    {
        using CancellationTokenSource stop = new();
        _broker.OnSubscribe = subscription =>
        {
            if (subscription.TopicFilter.Topic == Probe)
                stop.Cancel();
        };
        await _broker.StartAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LookAsync(stop: stop.Token));

        Assert.Equal(2, _journal.StartingWith($"broker PUBLISH {Probe}").Count);
        Assert.Empty(await _broker.RetainedAsync());
    }

    [Theory]
    [InlineData("boot-1", AgentStatus.Types.State.Online, false)]
    [InlineData("boot-2", AgentStatus.Types.State.Online, true)]
    [InlineData("boot-2", AgentStatus.Types.State.Offline, false)]
    public async Task An_agent_of_the_same_id_on_another_machine_is_a_warning(string bootId, AgentStatus.Types.State state, bool warned)
    {
        await _broker.StartAsync();
        await _broker.PublishAsync(AgentTopic, new AgentStatus { State = state, HostId = "h1", BootId = bootId }.ToByteArray());

        IReadOnlyList<Finding> findings = await LookAsync();

        Assert.Equal(warned, findings.Any(finding => finding is { Title: "Agent:HostId", Verdict: Verdict.Warning }));
    }

    [Fact]
    public async Task A_status_that_is_no_status_is_nobody()
    {
        await _broker.StartAsync();
        await _broker.PublishAsync(AgentTopic, "no protobuf");

        Assert.All(await LookAsync(), finding => Assert.Equal(Verdict.Ok, finding.Verdict));
    }

    [Fact]
    public async Task A_password_file_that_is_not_there_is_named()
    {
        IReadOnlyList<Finding> findings = await LookAsync(settings => settings with { UserName = "u", PasswordFile = "/nonexistent/password" });

        Assert.Single(findings).Is(Verdict.Failure, "Mqtt:PasswordFile /nonexistent/password", "setting that names it");
    }

    [Fact]
    public async Task A_password_that_everybody_may_read_is_a_warning_and_is_never_shown()
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "top-secret", TestContext.Current.CancellationToken);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
            await _broker.StartAsync();

            IReadOnlyList<Finding> findings = await LookAsync(settings => settings with { UserName = "u", PasswordFile = file });

            findings.Of("files").Is(Verdict.Warning, "read or written by every user", $"chmod 600 {file}");
            Assert.DoesNotContain(findings, finding => finding.ToString().Contains("top-secret", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private Task<IReadOnlyList<Finding>> LookAsync(
        Func<ConnectionSettings, ConnectionSettings>? change = null, bool jsonStatus = true, TimeProvider? time = null, CancellationToken? stop = null)
    {
        ConnectionSettings settings = new(new ServerAddress("mqtt", "127.0.0.1", _broker.Port, ""), "vfagent-h1");
        BrokerChecks checks = new(
            change?.Invoke(settings) ?? settings, new Topics("vfagent/v1", "h1"), jsonStatus, "boot-1",
            () => new MqttClientFactory().CreateMqttClient(), time ?? TimeProvider.System);
        return checks.RunAsync(stop ?? TestContext.Current.CancellationToken);
    }
}
