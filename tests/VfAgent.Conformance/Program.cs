using System.Text.Json;
using VfAgent.Conformance;
using VfAgent.Linux;

// All checks against the kernel that this runs on, which has to be a test machine's: one line of JSON for each.
using var kernel = new LinuxKernel();
var underTest = new KernelUnderTest(kernel, TimeProvider.System, () => Task.Delay(5));
using Stream output = Console.OpenStandardOutput();
foreach (Check check in Check.All.Concat(Check.OfRealKernels))
{
    long start = TimeProvider.System.GetTimestamp();
    string? failure = await check.RunAsync(underTest);
    await using (Utf8JsonWriter line = new(output))
    {
        line.WriteStartObject();
        line.WriteString("name", check.Name);
        line.WriteString("failure", failure);
        line.WriteNumber("milliseconds", (long)TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
        line.WriteEndObject();
    }

    output.WriteByte((byte)'\n');
}

// Whoever has the machine next finds it as it was.
await underTest.ResetAsync(vfs: 0);
