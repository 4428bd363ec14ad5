namespace VfAgent.Mqtt;

/// <summary>Keeps what waits for a task in its synchronization context; there is one where everything runs on one thread, as in a simulation.</summary>
internal static class TaskContext
{
    /// <summary>
    /// The task, for WaitAsync, WhenAny or WhenAll. Behind a task that runs its continuations asynchronously they go on in the thread pool, whatever
    /// the context of those who wait; an await goes on in it.
    /// </summary>
    public static async Task InContext(this Task task) => await task;

    /// <inheritdoc cref="InContext(Task)"/>
    public static async Task<T> InContext<T>(this Task<T> task) => await task;
}
