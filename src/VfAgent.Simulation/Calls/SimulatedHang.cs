namespace VfAgent.Simulation.Calls;

/// <summary>
/// Unwinds the agent's work out of a call that blocks: there is no thread to leave sleeping in it. Thrown before the call has had its (remaining)
/// effect; the call is made again when something was released.
/// </summary>
internal sealed class SimulatedHang : Exception;
