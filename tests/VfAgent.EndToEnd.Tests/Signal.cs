namespace VfAgent.EndToEnd.Tests;

/// <summary>Waiting without sleeping: a condition is looked at again whenever something that may change it has happened.</summary>
public sealed class Signal
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);
    private TaskCompletionSource _next = New();

    /// <summary>Something happened.</summary>
    public void Set() => Interlocked.Exchange(ref _next, New()).SetResult();

    /// <summary>Waits until a condition holds.</summary>
    /// <exception cref="TimeoutException">It did not within 30 s; <paramref name="otherwise"/> says what is instead.</exception>
    public async Task UntilAsync(Func<bool> condition, Func<string> otherwise)
    {
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        deadline.CancelAfter(_patience);
        while (true)
        {
            // Taken before looking, so that nothing that happens in between is missed.
            Task next = Volatile.Read(ref _next).Task;
            if (condition())
                return;

            try
            {
                await next.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException late) when (!cancelled.IsCancellationRequested)
            {
                throw new TimeoutException(otherwise(), late);
            }
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
