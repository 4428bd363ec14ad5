using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using MQTTnet;
using MQTTnet.Protocol;
using VfAgent.EndToEnd.Tests.Brokers;

namespace VfAgent.EndToEnd.Tests.Fleet;

/// <summary>One message of a host, its topic relative to <c>{root}/hosts/{host}/</c>.</summary>
public sealed record HostMessage(string Topic, byte[] Payload, bool Retained)
{
    public string Text => Encoding.UTF8.GetString(Payload);
}

/// <summary>
/// What a fleet controller does with one host: publishes its config and follows everything it says. Waits end with the
/// message that fulfils them; nothing here sleeps.
/// </summary>
public sealed class Controller : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Signal _arrived = new();
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly Dictionary<string, HostMessage> _newest = new(StringComparer.Ordinal);
    private readonly List<HostMessage> _all = [];
    private readonly string _prefix;

    private Controller(string host) => _prefix = $"vfagent/v1/hosts/{host}/";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Every message since the connection, in order of arrival, our own config too.</summary>
    public IReadOnlyList<HostMessage> History
    {
        get
        {
            lock (_lock)
                return [.. _all];
        }
    }

    public static Task<Controller> ConnectAsync(Mosquitto broker, string host) => ConnectAsync(broker.Host, broker.Port(), host);

    /// <param name="address">The broker's.</param>
    /// <param name="port">The broker's.</param>
    /// <param name="host">The host's id.</param>
    public static async Task<Controller> ConnectAsync(string address, int port, string host)
    {
        Controller controller = new(host);
        controller._client.ApplicationMessageReceivedAsync += controller.TakeAsync;
        MqttClientOptions options = new MqttClientOptionsBuilder()
            .WithTcpServer(address, port)
            .WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500)
            .Build();
        await controller._client.ConnectAsync(options, Cancellation);
        var everything = new MqttTopicFilterBuilder()
            .WithTopic(controller._prefix + "#")
            .WithAtLeastOnceQoS()
            .WithRetainAsPublished()
            .Build();
        await controller._client.SubscribeAsync(everything, Cancellation);
        return controller;
    }

    /// <summary>Publishes retained under <c>config/</c>; empty deletes.</summary>
    public Task ConfigureAsync(string topic, string payload) =>
        ConfigureAsync(topic, Encoding.UTF8.GetBytes(payload));

    public async Task ConfigureAsync(string topic, byte[] payload, bool retain = true)
    {
        MqttApplicationMessage message = new MqttApplicationMessageBuilder()
            .WithTopic(_prefix + "config" + (topic.Length == 0 ? "" : "/" + topic))
            .WithPayload(payload)
            .WithRetainFlag(retain)
            .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
            .Build();
        await _client.PublishAsync(message, Cancellation);
    }

    /// <summary>The newest message of a topic; null when there is none or an empty one removed it.</summary>
    public HostMessage? Newest(string topic)
    {
        lock (_lock)
            return _newest.GetValueOrDefault(topic);
    }

    /// <summary>The JSON twin of a status, such as <c>resources/eth3-vfs</c>, once it fulfils the condition.</summary>
    public async Task<JsonNode> StatusAsync(string topic, Func<JsonNode, bool> condition)
    {
        string twin = "json/status/" + topic;
        await UntilAsync(() => Newest(twin) is { } message && condition(Parse(message)), $"{twin} is not as expected");
        return Parse(Newest(twin)!);
    }

    /// <summary>The JSON twin of a status once its phase is this one.</summary>
    public Task<JsonNode> PhaseAsync(string topic, string phase) =>
        StatusAsync(topic, status => (string?)status["phase"] == phase);

    /// <summary>Waits until a status and its twin are removed.</summary>
    public Task GoneAsync(string topic) =>
        UntilAsync(() => Newest("status/" + topic) is null && Newest("json/status/" + topic) is null, $"{topic} is still there");

    /// <summary>Waits for a condition that messages make true; else it tells everything the host said last.</summary>
    public Task UntilAsync(Func<bool> condition, string otherwise) =>
        _arrived.UntilAsync(condition, () => $"{otherwise}. The host's newest messages:\n{Describe()}");

    public async ValueTask DisposeAsync()
    {
        if (_client.IsConnected)
            await _client.DisconnectAsync();
        _client.Dispose();
    }

    private static JsonNode Parse(HostMessage message) =>
        JsonNode.Parse(message.Text) ?? throw new InvalidOperationException($"{message.Topic} is null");

    private string Describe()
    {
        lock (_lock)
        {
            IEnumerable<string> lines = _newest.Values
                .Where(message => !message.Topic.StartsWith("status/", StringComparison.Ordinal))
                .OrderBy(message => message.Topic, StringComparer.Ordinal)
                .Select(message => $"  {message.Topic} {message.Text}");
            return string.Join('\n', lines);
        }
    }

    private Task TakeAsync(MqttApplicationMessageReceivedEventArgs received)
    {
        MqttApplicationMessage message = received.ApplicationMessage;
        HostMessage taken = new(message.Topic[_prefix.Length..], message.Payload.ToArray(), message.Retain);
        lock (_lock)
        {
            _all.Add(taken);
            if (taken.Payload.Length == 0)
                _newest.Remove(taken.Topic);
            else
                _newest[taken.Topic] = taken;
        }

        _arrived.Set();
        return Task.CompletedTask;
    }
}
