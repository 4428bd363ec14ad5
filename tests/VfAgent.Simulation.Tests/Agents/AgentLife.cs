using MQTTnet;
using VfAgent.Core.Kernel;
using VfAgent.Mqtt;
using VfAgent.Simulation.Tests.Invariants;
using VfAgent.Simulation.Tests.Runs;
using VfAgent.Simulation.Tests.Scheduling;

namespace VfAgent.Simulation.Tests.Agents;

/// <summary>One process of the agent, from its start to its end.</summary>
internal sealed class AgentLife
{
    private readonly Run _run;
    private readonly Action _ended;
    private readonly Action _stop;

    /// <param name="run">Where it lives.</param>
    /// <param name="number">How many there were before.</param>
    /// <param name="ended">Told when it has ended by itself.</param>
    public AgentLife(Run run, int number, Action ended)
    {
        (_run, _ended) = (run, ended);
        Process = run.Scheduler.NewProcess($"agent {number}");
        Process.OnException = exception => run.Break(Promises.NoException, exception.ToString());
        CancellationTokenSource stop = new();
        _stop = stop.Cancel;
        Process.Post(() => _ = LiveAsync(number, stop.Token));
    }

    public SimulatedProcess Process { get; }

    /// <summary>SIGTERM.</summary>
    public void Stop() => Process.Post(_stop);

    private async Task LiveAsync(int number, CancellationToken stop)
    {
        Random random = Seeds.For(_run.Plan.Seed, Process.Name);
        using var loggers = new TraceLoggers(_run.Trace);
        try
        {
            IKernel kernel = new AgentKernel(_run.World.Kernel, Process, random);
            IDisk disk = _run.World.Disk;
            Func<Wire, IMqttClient> newClient = _run.Broker.NewClient;
            if (_run.Mutation is { } bug)
                (kernel, disk, newClient) = (bug.Kernel(kernel, Process.Time), bug.Disk(disk), wire => bug.Client(_run.Broker.NewClient(wire)));
            var agent = new Agent(AgentSettings.Of(_run.Plan), kernel, disk, Process.Time, random, newClient, loggers)
            {
                TrimMemory = () => { },
            };
            SessionEnd end = await agent.RunAsync(stop);
            _run.Trace.Note("agent", $"life {number} ends: {end}");
        }
        catch (SimulatedCrashException)
        {
            // Already buried.
            return;
        }
        catch (IOException unusable)
        {
            // As AgentHost does.
            _run.Trace.Note("agent", $"life {number} ends: {unusable.Message}");
        }
        catch (Exception exception)
        {
            _run.Break(Promises.NoException, exception.ToString());
        }

        Process.Kill();
        _ended();
    }
}
