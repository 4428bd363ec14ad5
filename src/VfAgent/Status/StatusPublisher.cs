using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Protocol;
using VfAgent.Protocol.V1;
using VfAgent.Reconcile;
using Phase = VfAgent.Core.Status.Phase;

namespace VfAgent.Status;

/// <summary>
/// Reports become retained status messages. What an object's status is made of is compared with the last time first, so an object that
/// nothing happened to costs a comparison: it is not built, not serialised and not published.
/// </summary>
internal sealed class StatusPublisher(AgentIdentity identity, bool dryRun, TimeProvider time, EventLog events, StatusTopicWriter topics)
{
    private readonly Conditions _conditions = new(time);
    private readonly Dictionary<ObjectKey, Phase> _phases = [];
    private readonly Dictionary<ObjectKey, ResourceInputs> _resources = [];
    private readonly Dictionary<ObjectKey, AttachmentInputs> _attachments = [];
    private ImmutableSortedDictionary<PciAddress, PhysicalFunction>? _pfs;
    private Ledger? _ledger;
    private AgentStatus? _agent;
    private Report? _last;
    private string _said = "";

    /// <summary>The birth message before anything was read.</summary>
    public void Start() => PublishAgent(Report.Empty);

    /// <summary>What the agent says when it stops in good order, and the broker for it when the connection breaks.</summary>
    public static AgentStatus Offline(AgentIdentity identity) => Identity(identity, AgentStatus.Types.State.Offline);

    public void Publish(Report report)
    {
        if (report == _last)
            return;

        _last = report;
        if (dryRun)
            SayPlan(report);

        HashSet<ObjectKey> gone = [.. _phases.Keys];
        PublishResources(report, gone);
        PublishAttachments(report, gone);
        foreach (ObjectKey key in gone)
            Remove(key);

        PublishDiscovery(report);
        PublishAgent(report);
    }

    // What a dry run is for: whenever another plan comes of it, all of it is said.
    private void SayPlan(Report report)
    {
        string plan = PlanPrinter.Print(Foresight.Look(report.Desired, report.Host, report.Ledger));
        if (plan == _said)
            return;

        _said = plan;
        events.Info("agent", "DryRun", plan.TrimEnd());
    }

    private void PublishResources(Report report, HashSet<ObjectKey> gone)
    {
        foreach (string name in report.Plan.Resources.Keys.Union(UnplannedNames(report, ObjectKind.Resource), StringComparer.Ordinal))
        {
            var key = ObjectKey.Resource(name);
            gone.Remove(key);
            ResourceInputs inputs = ResourceInputs.Of(key, report, dryRun);
            if (inputs.Equals(_resources.GetValueOrDefault(key)))
                continue;

            _resources[key] = inputs;
            NotePhase(key, inputs.State);
            topics.Write(StatusTopic.Resource(name), Message(key, inputs, report));
        }
    }

    private void PublishAttachments(Report report, HashSet<ObjectKey> gone)
    {
        foreach (string name in report.Plan.Attachments.Keys.Union(UnplannedNames(report, ObjectKind.Attachment), StringComparer.Ordinal))
        {
            var key = ObjectKey.Attachment(name);
            gone.Remove(key);
            AttachmentInputs inputs = AttachmentInputs.Of(key, report, dryRun);
            if (inputs.Equals(_attachments.GetValueOrDefault(key)))
                continue;

            _attachments[key] = inputs;
            NotePhase(key, inputs.State);
            topics.Write(StatusTopic.NetworkAttachment(name), Message(key, inputs));
        }
    }

    private void PublishDiscovery(Report report)
    {
        if (ReferenceEquals(_pfs, report.Host.Pfs) && ReferenceEquals(_ledger, report.Ledger))
            return;

        (_pfs, _ledger) = (report.Host.Pfs, report.Ledger);
        var discovery = new Discovery();
        discovery.PhysicalFunctions.AddRange(report.Host.Pfs.Values.Select(pf => PfMessages.Of(pf, report)));
        topics.Write(StatusTopic.Discovery, discovery);
    }

    private void PublishAgent(Report report)
    {
        AgentStatus status = Identity(identity, AgentStatus.Types.State.Online);
        status.Counts = Counts(report);
        status.Conditions.AddRange(report.Desired.RefusedDocuments.Select(entry =>
            _conditions.Accepted($"agent {entry.Key}", $"{entry.Key}: {entry.Value}")));
        if (status.Equals(_agent))
            return;

        _agent = status;
        topics.Write(StatusTopic.Agent, status);
    }

