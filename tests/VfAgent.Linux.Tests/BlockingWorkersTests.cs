namespace VfAgent.Linux.Tests;

public sealed class BlockingWorkersTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Fifty_hung_calls_do_not_hold_up_the_next_one()
    {
        using var kernel = new LinuxKernel();
        using var release = new ManualResetEventSlim();
        using var hung = new CountdownEvent(50);
        Task<int>[] calls = [.. Enumerable.Range(0, 50).Select(number => kernel.RunAsync(() => Hang(number)))];
        Assert.True(hung.Wait(_patience, TestContext.Current.CancellationToken));

        int answer = await kernel.RunAsync(() => 42).WaitAsync(_patience, TestContext.Current.CancellationToken);

        Assert.Equal(42, answer);
        Assert.All(calls, call => Assert.False(call.IsCompleted));
        release.Set();
        Assert.Equal(Enumerable.Range(0, 50), await Task.WhenAll(calls));

        int Hang(int number)
        {
            hung.Signal();
            release.Wait();
            return number;
        }
    }

    [Fact]
    public async Task Calls_never_run_on_the_thread_pool()
    {
        using var kernel = new LinuxKernel();

        Assert.False(await kernel.RunAsync(() => Thread.CurrentThread.IsThreadPoolThread));
    }

    [Fact]
    public async Task Calls_one_after_another_share_few_threads()
    {
        using var kernel = new LinuxKernel();
        var threads = new HashSet<int>();
        for (int call = 0; call < 200; call++)
            threads.Add(await kernel.RunAsync(() => Environment.CurrentManagedThreadId));

        Assert.InRange(threads.Count, 1, 8);
    }

    [Fact]
    public async Task Every_one_of_many_calls_at_once_is_answered()
    {
        using var kernel = new LinuxKernel();

        int[] answers = await Task.WhenAll(Enumerable.Range(0, 2000).Select(number => kernel.RunAsync(() => number)));

        Assert.Equal(Enumerable.Range(0, 2000), answers);
    }

    [Fact]
    public async Task An_exception_is_the_callers()
    {
        using var kernel = new LinuxKernel();

        await Assert.ThrowsAsync<InvalidOperationException>(() => kernel.RunAsync<int>(() => throw new InvalidOperationException()));
    }

    [Fact]
    public async Task Work_under_way_outlives_the_kernel_and_new_work_does_not()
    {
        var kernel = new LinuxKernel();
        using var release = new ManualResetEventSlim();
        Task<int> call = kernel.RunAsync(() =>
        {
            release.Wait();
            return 1;
        });

        kernel.Dispose();
        release.Set();

        Assert.Equal(1, await call);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => kernel.RunAsync(() => 2));
    }
}
