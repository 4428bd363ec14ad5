using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using VfAgent.Logging;

namespace VfAgent.Demo;

/// <summary><c>vfagent demo</c>: what the terminal has to do with it.</summary>
internal static class DemoVerb
{
    private const int BadUsage = 2;

    /// <param name="arguments">What follows the verb.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        if (DemoOptions.Parse(arguments) is not { } options)
        {
            await Console.Error.WriteLineAsync("vfagent: demo takes --once, --port=N (0 to 65535, 0 for any free one) and --verbose, and nothing else");
            return BadUsage;
        }

        using CancellationTokenSource stop = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using ILoggerFactory loggers = Loggers(options.Verbose);
        return await DemoRun.RunAsync(options, new Story(Console.Out, HasColours()), loggers, stop.Token);

        void Stop(PosixSignalContext signal)
        {
            // In good order; a second time ends it at once.
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }

    // https://no-color.org
    private static bool HasColours() =>
        !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    // The agent's own log would garble the story, so it is off; when asked for, it goes where it can be told apart.
    private static ILoggerFactory Loggers(bool verbose) => !verbose ? NullLoggerFactory.Instance : LoggerFactory.Create(logging =>
    {
        logging.AddConsole(console => (console.FormatterName, console.LogToStandardErrorThreshold) = ("plain", LogLevel.Trace));
        logging.Services.AddSingleton(TimeProvider.System);
        logging.Services.AddSingleton<ConsoleFormatter, PlainFormatter>();
    });
}

/// <param name="Once">End with the story instead of running on.</param>
/// <param name="Port">The broker's; 0 for a free one.</param>
/// <param name="Verbose">Show the agent's log too.</param>
internal sealed record DemoOptions(bool Once = false, int Port = 0, bool Verbose = false)
{
    /// <summary>How long each thing that the story waits for may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <returns>null when an argument is not one of ours.</returns>
    public static DemoOptions? Parse(IReadOnlyList<string> arguments)
    {
        DemoOptions? options = new();
        foreach (string argument in arguments)
        {
            options = argument switch
            {
                "--once" => options with { Once = true },
                "--verbose" => options with { Verbose = true },
                _ when argument.Split('=') is ["--port", var text] && ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) =>
                    options with { Port = port },
                _ => null,
            };
            if (options is null)
                return null;
        }

        return options;
    }
}