    private Resource Message(ObjectKey key, ResourceInputs inputs, Report report)
    {
        var message = new Resource { Phase = Conditions.Wire(inputs.State.Phase), ObservedGeneration = inputs.Spec?.Generation ?? 0 };
        if (inputs.Spec is { } spec)
        {
            message.Spec = new Protocol.V1.ResourceSpec
            {
                Name = spec.Name,
                Mtu = (uint)spec.Mtu,
                NumVfs = (uint)spec.NumVfs,
                NeedVhostNet = spec.NeedVhostNet,
                DeviceType = spec.DeviceType,
            };
            message.Spec.Devices.AddRange(inputs.Pfs.Select(pf => pf.Pf.Address.ToString()));
        }
        else
        {
            message.Spec = new Protocol.V1.ResourceSpec { Name = key.Name };
        }

        ResourcePlan? plan = report.Plan.Resources.GetValueOrDefault(key.Name);
        foreach ((PhysicalFunction pf, ObjectState state) in inputs.Pfs)
        {
            ResourceStatus status = PfMessages.Of(pf, report, vf => plan?.IsAbout(vf) != false);
            status.Phase = Conditions.Wire(state.Phase);
            status.Conditions.AddRange(_conditions.Of($"{key} {pf.Address}", state, configured: false));
            message.Status.Add(status);
        }

        message.Conditions.AddRange(_conditions.Of(key.ToString(), inputs.State, configured: true));
        return message;
    }

    private NetworkAttachmentStatus Message(ObjectKey key, AttachmentInputs inputs)
    {
        var message = new NetworkAttachmentStatus
        {
            Name = key.Name,
            ResourceName = inputs.Spec?.ResourceName ?? "",
            Phase = Conditions.Wire(inputs.State.Phase),
            ObservedGeneration = inputs.Spec?.Generation ?? 0,
            Device = inputs.Device,
            Conflist = inputs.Conflist ? topics.ConflistPath(key.Name) : "",
            CdiDevice = inputs.CdiDevice ?? "",
            PodmanNetwork = inputs.Network is null ? "" : topics.PodmanNetworkPath(key.Name),
        };
        message.Devices.AddRange(inputs.Pool.Select(device => device.ToString()));
        if ((inputs.Config ?? inputs.Spec?.Config) is { } config)
            message.Config = StructJson.ToStruct(config);
        message.Conditions.AddRange(_conditions.Of(key.ToString(), inputs.State, configured: true));
        return message;
    }

    private void NotePhase(ObjectKey key, ObjectState state)
    {
        if (_phases.TryGetValue(key, out Phase before) && before == state.Phase)
            return;

        _phases[key] = state.Phase;
        string why = state.Refusal?.ToString() ?? string.Join("; ", state.Findings.Select(finding => finding.Message));
        string text = why.Length == 0 ? state.Phase.Word() : $"{state.Phase.Word()}: {why}";
        if (state.Phase >= Phase.Blocked)
            events.Warn(key.ToString(), "PhaseChanged", text);
        else
            events.Info(key.ToString(), "PhaseChanged", text);
    }

    private void Remove(ObjectKey key)
    {
        _phases.Remove(key);
        if (_resources.Remove(key, out ResourceInputs? inputs))
        {
            foreach ((PhysicalFunction pf, _) in inputs.Pfs)
                _conditions.Forget($"{key} {pf.Address}");
        }

        _attachments.Remove(key);
        _conditions.Forget(key.ToString());
        topics.Clear(key.Kind == ObjectKind.Resource ? StatusTopic.Resource(key.Name) : StatusTopic.NetworkAttachment(key.Name));
    }

    private AgentStatus.Types.Counts Counts(Report report)
    {
        uint Of(Phase phase) => (uint)_phases.Values.Count(p => p == phase);
        return new AgentStatus.Types.Counts
        {
            PhysicalFunctions = (uint)report.Host.Pfs.Count,
            VirtualFunctions = (uint)report.Host.Pfs.Values.Sum(pf => pf.Vfs.Length),
            Resources = (uint)report.Desired.Resources.Count,
            Networkattachments = (uint)report.Desired.Attachments.Count,
            InSync = Of(Phase.InSync),
            Progressing = Of(Phase.Progressing),
            Pending = Of(Phase.Pending),
            Blocked = Of(Phase.Blocked),
            Degraded = Of(Phase.Degraded),
            Rejected = Of(Phase.Rejected),
        };
    }

    private static AgentStatus Identity(AgentIdentity identity, AgentStatus.Types.State state)
    {
        var status = new AgentStatus
        {
            State = state,
            HostId = identity.HostId,
            SessionId = identity.SessionId,
            BootId = identity.BootId,
            KernelVersion = identity.KernelVersion,
            Version = identity.Version,
            StartedAt = Timestamp.FromDateTimeOffset(identity.StartedAt),
        };
        status.Capabilities.AddRange(identity.Capabilities);
        return status;
    }

    // Of what was refused or cannot be read: there may be no plan for it.
    private static IEnumerable<string> UnplannedNames(Report report, ObjectKind kind) =>
        report.Desired.Refusals.Keys.Concat(report.Desired.Unreadable).Where(key => key.Kind == kind).Select(key => key.Name).Order(StringComparer.Ordinal);
}
