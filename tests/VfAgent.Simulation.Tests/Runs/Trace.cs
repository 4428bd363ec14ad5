using System.Globalization;
using System.Runtime.CompilerServices;
using VfAgent.Simulation.Tests.Scheduling;

namespace VfAgent.Simulation.Tests.Runs;

/// <summary>The story of a run: when, who, what. Nothing is put into words while nobody reads it.</summary>
internal sealed class Trace(Scheduler scheduler, Action<string>? write)
{
    private const int Shown = 900;

    public bool IsOn => write is not null;

    public void Note(string who, [InterpolatedStringHandlerArgument("")] Words what)
    {
        if (IsOn)
            Note(who, what.ToString());
    }

    public void Note(string who, string what)
    {
        if (write is null)
            return;

        string line = what.Length <= Shown ? what : $"{what.AsSpan(0, Shown)} …";
        write(string.Create(CultureInfo.InvariantCulture, $"{scheduler.Now:d\\.hh\\:mm\\:ss\\.fff}  {who,-14} {line.ReplaceLineEndings(" ")}"));
    }

    /// <summary>What is noted: made only if the trace is on.</summary>
    [InterpolatedStringHandler]
    public ref struct Words
    {
        private DefaultInterpolatedStringHandler _text;

        public Words(int literals, int values, Trace trace, out bool isOn)
        {
            isOn = trace.IsOn;
            _text = isOn ? new DefaultInterpolatedStringHandler(literals, values) : default;
        }

        public void AppendLiteral(string text) => _text.AppendLiteral(text);

        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        public override string ToString() => _text.ToStringAndClear();
    }
}
