using MQTTnet;
using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests.Mutations;

/// <summary>A bug that the promises have to show. Where the seams reach it is planted there, so that the agent's code knows nothing of it.</summary>
/// <param name="Name">As given to <c>--mutation</c>.</param>
/// <param name="Plants">What is wrong.</param>
/// <param name="Seeds">Within how many seeds, from 1 on, it shows.</param>
/// <param name="Breaks">The promises that it breaks. That another breaks in its wake, or by accident, shows nothing.</param>
internal sealed record Mutation(string Name, string Plants, int Seeds, params string[] Breaks)
{
    public Func<IKernel, TimeProvider, IKernel> Kernel { get; init; } = (kernel, _) => kernel;

    public Func<IDisk, IDisk> Disk { get; init; } = disk => disk;

    public Func<IMqttClient, IMqttClient> Client { get; init; } = client => client;
}
