using System.Diagnostics.CodeAnalysis;

namespace VfAgent.Linux;

/// <summary>
/// Threads for calls that may never return. The thread pool adds threads for hung ones only slowly, and the rest of the process would wait
/// with it; here work that finds no idle thread gets a new one at once, so a hung call costs its own thread and nobody's time.
/// </summary>
internal sealed class BlockingWorkers : TaskScheduler, IDisposable
{
    // How many threads stay when there is nothing to do: enough that a usual round starts none.
    private const int MaxIdle = 4;

    private readonly object _gate = new();
    private readonly Queue<Task> _queue = new();
    private int _idle;
    private bool _disposed;

    internal Task<T> RunAsync<T>(Func<T> work)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return Task.Factory.StartNew(
            work,
            CancellationToken.None,
            TaskCreationOptions.DenyChildAttach | TaskCreationOptions.HideScheduler | TaskCreationOptions.RunContinuationsAsynchronously,
            this);
    }

    /// <summary>Idle threads end; what runs or is queued still runs, and a hung call does not keep the process alive.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Monitor.PulseAll(_gate);
        }
    }

    protected override void QueueTask(Task task)
    {
        lock (_gate)
        {
            _queue.Enqueue(task);
            if (_queue.Count <= _idle)
            {
                Monitor.Pulse(_gate);
                return;
            }
        }

        new Thread(Work) { IsBackground = true, Name = "kernel calls" }.UnsafeStart();
    }

    // Never on the thread that waits for it.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_gate)
            return _queue.ToArray();
    }

    private void Work()
    {
        while (TryNext(out Task? task))
            TryExecuteTask(task);
    }

    private bool TryNext([NotNullWhen(true)] out Task? task)
    {
        lock (_gate)
        {
            while (_queue.Count == 0)
            {
                if (_disposed || _idle == MaxIdle)
                {
                    task = null;
                    return false;
                }

                _idle++;
                Monitor.Wait(_gate);
                _idle--;
            }

            task = _queue.Dequeue();
            return true;
        }
    }
}
