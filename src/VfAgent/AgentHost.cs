using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using MQTTnet;
using VfAgent.Core.Kernel;
using VfAgent.Linux;
using VfAgent.Linux.Files;
using VfAgent.Logging;
using VfAgent.Mqtt;
using VfAgent.Options;
using VfAgent.Simulation;

namespace VfAgent;

/// <summary>The agent as a service of this machine: signals, systemd, the journal.</summary>
internal static partial class AgentHost
{
    public static async Task<int> RunAsync(Settings settings)
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddConfiguration(settings.Configuration);
        builder.Logging.AddConfiguration(settings.Configuration.GetSection("Logging"));
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddConsole(console => console.FormatterName = "plain");
        builder.Services.AddSingleton<ConsoleFormatter, PlainFormatter>();
        builder.Services.AddSystemd();
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(Random.Shared);
        builder.Services.AddSingleton(Kernel(settings));
        builder.Services.AddSingleton<IDisk, LinuxDisk>();
        builder.Services.AddSingleton<Func<Wire, IMqttClient>>(WiredClient.Create);
        builder.Services.AddSingleton<Agent>();
        builder.Services.AddSingleton<Outcome>();
        builder.Services.AddHostedService<AgentService>();

        using IHost host = builder.Build();
        var outcome = host.Services.GetRequiredService<Outcome>();
        await host.RunAsync();
        return outcome.ExitCode;
    }

    internal static IKernel Kernel(Settings settings)
    {
        if (settings.Agent.Simulate is not { } simulate)
            return new LinuxKernel(settings.Linux.SysRoot, settings.Linux.ProcRoot);

        return SimulatedNics.TryParse(simulate, out IReadOnlyList<NicModel>? nics, out string? error)
            ? new SimulatedWorld(nics, TimeProvider.System).Kernel
            : throw new InvalidOperationException(error);
    }

    private sealed partial class AgentService(Agent agent, Outcome outcome, IHostApplicationLifetime lifetime, ILogger<AgentService> logger) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            try
            {
                SessionEnd end = await agent.RunAsync(stoppingToken);

                // Agent:HostId is a setting, and one that two agents have is a bad one: systemd is told not to start this one again.
                outcome.ExitCode = end.TakenOver ? 2 : end.Failed ? 1 : 0;
            }
            catch (IOException unusable)
            {
                // The agent's own folders: nothing for a stack trace to explain.
                CannotRun(unusable.Message);
            }

            lifetime.StopApplication();
        }

        [LoggerMessage(2100, LogLevel.Critical, "{Reason}. `vfagent doctor` says what this host lacks.")]
        private partial void CannotRun(string reason);
    }

    // Anything but a clean end is a failure.
    private sealed class Outcome
    {
        public int ExitCode { get; set; } = 1;
    }
}
