using System.Reflection;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using MQTTnet;
using VfAgent.Core.Kernel;
using VfAgent.Desired;
using VfAgent.Host;
using VfAgent.Leases;
using VfAgent.Mqtt;
using VfAgent.Options;
using VfAgent.Protocol;
using VfAgent.Protocol.V1;
using VfAgent.Reconcile;
using VfAgent.State;
using VfAgent.Status;

namespace VfAgent;

/// <summary>
/// The whole agent over its seams: config messages come in over MQTT, the host is brought to what they ask for, status goes out.
/// The host is looked after with or without a broker.
/// </summary>
internal sealed class Agent
{
    private readonly AgentOptions _options;
    private readonly IDisk _disk;
    private readonly IKernel _kernel;
    private readonly Topics _topics;
    private readonly EventLog _events;
    private readonly DesiredStore _desired;
    private readonly StatusPublisher _status;
    private readonly ReconcileParts _parts;
    private readonly WakeSignal _wake = new();
    private readonly MqttSession _session;
    private readonly TimeProvider _time;

    public Agent(
        Settings settings, IKernel kernel, IDisk disk, TimeProvider time, Random random, Func<Wire, IMqttClient> newClient, ILoggerFactory loggers)
    {
        (_options, _kernel, _disk, _time) = (settings.Agent, kernel, disk, time);
        _topics = new Topics(settings.Mqtt.TopicRoot, _options.HostId);
        var paths = HostPaths.Of(settings);
        var files = new DurableFiles(disk);
        var features = new FeatureReader(kernel, paths);
        var ledger = new LedgerFiles(files, _options.StateDirectory);
        var broker = new BrokerContact(_wake.Set);
        AgentIdentity identity = Identity(features, random);

        _session = new MqttSession(
            SessionOptions(settings, identity), OnMessageAsync, OnSettled, newClient, time, random, loggers.CreateLogger<MqttSession>())
        {
            Contact = broker,
        };
        _events = new EventLog(time, identity.SessionId, PublishEvent, loggers.CreateLogger<EventLog>());
        _desired = new DesiredStore(new ConfigFiles(files, _options.StateDirectory), kernel, time, _events, _wake.Set);
        var topics = new StatusTopicWriter(_topics, _session.Retained, settings.Mqtt.JsonStatus, paths);
        _status = new StatusPublisher(identity, _options.DryRun, time, _events, topics);
        var lending = new VfLending(kernel, files, paths);
        _parts = new ReconcileParts(
            _desired,
            broker,
            new PfReader(kernel, paths, () => broker.Address),
            features,
            new OwnedFolderReader(files, paths),
            new ContainerRecordReader(disk, kernel, paths),
            new BackendReader(disk, settings.Runtime.Backends),
            ledger,
            lending.Leases,
            new StepRunner(kernel, files, ledger, lending.Return, features, paths),
            new Worker(kernel, time),
            _events,
            kernel,
            disk,
            _options.HostId,
            time,
            _options.ResyncInterval,
            _options.DryRun,
            _status.Publish);
    }

    /// <summary>What gives memory back once work has calmed down.</summary>
    public Action TrimMemory { get; init; } = MemoryTrim.Collect;

    /// <summary>Runs until stopped, or until going on makes no sense.</summary>
    public async Task<SessionEnd> RunAsync(CancellationToken stop)
    {
        _status.Start();
        if (_options.Groups.Count > 0)
            _events.Warn("agent", "GroupsNotSupported", "Agent:Groups is set, but this version only takes the host's own config");
        await _desired.LoadAsync();
        await TakeBootstrapAsync(stop);

        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var memory = new MemoryTrim(_time, TrimMemory);
        using var loop = new ReconcileLoop(_parts, _wake, memory);
        Task looping = loop.RunAsync(both.Token);
        Task<SessionEnd> session = _session.RunAsync(both.Token);
        await Task.WhenAny(looping, session);
        both.Cancel();
        SessionEnd end = await session;
        await looping.ConfigureAwait(
            ConfigureAwaitOptions.ContinueOnCapturedContext | (looping.IsFaulted ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.SuppressThrowing));
        return end;
    }

    // A file that is not there, or empty after a power loss, says nothing: only a newer document takes away what an older one asked for.
    private async Task TakeBootstrapAsync(CancellationToken stop)
    {
        IoResult<byte[]> file = await _kernel.RunAsync(() => _disk.Read(_options.BootstrapFile, 2 * PayloadReader.MaxBytes));
        if (file is { Ok: true, Value.Length: > 0 })
            await _desired.TakeAsync(MessageKey.Bootstrap, file.Value, ContentTypes.Json, retained: true, stop);
        else if (file.Error is { Errno: not Errno.ENOENT } error)
            _events.Error("bootstrap file", "BootstrapUnreadable", error.ToString());
    }

    private async ValueTask OnMessageAsync(MqttMessage message, CancellationToken stop)
    {
        if (_topics.TryParseConfig(message.Topic, out ConfigTopic topic) && topic.Group is null)
            await _desired.TakeAsync(MessageKey.Of(topic), message.Payload, message.ContentType, message.Retain, stop);
        else if (!message.Payload.IsEmpty)
            _events.Warn("agent", "TopicUnknown", $"{message.Topic} is no config topic; it was ignored");
    }

    private ValueTask OnSettled(IReadOnlySet<string> retainedTopics, CancellationToken stop)
    {
        _desired.ReplayEnded(key => retainedTopics.Contains(_topics.Config(key.Topic)));
        return ValueTask.CompletedTask;
    }

    private void PublishEvent(Event message) =>
        _session.Publish(new OutboundMessage(_topics.Events, message.ToByteArray(), OutboundMessage.Protobuf));

    private MqttSessionOptions SessionOptions(Settings settings, AgentIdentity identity)
    {
        string topic = _topics.Status(StatusTopic.Agent);
        string jsonTopic = _topics.Status(StatusTopic.Agent.AsJson());
        AgentStatus offline = StatusPublisher.Offline(identity);
        var bytes = new OutboundMessage(topic, offline.ToByteArray(), OutboundMessage.Protobuf);
        var json = new OutboundMessage(jsonTopic, PayloadWriter.ToJson(offline), OutboundMessage.Json);
        return new MqttSessionOptions
        {
            Connection = settings.Mqtt.Connection(identity.HostId),
            Will = bytes,
            Farewell = settings.Mqtt.JsonStatus ? [bytes, json] : [bytes],
            BirthTopics = settings.Mqtt.JsonStatus ? [topic, jsonTopic] : [topic],
            Filters = [_topics.ConfigFilter],
            StatusPrefixes = [_topics.StatusFilter[..^1], _topics.JsonStatusFilter[..^1]],
        };
    }

    private AgentIdentity Identity(FeatureReader features, Random random) => new(
        _options.HostId,
        $"{random.NextInt64():x16}{random.NextInt64():x16}",
        features.BootId(),
        features.KernelVersion(),
        Version,
        _time.GetUtcNow(),
        ["json-config", "vfio-pci", "vhost-net", "vf-settings", "podman-networks", .. _options.DryRun ? ["dry-run"] : Array.Empty<string>()]);

    /// <summary>Without the commit that some builds append.</summary>
    public static string Version { get; } =
        typeof(Agent).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
