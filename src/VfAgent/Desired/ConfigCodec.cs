using System.Collections.Immutable;
using System.Text.Json.Nodes;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Protocol;
using VfAgent.Protocol.V1;
using Allocation = VfAgent.Core.Desired.Allocation;
using DeletionPolicy = VfAgent.Core.Desired.DeletionPolicy;
using DisruptionPolicy = VfAgent.Core.Desired.DisruptionPolicy;
using EswitchMode = VfAgent.Core.Kernel.EswitchMode;
using FieldError = VfAgent.Core.Desired.FieldError;
using NicSelector = VfAgent.Core.Desired.NicSelector;
using ResourceSpec = VfAgent.Core.Desired.ResourceSpec;
using VfLinkState = VfAgent.Core.Kernel.VfLinkState;
using VfSettings = VfAgent.Core.Desired.VfSettings;
using VfVlan = VfAgent.Core.Kernel.VfVlan;

namespace VfAgent.Desired;

/// <summary>
/// A payload becomes specs, or a list of everything that is wrong with it. The wire types end here: a new setting is one line in
/// <see cref="Spec(ResourceConfig)"/>.
/// </summary>
internal static class ConfigCodec
{
    /// <param name="key">What the message is; an object has to bear its topic's name.</param>
    /// <param name="payload">Protobuf or JSON.</param>
    /// <param name="contentType">MQTT content type; null when none was given.</param>
    public static Decoded Decode(MessageKey key, ReadOnlyMemory<byte> payload, string? contentType) => key.Kind switch
    {
        ConfigKind.Resource => Object(key, PayloadReader.ReadResourceConfig(payload.Span, contentType), payload),
        ConfigKind.NetworkAttachment => Object(key, PayloadReader.ReadNetworkAttachment(payload.Span, contentType), payload),
        _ => Document(PayloadReader.ReadHostConfig(payload.Span, contentType), payload),
    };

    private static Decoded Object(MessageKey key, PayloadResult<ResourceConfig> read, ReadOnlyMemory<byte> payload)
    {
        if (!read.Ok)
            return Decoded.Bad(Errors(read.Errors));

        ResourceSpec spec = Spec(read.Value);
        ImmutableArray<FieldError> errors = [.. NameErrors(key.Name, spec.Name), .. DesiredValidator.Validate(spec)];
        return errors.IsEmpty ? Decoded.Good(new HeldMessage(payload, [spec], [])) : Decoded.Bad(errors);
    }

    private static Decoded Object(MessageKey key, PayloadResult<NetworkAttachment> read, ReadOnlyMemory<byte> payload)
    {
        if (!read.Ok)
            return Decoded.Bad(Errors(read.Errors));

        AttachmentSpec spec = Spec(read.Value);
        ImmutableArray<FieldError> errors = [.. NameErrors(key.Name, spec.Name), .. DesiredValidator.Validate(spec)];
        return errors.IsEmpty ? Decoded.Good(new HeldMessage(payload, [], [spec])) : Decoded.Bad(errors);
    }

    // A document is one wish: taken whole, or not at all.
    private static Decoded Document(PayloadResult<HostConfig> read, ReadOnlyMemory<byte> payload)
    {
        if (!read.Ok)
            return Decoded.Bad(Errors(read.Errors));

        ImmutableArray<ResourceSpec> resources = [.. read.Value.ResourceConfigs.Select(Spec)];
        ImmutableArray<AttachmentSpec> attachments = [.. read.Value.Networkattachments.Select(Spec)];
        var errors = new DocumentErrors();
        for (int i = 0; i < resources.Length; i++)
            errors.Add($"resourceConfigs[{i}]", ObjectKey.Resource(resources[i].Name), DesiredValidator.Validate(resources[i]));
        for (int i = 0; i < attachments.Length; i++)
            errors.Add($"networkattachments[{i}]", ObjectKey.Attachment(attachments[i].Name), DesiredValidator.Validate(attachments[i]));

        return errors.All.Count == 0
            ? Decoded.Good(new HeldMessage(payload, resources, attachments))
            : new Decoded(null, new Refusal([.. errors.All]), errors.ByObject);
    }

