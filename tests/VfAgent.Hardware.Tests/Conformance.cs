using System.Text.Json.Nodes;
using VfAgent.Conformance;
using VfAgent.EndToEnd.Tests.Hosts;
using VfAgent.Hardware.Tests.Machines;

namespace VfAgent.Hardware.Tests;

/// <summary>
/// The real kernel does what the simulated one is held to: the same checks run on that in VfAgent.Simulation.Tests, but for those of netdevsim.
/// </summary>
public sealed class Conformance(Conformance.Results results) : IClassFixture<Conformance.Results>
{
    public static TheoryData<string> Names => [.. Check.All.Concat(Check.OfRealKernels).Select(check => check.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_kernel_does_what_the_simulated_kernel_is_held_to(string name)
    {
        Assert.True(results.ByName.TryGetValue(name, out JsonNode? result), $"The check did not run:\n{results.Errors}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{result["milliseconds"]} ms");
        Assert.True(result["failure"] is null, (string?)result["failure"]);
    }

    /// <summary>All checks in one run of the executable inside the machine.</summary>
    public sealed class Results(SharedMachine shared) : IAsyncLifetime
    {
        public IReadOnlyDictionary<string, JsonNode> ByName { get; private set; } = new Dictionary<string, JsonNode>();

        public string Errors { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            string built = Environment.GetEnvironmentVariable("TEST_VFAGENT_CONFORMANCE")
                ?? Path.Combine(Binary.Root, "artifacts", "conformance", "conformance");
            File.Copy(built, Path.Combine(shared.Machine.Share, "conformance"), overwrite: true);
            await Host.CleanAsync(shared.Machine);
            Output output = await shared.Machine.TryAsync("cp /mnt/share/conformance /run/conformance && /run/conformance");
            ByName = output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonNode.Parse(line)!)
                .ToDictionary(line => (string)line["name"]!, StringComparer.Ordinal);
            Errors = $"exit code {output.ExitCode}\n{output.Errors}";
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
