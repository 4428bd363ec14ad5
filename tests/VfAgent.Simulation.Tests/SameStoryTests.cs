using System.Diagnostics;
using System.Globalization;
using VfAgent.Simulation.Tests.Runs;
using VfAgent.Simulation.Tests.Tool;

namespace VfAgent.Simulation.Tests;

/// <summary>
/// A seed tells the same story on another day and machine: it depends on no clock, time zone, culture, environment, hash code (which is another
/// one in each process) or number of threads.
/// </summary>
public sealed class SameStoryTests
{
    private const int First = 1;
    private const int Worlds = 10;

    private static readonly Lazy<IReadOnlyList<string>> _here = new(() => Digest.All(First, Worlds, Plan.From, workers: 1));

    [Fact]
    public void The_same_seeds_tell_the_same_stories_when_several_run_at_a_time() =>
        Assert.Equal(_here.Value, Digest.All(First, Worlds, Plan.From, workers: 4));

    [Fact]
    public void The_same_seed_tells_the_same_story_in_another_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        var odd = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (odd.NumberFormat.NegativeSign, odd.NumberFormat.NumberDecimalSeparator, odd.NumberFormat.NumberGroupSeparator) = ("~", "_", "'");
        (odd.DateTimeFormat.TimeSeparator, odd.DateTimeFormat.DateSeparator, odd.DateTimeFormat.LongTimePattern) = ("-", "!", "ss mm HH");
        CultureInfo.CurrentCulture = odd;
        try
        {
            Assert.Equal(_here.Value[0], Digest.Of(Plan.From(First)));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public async Task The_same_seeds_tell_the_same_stories_in_another_process_with_another_environment()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(SameStoryTests).Assembly.Location);
        foreach (string argument in (string[])["--seeds", $"{Worlds}", "--from", $"{First}", "--digest", "--workers", "2"])
            start.ArgumentList.Add(argument);
        (start.Environment["TZ"], start.Environment["LANG"], start.Environment["LC_ALL"]) = ("Pacific/Kiritimati", "tr_TR.UTF-8", "tr_TR.UTF-8");
        (start.Environment["HOSTNAME"], start.Environment["USER"], start.Environment["HOME"]) = ("elsewhere", "nobody", "/nonexistent");
        start.Environment["VFAGENT_Agent__HostId"] = "h2";
        start.WorkingDirectory = "/";

        using Process other = Process.Start(start)!;
        string told = await other.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await other.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(_here.Value, told.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Another_seed_tells_another_story() => Assert.Equal(Worlds, _here.Value.Select(line => line.Split(' ')[1]).Distinct().Count());
}
