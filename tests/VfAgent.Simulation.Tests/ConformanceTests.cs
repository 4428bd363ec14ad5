using Microsoft.Extensions.Time.Testing;
using VfAgent.Conformance;

namespace VfAgent.Simulation.Tests;

/// <summary>The simulated igb does what the real one does: the same checks run on a real kernel in VfAgent.Hardware.Tests.</summary>
public sealed class ConformanceTests
{
    // As fast as the kernel, whose write of a count returns when all is done but udev's part and the carrier.
    private static SimulationOptions AsMeasured { get; } = SimulationOptions.Immediate with
    {
        RenameNetdevs = true,
        RenameDelay = TimeSpan.FromMilliseconds(40),
        CarrierDelay = TimeSpan.FromSeconds(1.5),
    };

    public static TheoryData<string> Names => [.. Check.All.Select(check => check.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_simulated_kernel_does_what_the_kernel_does(string name)
    {
        FakeTimeProvider time = new();
        using SimulatedWorld world = new([NicModel.Igb, NicModel.Igb], time, AsMeasured);
        KernelUnderTest kernel = new(world.Kernel, time, () =>
        {
            time.Advance(TimeSpan.FromMilliseconds(5));
            return Task.CompletedTask;
        });

        string? failure = await Check.All.Single(check => check.Name == name).RunAsync(kernel);

        Assert.True(failure is null, failure);
    }
}
