using System.Text;
using VfAgent.Mqtt;

namespace VfAgent.Tests.Mqtt;

/// <summary>A session with handlers that write down what they get.</summary>
internal sealed class TestAgent : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Journal _journal;
    private Task<SessionEnd>? _running;

    public TestAgent(Journal journal, int port, Func<ConnectionSettings, ConnectionSettings>? connection = null, double startsAt = 0)
    {
        _journal = journal;
        Time = new JournalTime(journal);
        Time.Advance(TimeSpan.FromSeconds(startsAt));
        ConnectionSettings settings = new(new ServerAddress("mqtt", "127.0.0.1", port, ""), "vfagent-h1");
        OutboundMessage will = Message("vfagent/v1/hosts/h1/status/agent", "OFFLINE");
        Session = new MqttSession(
            new MqttSessionOptions
            {
                Connection = connection is null ? settings : connection(settings),
                Will = will,
                Farewell = [will, Message("vfagent/v1/hosts/h1/json/status/agent", "{OFFLINE}")],
                BirthTopics = ["vfagent/v1/hosts/h1/status/agent", "vfagent/v1/hosts/h1/json/status/agent"],
                Filters = ["vfagent/v1/hosts/h1/config/#"],
                StatusPrefixes = ["vfagent/v1/hosts/h1/status/", "vfagent/v1/hosts/h1/json/status/"],
            },
            OnMessageAsync,
            OnSettled,
            WiredClient.Create,
            Time,
            new Longest(),
            new JournalLogger<MqttSession>(journal));
    }

    public JournalTime Time { get; }

    public MqttSession Session { get; }

    /// <summary>What the handler does with a message after it has been written down.</summary>
    public Func<MqttMessage, Task> Handle { get; set; } = _ => Task.CompletedTask;

    public static string Config(string name) => $"vfagent/v1/hosts/h1/config/resources/{name}";

    public static string Status(string name) => $"vfagent/v1/hosts/h1/status/resources/{name}";

    public void Start() => _running = Session.RunAsync(_stop.Token);

    public void SetBirth(string text = "ONLINE") => Session.Retained.Set(Message("vfagent/v1/hosts/h1/status/agent", text));

    public void SetStatus(string name, string text) => Session.Retained.Set(Message(Status(name), text));

    /// <summary>Lets the clock stand at the end of a wait that the session has begun.</summary>
    public async Task PassAsync(double seconds, int times = 1)
    {
        await _journal.WaitForAsync($"timer {seconds}", times);
        Time.Advance(TimeSpan.FromSeconds(seconds));
    }

    /// <summary>Goes on to the moment when what the broker replays has been handled, and two seconds further.</summary>
    public async Task SettleAsync(TestBroker broker, string settled, int times = 1)
    {
        // The broker sees the probe when it has done with the subscriptions, and we see the mark when we have done with what they brought.
        string round = $"{times}";
        await _journal.WaitForAsync("timer 2", times);
        SetStatus("probe", round);
        await _journal.WaitForAsync($"broker PUBLISH {Status("probe")}={round} retained");
        await broker.PublishAsync(Config("mark"), round, retain: false);
        await _journal.WaitForAsync($"handle {Config("mark")}={round} retained");
        Time.Advance(TimeSpan.FromSeconds(2));
        await _journal.WaitForAsync(settled);
    }

    public async Task<SessionEnd> EndAsync()
    {
        await Task.WhenAny(_running!, Task.Delay(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.True(_running!.IsCompleted, $"No end after:\n{string.Join('\n', _journal.Lines)}");
        return await _running;
    }

    public async Task<SessionEnd> StopAsync()
    {
        await _stop.CancelAsync();
        return await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_running is not null)
            await StopAsync();

        _stop.Dispose();
    }

    private static OutboundMessage Message(string topic, string text) => new(topic, Encoding.UTF8.GetBytes(text), OutboundMessage.Protobuf);

    private async ValueTask OnMessageAsync(MqttMessage message, CancellationToken cancellationToken)
    {
        string text = message.Payload.Length > 100 ? $"{message.Payload.Length} bytes" : Encoding.UTF8.GetString(message.Payload.Span);
        _journal.Add($"handle {message.Topic}={text}{(message.Retain ? " retained" : "")}");
        await Handle(message).WaitAsync(cancellationToken);
    }

    private ValueTask OnSettled(IReadOnlySet<string> retained, CancellationToken cancellationToken)
    {
        _journal.Add("settled");
        return ValueTask.CompletedTask;
    }

    /// <summary>Makes the jitter the longest: 1, 2, 4, … seconds, and a minute.</summary>
    private sealed class Longest : Random
    {
        public override double NextDouble() => 1;
    }
}
