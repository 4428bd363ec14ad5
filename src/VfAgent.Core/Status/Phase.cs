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
