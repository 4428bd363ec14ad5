using System.Security.Cryptography;
using MQTTnet;
using MQTTnet.Packets;

namespace VfAgent.Doctor;

/// <summary>Publishes a retained message, has the broker give it back, and clears it, whatever comes in between.</summary>
/// <param name="another">Another client, to clear over when the connection has broken.</param>
/// <param name="request">How it connects.</param>
/// <param name="permissions">Remedy for a broker that does not allow it.</param>
internal sealed class RetainedProbe(Func<BrokerClient> another, MqttClientOptions request, string permissions)
{
    public async Task<IReadOnlyList<Finding>> RunAsync(BrokerClient client, string topic)
    {
        Finding result;
        Finding? leftover;
        try
        {
            result = await TryAsync(client, topic);
        }
        finally
        {
            leftover = await ClearAsync(client, topic);
        }

        // A broker that refused the message cannot have kept it, and refuses the clearing as well.
        return leftover is null || result.Verdict == Verdict.Failure ? [result] : [result, leftover];
    }

    private async Task<Finding> TryAsync(BrokerClient client, string topic)
    {
        byte[] probe = RandomNumberGenerator.GetBytes(16);
        MqttClientPublishResult put = await client.PublishAsync(topic, probe);
        if (!put.IsSuccess)
        {
            string answer = $"{put.ReasonCode} (PUBACK 0x{(int)put.ReasonCode:X2}) {put.ReasonString}".TrimEnd();
            return Finding.Failure("publish status", $"{topic}: {answer}", permissions);
        }

        MqttClientSubscribeResultCode granted = await client.SubscribeAsync(new MqttTopicFilter { Topic = topic });
        if (granted > MqttClientSubscribeResultCode.GrantedQoS2)
            return Finding.Failure("read own status", $"{topic}: {granted} (SUBACK 0x{(int)granted:X2})", permissions);

        byte[]? back = await client.RetainedAsync(topic);
        return back is not null && back.AsSpan().SequenceEqual(probe)
            ? Finding.Ok("publish status", $"{topic}: kept, given back and cleared")
            : Finding.Failure(
                "retained messages", $"{topic}: the broker took a retained message and did not give it back",
                $"switch its retained messages on (size and count limits too), or let this user read its own topics: {permissions}");
    }

    private async Task<Finding?> ClearAsync(BrokerClient client, string topic)
    {
        try
        {
            return Refused(await client.PublishAsync(topic, default), topic);
        }
        catch (Exception)
        {
            return await ClearAgainAsync(topic);
        }
    }

    private async Task<Finding?> ClearAgainAsync(string topic)
    {
        try
        {
            using BrokerClient client = another();
            await client.ConnectAsync(request);
            Finding? refused = Refused(await client.PublishAsync(topic, default), topic);
            await client.DisconnectAsync();
            return refused;
        }
        catch (Exception exception)
        {
            return Leftover(topic, exception.GetBaseException().Message);
        }
    }

    private static Finding? Refused(MqttClientPublishResult cleared, string topic) =>
        cleared.IsSuccess ? null : Leftover(topic, cleared.ReasonCode.ToString());

    private static Finding Leftover(string topic, string reason) => Finding.Warning(
        "clean-up", $"{topic} could not be cleared: {reason}", $"it expires within a minute; or clear it: mosquitto_pub -r -n -t {topic}");
}
