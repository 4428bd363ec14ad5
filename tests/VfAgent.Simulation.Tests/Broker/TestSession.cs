using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using VfAgent.Mqtt;

namespace VfAgent.Simulation.Tests.Broker;

/// <summary>The agent's MQTT session over a simulated broker, on one thread, with handlers that write down what they get.</summary>
internal sealed class TestSession : IDisposable
{
    public const string ClientId = "vfagent-h1";
    public const string BirthTopic = "hosts/h1/status/agent";

    private readonly CancellationTokenSource _stop = new();
    private readonly Loop _loop;
    private readonly SimulatedBroker _broker;
    private Task<SessionEnd>? _running;

    public TestSession(Loop loop, SimulatedBroker broker)
    {
        (_loop, _broker) = (loop, broker);
        OutboundMessage will = Message(BirthTopic, "OFFLINE");
        MqttSessionOptions options = new()
        {
            Connection = new ConnectionSettings(new ServerAddress("mqtt", "broker", 1883, ""), ClientId),
            Will = will,
            Farewell = [will],
            BirthTopics = [BirthTopic],
            Filters = ["hosts/h1/config/#"],
            StatusPrefixes = ["hosts/h1/status/"],
        };
        Session = new MqttSession(
            options, OnMessageAsync, OnSettled, broker.NewClient, loop.Time, new Random(1), NullLogger<MqttSession>.Instance);
    }

    public MqttSession Session { get; }

    /// <summary>What the handlers got.</summary>
    public List<string> Seen { get; } = [];

    /// <summary>What the handler does with a message after it has been written down.</summary>
    public Func<MqttMessage, Task> Handle { get; set; } = _ => Task.CompletedTask;

    public SessionEnd? End => _running is { IsCompleted: true } ? _running.Result : null;

    public static string Config(string name) => $"hosts/h1/config/{name}";

    public static string Status(string name) => $"hosts/h1/status/{name}";

    public void Start()
    {
        SetStatus("agent", "ONLINE");
        _running = Session.RunAsync(_stop.Token);
    }

    public void SetStatus(string name, string text) => Session.Retained.Set(Message(Status(name), text));

    public void Stop()
    {
        _stop.Cancel();
        _loop.Until(() => _running!.IsCompleted);
    }

    public int Count(string seen) => Seen.Count(other => other == seen);

    public void UntilSettled(int times = 1) => _loop.Until(() => Count("settled") == times);

    public void UntilConnected() => _loop.Until(() => _broker.IsConnected(ClientId));

    public void Dispose() => _stop.Dispose();

    private static OutboundMessage Message(string topic, string text) => new(topic, Encoding.UTF8.GetBytes(text), OutboundMessage.Protobuf);

    private async ValueTask OnMessageAsync(MqttMessage message, CancellationToken cancellationToken)
    {
        _loop.Check();
        Seen.Add($"{message.Topic[(message.Topic.LastIndexOf('/') + 1)..]}={Encoding.UTF8.GetString(message.Payload.Span)}{(message.Retain ? " retained" : "")}");
        await Handle(message).WaitAsync(cancellationToken);
    }

    private ValueTask OnSettled(IReadOnlySet<string> retained, CancellationToken cancellationToken)
    {
        _loop.Check();
        Seen.Add("settled");
        return ValueTask.CompletedTask;
    }
}
