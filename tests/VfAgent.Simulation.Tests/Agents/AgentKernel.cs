using VfAgent.Core.Kernel;
using VfAgent.Simulation.Tests.Runs;
using VfAgent.Simulation.Tests.Scheduling;

namespace VfAgent.Simulation.Tests.Agents;

/// <summary>
/// The simulated kernel as one life of the agent has it: work begins and its result comes when the scheduler says so, as on worker threads, and
/// events take their time. Work that dies with the agent ends for nobody.
/// </summary>
internal sealed class AgentKernel(SimulatedKernel kernel, SimulatedProcess process, Random random) : IKernel
{
    private static readonly TimeSpan _most = TimeSpan.FromMilliseconds(20);

    public IoResult<string> Read(string path) => kernel.Read(path);

    public IoResult<IReadOnlyList<string>> List(string path) => kernel.List(path);

    public IoResult<string> ReadLink(string path) => kernel.ReadLink(path);

    public bool Exists(string path) => kernel.Exists(path);

    public IoResult<IReadOnlyList<OpenFile>> OpenFiles(string folder) => kernel.OpenFiles(folder);

    public IoError? Write(string path, string value) => kernel.Write(path, value);

    public IoResult<Link> GetLink(int ifindex) => kernel.GetLink(ifindex);

    public IoError? SetLinkMtu(int ifindex, int mtu) => kernel.SetLinkMtu(ifindex, mtu);

    public IoError? SetLinkUp(int ifindex, bool up) => kernel.SetLinkUp(ifindex, up);

    public IoResult<IReadOnlyList<VfAttributes>> GetVfs(int pfIfindex) => kernel.GetVfs(pfIfindex);

    public IoError? SetVf(int pfIfindex, int vf, VfSetting setting) => kernel.SetVf(pfIfindex, vf, setting);

    public IoError? LoadModule(string name) => kernel.LoadModule(name);

    public async Task<T> RunAsync<T>(Func<T> work)
    {
        await PauseAsync();
        try
        {
            T result = await kernel.RunAsync(work);
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
    public IDisposable Watch(Action<KernelEvent> onEvent)
    {
        TimeSpan last = TimeSpan.Zero;
        long begun = process.Time.GetTimestamp();
        return kernel.Watch(kernelEvent =>
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
