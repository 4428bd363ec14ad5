namespace VfAgent.Core.Status;

/// <summary>One word for an object, from best to worst: the worst of its parts is the whole's.</summary>
public enum Phase
{
    InSync,
    Progressing,
    Pending,
    Blocked,
    Degraded,
    Rejected,
}

public static class PhaseWords
{
    /// <summary>As the schema writes it: <c>IN_SYNC</c>.</summary>
    public static string Word(this Phase phase) => phase switch
    {
        Phase.InSync => "IN_SYNC",
        Phase.Progressing => "PROGRESSING",
        Phase.Pending => "PENDING",
        Phase.Blocked => "BLOCKED",
        Phase.Degraded => "DEGRADED",
        _ => "REJECTED",
    };
}
