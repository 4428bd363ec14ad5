using System.Runtime.CompilerServices;
using VfAgent.Conformance.Checks;

namespace VfAgent.Conformance;

/// <summary>One thing that the kernel does. Its name is its method's, a sentence.</summary>
/// <param name="Run">Does something and says what should come of it.</param>
/// <param name="Vfs">How many VFs the NIC has when it begins.</param>
/// <param name="Name">The method's.</param>
public sealed record Check(Func<KernelUnderTest, Task> Run, int Vfs = 0, [CallerArgumentExpression(nameof(Run))] string Name = "")
{
    /// <summary>What the simulated kernel is held to.</summary>
    public static IReadOnlyList<Check> All { get; } =
    [
        .. FileChecks.All, .. DriverChecks.All, .. LinkChecks.All, .. NumVfsChecks.All, .. TreeChecks.All, .. VfAttributeChecks.All,
        .. EventChecks.All, .. NamespaceChecks.All,
    ];

    /// <summary>What only a real kernel can be asked.</summary>
    public static IReadOnlyList<Check> OfRealKernels { get; } = NetdevsimChecks.All;

    /// <summary>Makes the hardware that it is about, if not the NICs as after boot.</summary>
    public Func<KernelUnderTest, Task>? Prepare { get; init; }

    /// <summary>Runs it on NICs as after boot or, if it takes VFs, right after those were made.</summary>
    /// <returns>null, or what was not as expected.</returns>
    public async Task<string?> RunAsync(KernelUnderTest kernel)
    {
        try
        {
            await (Prepare?.Invoke(kernel) ?? kernel.ResetAsync(Vfs));
            await Run(kernel);
            return null;
        }
        catch (UnexpectedException unexpected)
        {
            return unexpected.Message;
        }
    }

    public override string ToString() => Name;
}
