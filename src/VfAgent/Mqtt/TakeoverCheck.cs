using MQTTnet;
using MQTTnet.Packets;

namespace VfAgent.Mqtt;

/// <summary>
/// Notices after a reconnect that another agent has taken our session over. A broker should say so (DISCONNECT 0x8E), but mosquitto before
/// 2.1 only closes the connection; two agents would then take it from each other for ever. So before we publish our birth again, we look whose
/// is there, and the agent that began later stays.
/// </summary>
internal sealed class TakeoverCheck(IMqttClient client, Birth birth, TimeProvider time)
{
    // The broker holds the topic, so it comes at once; a broker that lost it says nothing.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource<bool> _isLater = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Note(MqttApplicationMessage message)
    {
        if (birth.IsRetained(message))
            _isLater.TrySetResult(birth.IsOfLaterRun(message));
    }

    public async Task<bool> IsTakenOverAsync(CancellationToken cancellationToken)
    {
        string topic = birth.Topics[0];
        MqttClientSubscribeOptions subscribe = new() { TopicFilters = [new MqttTopicFilter { Topic = topic }] };
        MqttClientSubscribeResult result =
            await client.SubscribeAsync(subscribe, CancellationToken.None).WaitAsync(_patience, time, cancellationToken);
        if (result.Items.First().ResultCode != MqttClientSubscribeResultCode.GrantedQoS0)
            return false;

        bool isLater = await AnswerAsync(cancellationToken);
        MqttClientUnsubscribeOptions unsubscribe = new() { TopicFilters = [topic] };
        await client.UnsubscribeAsync(unsubscribe, CancellationToken.None).WaitAsync(_patience, time, cancellationToken);
        return isLater;
    }

    private async Task<bool> AnswerAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _isLater.Task.InContext().WaitAsync(_patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
