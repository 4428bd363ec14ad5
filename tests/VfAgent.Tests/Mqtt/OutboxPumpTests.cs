using System.Text;
using MQTTnet;
using MQTTnet.Diagnostics.PacketInspection;
using MQTTnet.Protocol;
using VfAgent.Mqtt;

namespace VfAgent.Tests.Mqtt;

public sealed class OutboxPumpTests
{
    private readonly Journal _journal = new();
    private readonly WakeSignal _wake = new();
    private readonly Birth _birth = new(["birth"], "run");

    [Fact]
    public async Task No_more_publishes_are_under_way_than_the_brokers_receive_maximum()
    {
        RetainedOutbox outbox = new([], _wake);
        using SilentClient client = new(_journal);
        using OutboxPump pump = new(
            client, new MqttClientConnectResult { ReceiveMaximum = 2 }, _birth, outbox, new EventQueue(_wake), _wake, new JournalTime(_journal), new JournalLogger<OutboxPump>(_journal));
        foreach (string topic in new[] { "a", "b", "c", "d" })
            outbox.Set(Message(topic));

        using CancellationTokenSource stop = new();
        Task running = pump.RunAsync(stop.Token);
        Assert.Equal(["publish a", "publish b"], _journal.StartingWith("publish"));
        client.Answer("b");
        await _journal.WaitForAsync("publish c");
        Assert.Equal(["publish a", "publish b", "publish c"], _journal.StartingWith("publish"));

        // The last words wait for their turn as well.
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Task last = pump.PublishLastAsync([Message("bye")], TestContext.Current.CancellationToken);
        Assert.Equal(0, _journal.Count("publish bye"));
        client.Answer("a");
        await _journal.WaitForAsync("publish bye");
        client.Answer("bye");
        await last;
    }

    [Fact]
    public async Task JSON_is_marked_as_text_and_every_message_has_its_content_type()
    {
        RetainedOutbox outbox = new([], _wake);
        EventQueue events = new(_wake);
        using SilentClient client = new(_journal);
        using OutboxPump pump = new(
            client, new MqttClientConnectResult(), _birth, outbox, events, _wake, new JournalTime(_journal), new JournalLogger<OutboxPump>(_journal));
        outbox.Set(new OutboundMessage("j", "{}"u8.ToArray(), OutboundMessage.Json));
        outbox.Clear("gone");
        events.Add(Message("event"));
        using CancellationTokenSource stop = new();
        Task running = pump.RunAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Assert.Equal(
            [
                "j: application/json CharacterData, retain True",
                "gone:  Unspecified, retain True",
                "event: application/x-protobuf Unspecified, retain False",
            ],
            client.Published.Select(sent => $"{sent.Topic}: {sent.ContentType} {sent.PayloadFormatIndicator}, retain {sent.Retain}"));
        Assert.All(client.Published, message => Assert.Equal(MqttQualityOfServiceLevel.AtLeastOnce, message.QualityOfServiceLevel));
    }

    private static OutboundMessage Message(string topic) => new(topic, Encoding.UTF8.GetBytes(topic), OutboundMessage.Protobuf);

    /// <summary>Takes publishes and answers when told.</summary>
    private sealed class SilentClient(Journal journal) : IMqttClient
    {
        private readonly Dictionary<string, TaskCompletionSource<MqttClientPublishResult>> _answers = new(StringComparer.Ordinal);

        public event Func<MqttApplicationMessageReceivedEventArgs, Task> ApplicationMessageReceivedAsync { add { } remove { } }

        public event Func<MqttClientConnectedEventArgs, Task> ConnectedAsync { add { } remove { } }

        public event Func<MqttClientConnectingEventArgs, Task> ConnectingAsync { add { } remove { } }

        public event Func<MqttClientDisconnectedEventArgs, Task> DisconnectedAsync { add { } remove { } }

        public event Func<InspectMqttPacketEventArgs, Task> InspectPacketAsync { add { } remove { } }

        public List<MqttApplicationMessage> Published { get; } = [];

        public bool IsConnected => true;

        public MqttClientOptions Options { get; } = new();

        public void Answer(string topic) =>
            _answers[topic].SetResult(new MqttClientPublishResult(1, MqttClientPublishReasonCode.Success, "", []));

        public Task<MqttClientPublishResult> PublishAsync(MqttApplicationMessage applicationMessage, CancellationToken cancellationToken = default)
        {
            TaskCompletionSource<MqttClientPublishResult> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _answers[applicationMessage.Topic] = answer;
            Published.Add(applicationMessage);
            journal.Add($"publish {applicationMessage.Topic}");
            return answer.Task;
        }

        public void Dispose()
        {
        }

        public Task<MqttClientConnectResult> ConnectAsync(MqttClientOptions options, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task DisconnectAsync(MqttClientDisconnectOptions options, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task PingAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task SendEnhancedAuthenticationExchangeDataAsync(
            MqttEnhancedAuthenticationExchangeData data, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<MqttClientSubscribeResult> SubscribeAsync(MqttClientSubscribeOptions options, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<MqttClientUnsubscribeResult> UnsubscribeAsync(
            MqttClientUnsubscribeOptions options, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
