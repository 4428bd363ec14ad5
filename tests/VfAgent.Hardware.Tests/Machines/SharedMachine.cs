using VfAgent.Hardware.Tests.Machines;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(SharedMachine))]
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace VfAgent.Hardware.Tests.Machines;

/// <summary>One boot for all tests, which run one after the other and each on NICs that nobody has touched.</summary>
public sealed class SharedMachine() : OneMachine(Machine.Release);

/// <summary>Likewise, for the tests of one class.</summary>
public sealed class Debian13Machine() : OneMachine(Machine.Debian13);

public abstract class OneMachine(string release) : IAsyncLifetime
{
    private Machine? _machine;

    public Machine Machine => _machine ?? throw new InvalidOperationException("The machine has not booted.");

    public async ValueTask InitializeAsync() => _machine = await Machines.Machine.StartAsync(release);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_machine is not null)
            await _machine.DisposeAsync();
    }
}