    private static ResourceSpec Spec(ResourceConfig config) => new(
        config.Name,
        Clamp(config.Mtu),
        Clamp(config.NumVfs),
        config.NeedVhostNet,
        config.NicSelector is { } selector ? Selector(selector) : new NicSelector([], [], [], []),
        config.DeviceType.Length == 0 ? DeviceTypes.NetDevice : config.DeviceType,
        config.Generation,
        (DisruptionPolicy)config.DisruptionPolicy,
        (DeletionPolicy)config.DeletionPolicy)
    {
        ExternallyManaged = config.ExternallyManaged,
        ObserveOnly = config.ObserveOnly,
        AllowsManagementNic = config.AllowManagementNic,
        SkipsKernelDriver = config is { HasDriversAutoprobe: true, DriversAutoprobe: false },
        Eswitch = config.EswitchMode == Protocol.V1.EswitchMode.Types.Value.Unchanged ? null : (EswitchMode)((int)config.EswitchMode - 1),
        ExpectMatches = Clamp(config.ExpectMatches),
        VfMtu = Clamp(config.VfMtu),
        VfDefaults = config.VfDefaults is { } defaults ? Settings(defaults) : VfSettings.None,
        VfOverrides = [.. config.Vfs.Select(vf => new VfOverride(vf.Indexes, Settings(vf)))],
    };

    // A message may hold itself without end, as bytes allow; the validator wants one level, so two are enough to tell.
    private static NicSelector Selector(Protocol.V1.NicSelector selector, int depth = 0) =>
        new([.. selector.Vendors], [.. selector.Drivers], [.. selector.Devices], [.. selector.PfNames])
        {
            DeviceIds = [.. selector.DeviceIds],
            Macs = [.. selector.Macs],
            Exclude = selector.Exclude is { } exclude && depth < 2 ? Selector(exclude, depth + 1) : null,
        };

    private static VfSettings Settings(Protocol.V1.VfSettings settings) => new(
        settings.HasMac ? settings.Mac.ToLowerInvariant() : null,
        settings.Vlan is { } vlan ? new VfVlan(Clamp(vlan.Id), Clamp(vlan.Qos), VlanProtocolOf(vlan.Proto)) : null,
        settings.HasTrust ? settings.Trust : null,
        settings.HasSpoofchk ? settings.Spoofchk : null,
        settings.HasLinkState ? (VfLinkState)settings.LinkState : null,
        settings.HasMinTxRate ? Clamp(settings.MinTxRate) : null,
        settings.HasMaxTxRate ? Clamp(settings.MaxTxRate) : null);

    // The validator refuses what is not a protocol; it only has to stay that.
    private static VlanProtocol VlanProtocolOf(string text) => text.ToLowerInvariant() switch
    {
        "" or "802.1q" => VlanProtocol.Dot1Q,
        "802.1ad" => VlanProtocol.Dot1Ad,
        _ => default,
    };

    private static AttachmentSpec Spec(NetworkAttachment attachment) => new(
        attachment.Name,
        attachment.ResourceName.Length == 0 ? null : attachment.ResourceName,
        attachment.Config is { } config ? StructJson.ToJson(config) : new JsonObject(),
        attachment.Generation)
    {
        Allocation = (Allocation)attachment.Allocation,
    };

    // The validator refuses what does not fit; it only has to stay too large.
    private static int Clamp(uint value) => (int)Math.Min(value, int.MaxValue);

    private static IEnumerable<FieldError> NameErrors(string topicName, string name)
    {
        if (name.Length > 0 && name != topicName)
            yield return new FieldError("name", $"names another object than the topic, whose last level is \"{topicName}\"");
    }

    private static ImmutableArray<FieldError> Errors(IReadOnlyList<Protocol.FieldError> errors) =>
        [.. errors.Select(error => new FieldError(error.Field, error.Message))];

    private sealed class DocumentErrors
    {
        private readonly HashSet<ObjectKey> _seen = [];

        public List<FieldError> All { get; } = [];

        public Dictionary<ObjectKey, Refusal> ByObject { get; } = [];

        public void Add(string field, ObjectKey key, ImmutableArray<FieldError> errors)
        {
            if (!_seen.Add(key))
                errors = errors.Add(new FieldError("name", $"\"{key.Name}\" is in the document twice"));
            if (errors.IsEmpty)
                return;

            All.AddRange(errors.Select(error => error with { Field = error.Field.Length == 0 ? field : $"{field}.{error.Field}" }));
            if (ObjectName.IsValid(key.Name))
                ByObject[key] = new Refusal(errors);
        }
    }
}

/// <param name="Message">What it says; null when anything is wrong with it.</param>
/// <param name="Refusal">Everything that is wrong with it.</param>
/// <param name="ByObject">For a document: what is wrong with which object.</param>
internal sealed record Decoded(HeldMessage? Message, Refusal? Refusal, IReadOnlyDictionary<ObjectKey, Refusal> ByObject)
{
    private static readonly Dictionary<ObjectKey, Refusal> _none = [];

    public static Decoded Good(HeldMessage message) => new(message, null, _none);

    public static Decoded Bad(ImmutableArray<FieldError> errors) => new(null, new Refusal(errors), _none);
}
