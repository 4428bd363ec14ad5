using Google.Protobuf.WellKnownTypes;
using VfAgent.Core.Status;
using VfAgent.Protocol.V1;
using Phase = VfAgent.Core.Status.Phase;

namespace VfAgent.Status;

/// <summary>States as conditions. Remembers since when each has been as it is.</summary>
internal sealed class Conditions(TimeProvider time)
{
    private readonly Dictionary<(string About, string Type), Condition> _last = [];

    public static Protocol.V1.Phase.Types.Value Wire(Phase phase) => phase switch
    {
        Phase.InSync => Protocol.V1.Phase.Types.Value.InSync,
        Phase.Progressing => Protocol.V1.Phase.Types.Value.Progressing,
        Phase.Pending => Protocol.V1.Phase.Types.Value.Pending,
        Phase.Blocked => Protocol.V1.Phase.Types.Value.Blocked,
        Phase.Degraded => Protocol.V1.Phase.Types.Value.Degraded,
        _ => Protocol.V1.Phase.Types.Value.Rejected,
    };

    /// <param name="about">What names the object among all that have conditions.</param>
    /// <param name="state">How it is.</param>
    /// <param name="configured">Whether it has a config of its own, which can be accepted or not.</param>
    public IEnumerable<Condition> Of(string about, ObjectState state, bool configured)
    {
        if (configured)
        {
            yield return state.Refusal is { } refusal
                ? Stamp(about, "Accepted", Condition.Types.Status.False, Reasons.InvalidConfig, refusal.ToString())
                : Stamp(about, "Accepted", Condition.Types.Status.True, null, "");
        }

        yield return state.Findings is [var worst, ..]
            ? Stamp(about, "InSync", Condition.Types.Status.False, worst.Reason, string.Join("; ", state.Findings.Select(finding => finding.Message)))
            : Stamp(about, "InSync", Condition.Types.Status.True, null, "");

        if (state.NotRetained)
        {
            yield return Stamp(about, "Retained", Condition.Types.Status.False, Reasons.NotRetained,
                "the broker does not hold this config: it is in force here and would not come back from there");
        }
    }

    /// <summary>A document's condition, which has no object of its own.</summary>
    public Condition Accepted(string about, string message) => Stamp(about, "Accepted", Condition.Types.Status.False, Reasons.InvalidConfig, message);

    public void Forget(string about)
    {
        foreach (string type in (string[])["Accepted", "InSync", "Retained"])
            _last.Remove((about, type));
    }

    // The reason of a good condition is its type: "Accepted", "InSync".
    private Condition Stamp(string about, string type, Condition.Types.Status status, Reason? reason, string message)
    {
        var condition = new Condition { Type = type, Status = status, Reason = reason?.Code ?? type, Message = message, Remedy = reason?.Remedy ?? "" };
        condition.LastTransitionTime = _last.TryGetValue((about, type), out Condition? last) && last.Status == status && last.Reason == condition.Reason
            ? last.LastTransitionTime
            : Timestamp.FromDateTimeOffset(time.GetUtcNow());
        _last[(about, type)] = condition;
        return condition;
    }
}
