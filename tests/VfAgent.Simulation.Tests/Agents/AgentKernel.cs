using VfAgent.Core.Kernel;
using VfAgent.Simulation.Tests.Runs;
using VfAgent.Simulation.Tests.Scheduling;

namespace VfAgent.Simulation.Tests.Agents;

/// <summary>
/// The simulated kernel as one life of the agent has it: work begins and its result comes when the scheduler says so, as on worker threads, and
/// events take their time. Work that dies with the agent ends for nobody.
/// </summary>
internal sealed class AgentKernel(SimulatedKernel kernel, SimulatedProcess process, Random random) : KernelDecorator(kernel)
{
    private static readonly TimeSpan _most = TimeSpan.FromMilliseconds(20);

    public override async Task<T> RunAsync<T>(Func<T> work)
    {
        await PauseAsync();
        try
        {
            T result = await base.RunAsync(work);
            await PauseAsync();
            return result;
        }
        catch (SimulatedCrashException)
        {
            await new TaskCompletionSource().Task;
            throw;
        }
    }

    // One thread reads the socket: late, but in order.
    public override IDisposable Watch(Action<KernelEvent> onEvent)
    {
        TimeSpan last = TimeSpan.Zero;
        long begun = process.Time.GetTimestamp();
        return base.Watch(kernelEvent =>
        {
            TimeSpan now = process.Time.GetElapsedTime(begun);
            TimeSpan due = now + random.Between(TimeSpan.Zero, _most);
            last = due > last ? due : last + TimeSpan.FromTicks(1);
            process.Time.CreateTimer(_ => onEvent(kernelEvent), null, last - now, Timeout.InfiniteTimeSpan);
        });
    }

    private async Task PauseAsync()
    {
        if (random.Chance(0.1))
            await Task.Delay(random.Between(TimeSpan.Zero, _most), process.Time);
        else
            await Task.Yield();
    }
}
