using System.Globalization;
using VfAgent.EndToEnd.Tests.Hosts;

namespace VfAgent.Hardware.Tests;

/// <summary>Times of the same thing done by us and by a bare shell script, round by round in one machine.</summary>
/// <param name="name">Of the file that tells the result: a test that passes says nothing else, and tests/run.sh shows it.</param>
internal sealed class Comparison(string name)
{
    private readonly List<double> _ours = [];
    private readonly List<double> _shells = [];

    /// <summary>A round's times, in seconds.</summary>
    public void Add(double ours, double shells)
    {
        _ours.Add(ours);
        _shells.Add(shells);
    }

    /// <param name="what">Is done.</param>
    /// <param name="us">Who does it beside the shell.</param>
    /// <param name="most">How many times as long that may take, by the medians.</param>
    public async Task HoldsAsync(string what, string us, double most)
    {
        double ratio = Median(_ours) / Median(_shells);
        string report = $"{what}: {Median(_ours):F2} s by {us}, {Median(_shells):F2} s by a shell script, ratio {ratio:F2} " +
            $"(medians of {_ours.Count} rounds: {Line(_ours)} and {Line(_shells)})";

        await File.WriteAllTextAsync(Path.Combine(Binary.Root, "artifacts", $"pace-{name}.txt"), report + "\n", TestContext.Current.CancellationToken);
        Assert.True(ratio <= most, report);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Line(List<double> values) => string.Join(' ', values.Select(value => value.ToString("F2", CultureInfo.InvariantCulture)));
}
