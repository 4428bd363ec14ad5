namespace VfAgent.Status;

/// <summary>Who speaks.</summary>
/// <param name="HostId">The {host} of the topics.</param>
/// <param name="SessionId">One run of the agent.</param>
/// <param name="BootId">The kernel's.</param>
/// <param name="KernelVersion">As uname -r.</param>
/// <param name="Version">The agent's.</param>
/// <param name="StartedAt">When the run began.</param>
/// <param name="Capabilities">What a controller may ask for.</param>
internal sealed record AgentIdentity(
    string HostId, string SessionId, string BootId, string KernelVersion, string Version, DateTimeOffset StartedAt, IReadOnlyList<string> Capabilities);
