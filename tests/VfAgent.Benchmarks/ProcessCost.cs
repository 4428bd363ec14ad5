using System.Globalization;

namespace VfAgent.Benchmarks;

/// <summary>What a process has used so far, as proc(5) counts it.</summary>
/// <param name="Cpu">User and system time of all threads, those that have ended too.</param>
/// <param name="Switches">Context switches of each thread that is there.</param>
/// <param name="ResidentBytes">Memory now.</param>
internal sealed record ProcessCost(TimeSpan Cpu, IReadOnlyDictionary<string, long> Switches, long ResidentBytes)
{
    private const double TicksPerSecond = 100;

    public static ProcessCost Of(int process)
    {
        string folder = $"/proc/{process}";
        // The name in parentheses may hold blanks; behind it the state is field 3.
        string[] stat = File.ReadAllText($"{folder}/stat").Split(") ")[1].Split(' ');
        double ticks = Number(stat[11]) + Number(stat[12]);
        Dictionary<string, long> switches = Directory.GetDirectories($"{folder}/task").ToDictionary(task => task, task => Field(task, "ctxt_switches"));
        return new ProcessCost(TimeSpan.FromSeconds(ticks / TicksPerSecond), switches, Field(folder, "VmRSS") * 1024);
    }

    /// <summary>A thread that has ended meanwhile is not counted: what it did last nobody knows.</summary>
    public long SwitchesSince(ProcessCost before) => Switches.Sum(thread => thread.Value - before.Switches.GetValueOrDefault(thread.Key));

    private static long Field(string folder, string name) => File.ReadLines($"{folder}/status")
        .Where(line => line.Split(':')[0].EndsWith(name, StringComparison.Ordinal))
        .Sum(line => Number(line.Split(':')[1].Trim().Split(' ')[0]));

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
