using Microsoft.Extensions.Logging;
using VfAgent.Protocol;

namespace VfAgent.Demo;

/// <summary>One demo from start to end: the broker, the operator and the host, the story over them, and what is said when it breaks off.</summary>
internal static class DemoRun
{
    /// <returns>The exit code: 1 when something did not happen as told.</returns>
    public static async Task<int> RunAsync(DemoOptions options, Story story, ILoggerFactory loggers, CancellationToken stop)
    {
        try
        {
            string folder = await PlayAsync(options, story, loggers, stop);
            story.Show($"{folder} is removed.");
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            story.Title("Stopped before the end of the story.");
        }
        // What can go wrong without being a bug: something does not come, or cannot be had.
        catch (Exception exception) when (exception is TimeoutException or IOException)
        {
            story.Gap();
            story.Title($"The demo breaks off: {exception.Message}");
        }

        return 1;
    }

    private static async Task<string> PlayAsync(DemoOptions options, Story story, ILoggerFactory loggers, CancellationToken stop)
    {
        var topics = new Topics(Topics.DefaultRoot, DemoHost.Id);
        await using DemoBroker broker = await DemoBroker.StartAsync(options.Port);
        await using DemoOperator me =
            await DemoOperator.ConnectAsync(broker.Port, topics, [topics.StatusFilter, topics.JsonStatusFilter, topics.Events], options.Patience, stop);
        await using DemoHost host = DemoHost.Start(broker.Port, loggers);
        var script = new DemoScript(story, topics, broker, me, host);

        using CancellationTokenSource telling = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task told = TellAsync(script, options.Once, telling.Token);
        if (await Task.WhenAny(told, host.Running) != told)
        {
            await telling.CancelAsync();
            await told.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new IOException($"the agent has ended: {(await host.Running).Reason}");
        }

        await told;
        await script.EndAsync();
        return host.Folder;
    }

    private static async Task TellAsync(DemoScript script, bool once, CancellationToken stop)
    {
        await script.TellAsync(stop);
        if (!once)
            await script.RunOnAsync(stop);
    }
}
