using System.Globalization;
using VfAgent.Simulation.Tests.Scheduling;

namespace VfAgent.Simulation.Tests.Runs;

/// <summary>The story of a run: when, who, what. Nothing is put into words while nobody reads it.</summary>
internal sealed class Trace(Scheduler scheduler, Action<string>? write)
{
    private const int Shown = 900;

    public bool IsOn => write is not null;

    public void Note(string who, string what)
    {
        if (write is null)
            return;

        string line = what.Length <= Shown ? what : $"{what.AsSpan(0, Shown)} …";
        write(string.Create(CultureInfo.InvariantCulture, $"{scheduler.Now:d\\.hh\\:mm\\:ss\\.fff}  {who,-14} {line.ReplaceLineEndings(" ")}"));
    }
}
