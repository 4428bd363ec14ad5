using VfAgent.Hardware.Tests.Machines;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(SharedMachine))]
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace VfAgent.Hardware.Tests.Machines;

/// <summary>One boot for all tests, which run one after the other and each on NICs that nobody has touched.</summary>
public sealed class SharedMachine : IAsyncLifetime
{
    private Machine? _machine;

    public Machine Machine => _machine ?? throw new InvalidOperationException("The machine has not booted.");

    public async ValueTask InitializeAsync() => _machine = await Machine.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_machine is not null)
            await _machine.DisposeAsync();
    }
}
