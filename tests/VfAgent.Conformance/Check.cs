using System.Runtime.CompilerServices;
using VfAgent.Conformance.Checks;

namespace VfAgent.Conformance;

/// <summary>One thing that the kernel does. Its name is its method's, a sentence.</summary>
public sealed record Check(Func<KernelUnderTest, Task> Run, [CallerArgumentExpression(nameof(Run))] string Name = "")
{
    public static IReadOnlyList<Check> All { get; } =
        [.. FileChecks.All, .. NumVfsChecks.All, .. TreeChecks.All, .. DriverChecks.All, .. LinkChecks.All, .. VfAttributeChecks.All, .. EventChecks.All];

    /// <summary>Runs it on NICs as after boot.</summary>
    /// <returns>null, or what was not as expected.</returns>
    public async Task<string?> RunAsync(KernelUnderTest kernel)
    {
        try
        {
            await kernel.ResetAsync();
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
