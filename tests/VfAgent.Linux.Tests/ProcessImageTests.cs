using System.Globalization;

namespace VfAgent.Linux.Tests;

public sealed class ProcessImageTests
{
    [Fact]
    public void Pages_that_are_as_on_disk_are_given_back_and_the_code_runs_on()
    {
        int before = ResidentFileKilobytes();

        ProcessImage.Release();

        int after = ResidentFileKilobytes();
        Assert.True(after < before * 3 / 4, $"{before} kB before, {after} kB after");
    }

    private static int ResidentFileKilobytes() => int.Parse(
        File.ReadLines("/proc/self/status").Single(line => line.StartsWith("RssFile:", StringComparison.Ordinal)).Split(':', ' ', '\t')
            .Single(word => word.All(char.IsAsciiDigit) && word.Length > 0),
        CultureInfo.InvariantCulture);
}
