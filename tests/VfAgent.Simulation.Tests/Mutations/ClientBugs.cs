using MQTTnet;

namespace VfAgent.Simulation.Tests.Mutations;

/// <summary>A message is acknowledged before it is on disk.</summary>
internal sealed class AcknowledgesFirst(IMqttClient inner) : ClientDecorator(inner)
{
    protected override async Task ReceiveAsync(MqttApplicationMessageReceivedEventArgs received)
    {
        await received.AcknowledgeAsync(CancellationToken.None);
        await base.ReceiveAsync(received);
    }
}

/// <summary>Now and then the status of before comes after the one of now.</summary>
internal sealed class StaleStatus(IMqttClient inner) : ClientDecorator(inner)
{
    private const int Seldom = 20;

    private readonly Dictionary<string, MqttApplicationMessage> _before = new(StringComparer.Ordinal);
    private int _published;

    public override async Task<MqttClientPublishResult> PublishAsync(MqttApplicationMessage applicationMessage, CancellationToken cancellationToken = default)
    {
        MqttApplicationMessage? before = _before.GetValueOrDefault(applicationMessage.Topic);
        _before[applicationMessage.Topic] = applicationMessage;
        MqttClientPublishResult result = await base.PublishAsync(applicationMessage, cancellationToken);
        return before is { Retain: true } && ++_published % Seldom == 0 ? await base.PublishAsync(before, cancellationToken) : result;
    }
}
