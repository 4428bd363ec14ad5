using System.Text;
using MQTTnet;
using MQTTnet.Packets;

namespace VfAgent.Mqtt;

/// <summary>
/// The ONLINE status of this run, told apart from another run's by an MQTT 5 user property, which a broker keeps with the retained message.
/// </summary>
/// <param name="topics">Where it is published, the first being the last will's.</param>
/// <param name="run">One word that no other run has; those of later runs sort after it.</param>
internal sealed class Birth(IReadOnlyList<string> topics, string run)
{
    private const string PropertyName = "vfagent-run";

    private readonly MqttUserProperty _mark = new(PropertyName, Encoding.UTF8.GetBytes(run));

    public IReadOnlyList<string> Topics => topics;

    /// <summary>The broker may have had it: from then on, what is retained there is ours, or a will, or another agent's.</summary>
    public bool WasSent { get; private set; }

    public List<MqttUserProperty>? MarkFor(string topic) => topics.Contains(topic, StringComparer.Ordinal) ? [_mark] : null;

    public void Sending(string topic) => WasSent |= topic == topics[0];

    /// <summary>Whether this is the birth as the broker keeps it, or what has taken its place.</summary>
    public bool IsRetained(MqttApplicationMessage message) => message.Retain && message.Topic == topics[0];

    /// <summary>
    /// Whether a run that began after ours is, or was until we came back, there: our return makes the broker publish the other's will, so
    /// that bears the mark too. An earlier run's is what a broker without its latest store has brought back. Farewells have no mark: an
    /// agent that has gone in good order is no rival.
    /// </summary>
    public bool IsOfLaterRun(MqttApplicationMessage message) =>
        message.UserProperties?.Find(property => property.Name == PropertyName) is { } mark
        && mark.ValueBuffer.Span.SequenceCompareTo(_mark.ValueBuffer.Span) > 0;
}
