namespace VfAgent.Doctor;

/// <summary>Writes findings for a person: grouped and aligned, each remedy below what it belongs to, and one sentence that sums up.</summary>
/// <param name="output">Where to.</param>
/// <param name="width">Columns.</param>
/// <param name="colour">Whether the verdicts are coloured (ANSI).</param>
internal sealed class DoctorReport(TextWriter output, int width, bool colour)
{
    private const string VerdictIndent = "  ";
    private const string Arrow = "-> ";
    private const int VerdictColumn = 6;

    // A longer title pushes its own line only.
    private const int LongestTitle = 30;

    public void Write(string heading, IReadOnlyList<AreaFindings> areas)
    {
        output.WriteLine(heading);
        foreach (AreaFindings area in areas.Where(area => area.Findings.Count > 0))
        {
            output.WriteLine();
            output.WriteLine(area.Area.Title);
            int titles = area.Findings.Max(finding => Math.Min(finding.Title.Length, LongestTitle)) + 2;
            foreach (Finding finding in area.Findings)
                Write(finding, titles);
        }

        output.WriteLine();
        foreach (string line in Wrap(Summary(areas), width))
            output.WriteLine(line);
    }

    public static string Summary(IReadOnlyList<AreaFindings> areas)
    {
        int failures = Count(areas, Verdict.Failure);
        int warnings = Count(areas, Verdict.Warning);
        if (failures == 0)
        {
            return warnings == 0
                ? "All is well: the agent would run and containers would get VFs."
                : $"{Number(warnings, "warning")}: the agent would run and containers would get VFs, but what is warned of would not work.";
        }

        IEnumerable<string> meanings = areas
            .Where(area => area.Findings.Any(finding => finding.Verdict == Verdict.Failure))
            .Select(area => area.Area.IfFailed)
            .Distinct(StringComparer.Ordinal);
        string counts = warnings == 0 ? Number(failures, "failure") : $"{Number(failures, "failure")}, {Number(warnings, "warning")}";
        return $"{counts}: {string.Join("; ", meanings)}.";
    }

    private void Write(Finding finding, int titles)
    {
        string title = finding.Title.PadRight(titles - 2) + "  ";
        int indent = VerdictIndent.Length + VerdictColumn + titles;
        IReadOnlyList<string> lines = Wrap(finding.Found, Math.Max(width - indent, 40));
        output.WriteLine($"{VerdictIndent}{Word(finding.Verdict)}{title}{lines[0]}");
        foreach (string line in lines.Skip(1))
            output.WriteLine(new string(' ', indent) + line);

        if (finding.Remedy is null)
            return;

        string remedyIndent = new(' ', VerdictIndent.Length + VerdictColumn);
        string lead = Arrow;
        foreach (string line in Wrap(finding.Remedy, Math.Max(width - remedyIndent.Length - Arrow.Length, 40)))
        {
            output.WriteLine(remedyIndent + lead + line);
            lead = new string(' ', Arrow.Length);
        }
    }

    private string Word(Verdict verdict)
    {
        (string word, int code) = verdict switch
        {
            Verdict.Ok => ("ok", 32),
            Verdict.Warning => ("warn", 33),
            Verdict.Failure => ("FAIL", 31),
            _ => ("-", 2),
        };
        string padding = new(' ', VerdictColumn - word.Length);
        return colour ? $"\e[{code}m{word}\e[0m{padding}" : word + padding;
    }

    // At blanks only: a path or an option that is broken in two cannot be copied.
    private static IReadOnlyList<string> Wrap(string text, int width)
    {
        List<string> lines = [];
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                lines.Add(line);
                line = word;
            }
            else
            {
                line = line.Length == 0 ? word : $"{line} {word}";
            }
        }

        return [.. lines, line];
    }

    private static int Count(IReadOnlyList<AreaFindings> areas, Verdict verdict) =>
        areas.Sum(area => area.Findings.Count(finding => finding.Verdict == verdict));

    private static string Number(int count, string word) => count == 1 ? $"1 {word}" : $"{count} {word}s";
}
