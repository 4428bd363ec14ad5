using VfAgent.Core.Kernel;

namespace VfAgent.Reconcile;

/// <summary>Runs blocking work and stops waiting at a deadline. The work itself cannot be stopped: a driver that hangs, hangs.</summary>
internal sealed class Worker(IKernel kernel, TimeProvider time)
{
    public async Task<Attempt<T>> RunAsync<T>(Func<T> work, TimeSpan deadline)
    {
        Task<T> running = kernel.RunAsync(work);
        try
        {
            return new Attempt<T>(await running.WaitAsync(deadline, time), null);
        }
        catch (TimeoutException) when (!running.IsFaulted)
        {
            return new Attempt<T>(default, running);
        }
    }

    /// <summary>Waits until work that did not return in time has come back after all, well or not; what it says then is of no use any more.</summary>
    public static async Task ReturnOf(Task hung) =>
        await hung.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
}

/// <param name="Value">What the work returned.</param>
/// <param name="Hung">The work, when it did not return by the deadline; null when it did.</param>
internal readonly record struct Attempt<T>(T? Value, Task? Hung);
