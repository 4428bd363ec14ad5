using MQTTnet.Protocol;
using VfAgent.Mqtt;

namespace VfAgent.Tests.Mqtt;

public sealed class MqttSessionConnectTests : IAsyncLifetime
{
    private readonly Journal _journal = new();
    private readonly TestBroker _broker;
    private readonly TestAgent _agent;
    private readonly string _folder = Directory.CreateTempSubdirectory("vfagent-mqtt-").FullName;

    public MqttSessionConnectTests()
    {
        _broker = new TestBroker(_journal);
        _agent = new TestAgent(_journal, _broker.Port);
    }

    public async ValueTask InitializeAsync() => await _broker.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _broker.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_broker_without_retained_messages_is_refused()
    {
        _broker.OnConnAck = connAck => connAck.RetainAvailable = false;

        await EndsWithAsync("no retained messages");
    }

    [Fact]
    public async Task A_broker_that_rejects_the_retained_will_is_refused()
    {
        _broker.OnConnect = connection => connection.ReasonCode = MqttConnectReasonCode.RetainNotSupported;

        await EndsWithAsync("no retained messages");
    }

    [Fact]
    public async Task A_broker_with_QoS_0_only_is_refused()
    {
        _broker.OnConnAck = connAck => connAck.MaximumQoS = MqttQualityOfServiceLevel.AtMostOnce;

        await EndsWithAsync("QoS 0 only");
    }

    [Fact]
    public async Task A_broker_without_wildcard_subscriptions_is_refused()
    {
        _broker.OnConnAck = connAck => connAck.WildcardSubscriptionAvailable = false;

        await EndsWithAsync("no wildcard subscriptions");
    }

    [Fact]
    public async Task When_another_agent_takes_the_session_over_this_one_stops_for_good()
    {
        _agent.Start();
        await _journal.WaitForAsync("timer 2");
        await using TestAgent other = new(_journal, _broker.Port);
        other.Start();

        SessionEnd end = await _agent.EndAsync();
        Assert.True(end.Failed);
        Assert.Contains("\"vfagent-h1\"", end.Reason, StringComparison.Ordinal);
        Assert.Equal(2, _journal.Count("broker CONNECT vfagent-h1"));
    }

    [Fact]
    public async Task When_another_agent_takes_the_session_over_before_the_subscription_is_answered_this_one_stops_too()
    {
        using ManualResetEventSlim answer = new();
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _broker.OnSubscribe = _ =>
        {
            if (asked.TrySetResult())
                answer.Wait(TimeSpan.FromSeconds(20));
        };
        _agent.Start();
        await asked.Task;
        await using TestAgent other = new(_journal, _broker.Port);
        other.Start();

        SessionEnd end = await _agent.EndAsync();
        answer.Set();
        Assert.True(end.TakenOver, end.Reason);
        Assert.Equal(2, _journal.Count("broker CONNECT vfagent-h1"));
    }

    [Fact]
    public async Task When_the_broker_does_not_say_so_the_earlier_agent_finds_the_later_ones_birth_and_stops()
    {
        _broker.SaysWhyItCloses = false;
        _agent.SetBirth("earlier");
        _agent.Start();
        await _journal.WaitForAsync("timer 2");
        await using TestAgent later = new(_journal, _broker.Port, startsAt: 10);
        later.SetBirth("later");
        later.Start();
        await SeenAsync("later");
        await _agent.PassAsync(1);

        SessionEnd end = await _agent.EndAsync();
        Assert.True(end.Failed);
        Assert.Contains("\"vfagent-h1\"", end.Reason, StringComparison.Ordinal);

        // The later one was thrown out once, finds its own birth and stays.
        await later.PassAsync(1, times: 2);
        await SeenAsync("later", times: 2);
        Assert.Equal(["vfagent/v1/hosts/h1/status/agent=later"], await _broker.RetainedAsync());
        Assert.Equal(4, _journal.Count("broker CONNECT vfagent-h1"));
    }

