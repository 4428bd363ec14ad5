using System.Security.Cryptography;
using Google.Protobuf;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using VfAgent.Mqtt;
using VfAgent.Protocol;
using VfAgent.Protocol.V1;

namespace VfAgent.Doctor;

/// <summary>
/// Connects as the agent would, but under a client id of its own so as not to take over the agent's session, and tries what the agent
/// needs: to subscribe to its config, to publish retained status and to get that back.
/// </summary>
/// <param name="settings">The agent's connection.</param>
/// <param name="topics">The agent's topics.</param>
/// <param name="jsonStatus">Whether the agent publishes JSON twins.</param>
/// <param name="bootId">This boot's, to tell this host's agent from another's; empty when the host is simulated.</param>
/// <param name="newClient">Makes a client.</param>
/// <param name="time">The clock.</param>
internal sealed class BrokerChecks(
    ConnectionSettings settings, Topics topics, bool jsonStatus, string bootId, Func<IMqttClient> newClient, TimeProvider time)
{
    private const string ProbeName = "doctor";

    // The largest config that the agent takes, and more than a status with hundreds of VFs has.
    private const uint UsefulPacket = 256 << 10;

    private readonly ConnectionSettings _settings =
        settings with { ClientId = $"{settings.ClientId}-doctor-{RandomNumberGenerator.GetHexString(6, lowercase: true)}" };

    private readonly NoteTaker _notes = new();

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken stop)
    {
        MqttClientOptions? request = Request(out IReadOnlyList<string> problems);
        if (request is null)
            return [.. problems.Select(problem => Finding.Failure("files", problem, "correct the file, or the setting that names it"))];

        List<Finding> findings = [.. _notes.Notes.Select(note => Finding.Warning("files", note, $"chmod 600 {_settings.PasswordFile}"))];
        using BrokerClient client = new(newClient(), time, stop);
        findings.Add(await ConnectAsync(client, request, findings, stop));
        if (findings[^1].Verdict == Verdict.Failure)
            return findings;

        try
        {
            await TryTopicsAsync(client, request, findings);
            await client.DisconnectAsync();
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            string reason = exception.GetBaseException().Message;
            findings.Add(Finding.Failure("connection", $"lost while topics were tried: {reason}", Permissions));
        }

        return findings;
    }

    private string Permissions =>
        $"allow {User} at the broker to subscribe to {topics.ConfigFilter}, to publish to {topics.Events}, and to do both below " +
        $"{topics.StatusFilter[..^1]} and {topics.JsonStatusFilter[..^1]}; this check's client id is {_settings.ClientId}, " +
        $"the agent's {settings.ClientId}";

    private string User => _settings.UserName ?? "anonymous clients";

    private async Task<Finding> ConnectAsync(
        BrokerClient client, MqttClientOptions request, List<Finding> findings, CancellationToken stop)
    {
        CertificateWitness certificate = Watch(request);
        MqttClientConnectResult connack;
        try
        {
            connack = await client.ConnectAsync(request);
        }
        // Names, sockets, TLS, websockets and MQTT each have exceptions of their own, and none of them is our bug.
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            return ConnectFailure.Explain(exception, _settings, certificate);
        }

        if (ConnectionVerdict.Of(connack) is { } verdict)
            return ConnectFailure.Explain(connack, verdict.Reason, _settings, settings.ClientId);

        if (connack.MaximumPacketSize is > 0 and < UsefulPacket)
        {
            findings.Add(Finding.Warning(
                "packet size", $"the broker takes {connack.MaximumPacketSize} bytes at most: the status of many VFs may not fit",
                $"allow {UsefulPacket} bytes (mosquitto: max_packet_size)"));
        }

        string user = _settings.UserName ?? "anonymous";
        return Finding.Ok("connect", $"{_settings.Server} as {user}: MQTT 5, retained messages, QoS {(int)connack.MaximumQoS}");
    }

    private async Task TryTopicsAsync(BrokerClient client, MqttClientOptions request, List<Finding> findings)
    {
        // Whether it may be read is the question, not what is there.
        MqttTopicFilter config = new()
        {
            Topic = topics.ConfigFilter,
            QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            RetainHandling = MqttRetainHandling.DoNotSendOnSubscribe,
        };
        MqttClientSubscribeResultCode granted = await client.SubscribeAsync(config);
        findings.Add(granted == MqttClientSubscribeResultCode.GrantedQoS1
            ? Finding.Ok("subscribe to config", topics.ConfigFilter)
            : Finding.Failure("subscribe to config", $"{topics.ConfigFilter}: {granted} (SUBACK 0x{(int)granted:X2})", Permissions));

        // Asked before the probe, so that it has come when the probe has.
        string agent = topics.Status(StatusTopic.Agent);
        await client.SubscribeAsync(new MqttTopicFilter { Topic = agent });
        RetainedProbe probe = new(() => new BrokerClient(newClient(), time, CancellationToken.None), request, Permissions);
        IReadOnlyList<Finding> status = await probe.RunAsync(client, topics.StatusFilter[..^1] + ProbeName);
        findings.AddRange(status);
        // Where the one is not allowed the other is not either, and need not be told.
        if (jsonStatus && status[0].Verdict == Verdict.Ok)
            findings.AddRange(await probe.RunAsync(client, topics.JsonStatusFilter[..^1] + ProbeName));

        if (bootId.Length > 0 && client.RetainedSoFar(agent) is { } message && Rival(message) is { } rival)
            findings.Add(rival);
    }

    private Finding? Rival(byte[] status)
    {
        AgentStatus other;
        try
        {
            other = AgentStatus.Parser.ParseFrom(status);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }

        return other.State == AgentStatus.Types.State.Online && other.BootId != bootId
            ? Finding.Warning(
                "Agent:HostId",
                $"{topics.HostId} is online at the broker from another boot or another machine (boot id {other.BootId})",
                "give each host an Agent:HostId of its own: two agents with one id take each other's session. " +
                "If this host was rebooted a moment ago, look again in a minute")
            : null;
    }

    // Nothing of it stays at the broker: no session, no will.
    private MqttClientOptions? Request(out IReadOnlyList<string> problems)
    {
        MqttClientOptions? request = new ClientOptionsFactory(_settings, _notes).Create(will: null, out problems);
        if (request is null)
            return null;

        request.CleanSession = true;
        request.SessionExpiryInterval = 0;
        return request;
    }

    private static CertificateWitness Watch(MqttClientOptions request)
    {
        MqttClientTlsOptions tls = request.ChannelOptions is MqttClientWebSocketOptions websocket
            ? websocket.TlsOptions
            : ((MqttClientTcpOptions)request.ChannelOptions).TlsOptions;
        CertificateWitness witness = new(tls.CertificateValidationHandler);
        tls.CertificateValidationHandler = witness.Accepts;
        return witness;
    }
}
