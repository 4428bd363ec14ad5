using MQTTnet.Protocol;

namespace VfAgent.Simulation.Tests.Broker;

/// <summary>What goes wrong at the broker and on the way to it; as made, nothing. Chances are between 0 and 1. May change at any time.</summary>
internal sealed class BrokerFaults
{
    /// <summary>How long a packet travels, in whole milliseconds; at least 1.</summary>
    public (int Least, int Most) Latency { get; set; } = (1, 1);

    /// <summary>The chance that a message is passed on twice.</summary>
    public double Duplicates { get; set; }

    /// <summary>The chance that messages of other topics may overtake a message; those of its own topic never do.</summary>
    public double Reorders { get; set; }

    /// <summary>
    /// The chance that what is retained is read when a client subscribes, and sent only after changes of the next moments
    /// (docs/design/replay-at-every-connect.md).
    /// </summary>
    public double LateReplays { get; set; }

    /// <summary>The longest that a message waits because of <see cref="Reorders"/> or <see cref="LateReplays"/>.</summary>
    public TimeSpan LongestWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The chance that the connection breaks with a client's PUBLISH on the way.</summary>
    public double CutsBeforeAccept { get; set; }

    /// <summary>The chance that the connection breaks when the broker has a client's PUBLISH, with the PUBACK on the way.</summary>
    public double CutsAfterAccept { get; set; }

    /// <summary>The chance that the connection breaks with a PUBLISH to a client on the way.</summary>
    public double CutsDeliveries { get; set; }

    /// <summary>Whether PINGREQ is answered.</summary>
    public bool AnswersPings { get; set; } = true;

    /// <summary>Whether SUBSCRIBE and UNSUBSCRIBE are looked at.</summary>
    public bool AnswersSubscribes { get; set; } = true;

    /// <summary>Whether a client is told by DISCONNECT why it is thrown out; mosquitto before 2.1 does not tell that the session is taken over.</summary>
    public bool SaysWhyItCloses { get; set; } = true;

    /// <summary>While it is gone: whether whoever calls is refused at once, or waits until it gives up.</summary>
    public bool RefusesWhileGone { get; set; } = true;

    /// <summary>Nothing gets through to the broker, nor from it, and nobody is told.</summary>
    public bool IsOutOfReach { get; set; }

    /// <summary>Instead of Success.</summary>
    public MqttConnectReasonCode? RefusesConnect { get; set; }

    /// <summary>Which topics nobody may publish to, and why.</summary>
    public Func<string, MqttPubAckReasonCode?> RefusesPublish { get; set; } = _ => null;

    /// <summary>Which filters nobody may subscribe to, and why.</summary>
    public Func<string, MqttSubscribeReasonCode?> RefusesSubscribe { get; set; } = _ => null;

    /// <summary>Back to the start: nothing goes wrong any more.</summary>
    public void Clear()
    {
        BrokerFaults none = new();
        (Latency, LongestWait) = (none.Latency, none.LongestWait);
        (Duplicates, Reorders, LateReplays) = (0, 0, 0);
        (CutsBeforeAccept, CutsAfterAccept, CutsDeliveries) = (0, 0, 0);
        (AnswersPings, AnswersSubscribes, SaysWhyItCloses, RefusesWhileGone) = (true, true, true, true);
        IsOutOfReach = false;
        (RefusesConnect, RefusesPublish, RefusesSubscribe) = (null, none.RefusesPublish, none.RefusesSubscribe);
    }
}
