using VfAgent.Protocol;

namespace VfAgent.Preview;

/// <summary>What follows <c>plan</c> on the command line.</summary>
/// <param name="File">The config's path; <c>-</c> for standard input, null when not given.</param>
/// <param name="Json">For programs.</param>
/// <param name="Settings">The rest, which are settings.</param>
internal sealed record PlanArguments(string? File, bool Json, IReadOnlyList<string> Settings)
{
    private const string StandardInput = "-";

    public static PlanArguments Parse(IReadOnlyList<string> arguments)
    {
        string? file = null;
        bool json = false;
        List<string> settings = [];
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == "-f" && i + 1 < arguments.Count)
                file = arguments[++i];
            else if (arguments[i] == "--json")
                json = true;
            else if (arguments[i] != "-f")
                settings.Add(arguments[i]);
        }

        return new PlanArguments(file, json, settings);
    }

    /// <returns>The config's name in messages and its bytes, or why there are none.</returns>
    public async Task<((string Name, byte[] Payload) Config, string? Error)> ReadAsync()
    {
        if (File is null)
            return (default, "plan needs -f FILE, a HostConfig as JSON or protobuf (- for standard input)");

        try
        {
            await using Stream stream = File == StandardInput ? Console.OpenStandardInput() : System.IO.File.OpenRead(File);

            // A byte more than is allowed is enough to be refused.
            byte[] payload = new byte[PayloadReader.MaxBytes + 1];
            int length = await stream.ReadAtLeastAsync(payload, payload.Length, throwOnEndOfStream: false);
            return ((File == StandardInput ? "standard input" : File, payload[..length]), null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (default, $"{File}: {exception.Message}");
        }
    }
}