    [Fact]
    public async Task A_birth_of_an_earlier_run_that_a_broker_brings_back_is_no_rival()
    {
        await using TestAgent later = new(_journal, _broker.Port, startsAt: 10);
        later.SetBirth("later");
        later.Start();
        await _journal.WaitForAsync("timer 2");
        _broker.SaysWhyItCloses = false;
        _agent.SetBirth("earlier");
        _agent.Start();
        await SeenAsync("earlier");
        await later.PassAsync(1);

        await SeenAsync("later", times: 2);
    }

    [Fact]
    public async Task Not_authorised_is_told_and_tried_again_slowly()
    {
        _broker.OnConnect = connection =>
        {
            connection.ReasonCode = MqttConnectReasonCode.NotAuthorized;
            connection.ReasonString = "ask Ann";
        };
        _agent.Start();
        await _journal.WaitForAsync("log ConnectRefused");
        Assert.Contains(_journal.Lines, line => line.Contains("NotAuthorized (0x87) ask Ann", StringComparison.Ordinal));
        _broker.OnConnect = _ => { };
        await _agent.PassAsync(60);

        await _journal.WaitForAsync("log Connected");
    }

    [Fact]
    public async Task The_brokers_shorter_keep_alive_is_obeyed()
    {
        _broker.OnConnAck = connAck => connAck.ServerKeepAlive = 10;
        _agent.Start();
        await _agent.PassAsync(5);

        await _journal.WaitForAsync("broker PINGREQ");
    }

    [Fact]
    public async Task The_password_is_read_at_every_connect_without_its_newline()
    {
        string file = Write("password", "wrong\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _broker.OnConnect = connection =>
        {
            if (connection.UserName != "agent" || connection.Password != "right\n")
                connection.ReasonCode = MqttConnectReasonCode.BadUserNameOrPassword;
        };
        await using TestAgent agent = new(_journal, _broker.Port, settings => settings with { UserName = "agent", PasswordFile = file });
        agent.Start();
        await _journal.WaitForAsync("log ConnectRefused");
        await File.WriteAllTextAsync(file, "right\n\n", TestContext.Current.CancellationToken);
        await agent.PassAsync(60);

        await _journal.WaitForAsync("log Connected");
        Assert.Equal(0, _journal.Count("log PasswordFileIsOpen"));
        Assert.DoesNotContain(_journal.Lines, line => line.Contains("right", StringComparison.Ordinal) || line.Contains("wrong", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_password_file_that_everybody_can_read_is_warned_of()
    {
        string file = Write("password", "secret");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        await using TestAgent agent = new(_journal, _broker.Port, settings => settings with { UserName = "agent", PasswordFile = file });
        agent.Start();

        await _journal.WaitForAsync("log PasswordFileIsOpen");
    }

    [Fact]
    public async Task A_file_that_is_missing_is_named_and_waited_for()
    {
        string file = Path.Combine(_folder, "password");
        await using TestAgent agent = new(_journal, _broker.Port, settings => settings with { UserName = "agent", PasswordFile = file });
        agent.Start();
        await _journal.WaitForAsync("log FileProblem");
        Assert.Contains(_journal.Lines, line => line.Contains($"Mqtt:PasswordFile {file}", StringComparison.Ordinal));
        Write("password", "secret");
        await agent.PassAsync(60);

        await _journal.WaitForAsync("log Connected");
    }

    private async Task SeenAsync(string birth, int times = 1) =>
        await _journal.WaitForAsync($"broker PUBLISH vfagent/v1/hosts/h1/status/agent={birth} retained", times);

    private async Task EndsWithAsync(string reason)
    {
        _agent.Start();
        SessionEnd end = await _agent.EndAsync();

        Assert.True(end.Failed);
        Assert.Contains(reason, end.Reason, StringComparison.Ordinal);
        Assert.Equal(1, _journal.Count("log SessionEnded"));
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
