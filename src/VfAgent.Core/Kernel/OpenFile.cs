namespace VfAgent.Core.Kernel;

/// <param name="Path">As <c>/proc/{pid}/fd</c> shows it.</param>
/// <param name="ProcessId">In the agent's PID namespace.</param>
/// <param name="Process">The process's name (<c>/proc/{pid}/comm</c>, at most 15 bytes).</param>
public sealed record OpenFile(string Path, int ProcessId, string Process);
