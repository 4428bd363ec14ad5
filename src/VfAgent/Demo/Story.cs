using System.Text;

namespace VfAgent.Demo;

/// <summary>Prints a story: numbered steps, what happens in sentences, and facts below them. No line is wider than 100 columns, but for a word that is.</summary>
internal sealed class Story(TextWriter output, bool colours)
{
    private const int Width = 100;
    private const string Sentence = "   ";
    private const string Fact = "     ";

    // What a person looks for in a page of text, and how it is shown on a terminal (ECMA-48, SGR).
    private static readonly (string Word, int Colour)[] _marked =
    [
        ("IN_SYNC", 32), ("ONLINE", 32), ("PROGRESSING", 33), ("PENDING", 33), ("BLOCKED", 33), ("OFFLINE", 33), ("DEGRADED", 31), ("REJECTED", 31),
    ];

    private int _step;

    public void Title(string text) => Write(Bold(text));

    public void Step(string heading)
    {
        Gap();
        Write(Bold($"{++_step}  {heading}"));
    }

    public void Gap() => Write("");

    /// <summary>What happens, and why it matters.</summary>
    public void Say(string text) => WriteWrapped(Sentence, Sentence, text);

    /// <summary>Something seen.</summary>
    public void Show(string text) => WriteWrapped(Fact, Fact + "  ", text);

    /// <summary>A text as it is, line by line.</summary>
    public void Quote(string text)
    {
        foreach (string line in text.TrimEnd('\n').Split('\n'))
            Write(Fact + line);
    }

    /// <summary>Rows in aligned columns; the last column is wrapped.</summary>
    /// <param name="header">null for none.</param>
    /// <param name="rows">As many cells in each as in the header.</param>
    public void Table(string[]? header, IEnumerable<string[]> rows)
    {
        string[][] all = [.. rows];
        string[][] lines = header is null ? all : [header, .. all];
        if (lines is not [var first, ..])
            return;

        int[] widths = [.. first[..^1].Select((_, column) => lines.Max(line => line[column].Length))];
        foreach (string[] line in lines)
        {
            string left = Fact + string.Concat(widths.Select((width, column) => line[column].PadRight(width + 2)));
            if (ReferenceEquals(line, header))
                Write(Dim(left + line[^1]));
            else
                WriteWrapped(left, new string(' ', left.Length), line[^1]);
        }
    }

    private void WriteWrapped(string first, string next, string text)
    {
        string start = first;
        while (start.Length + text.Length > Width && BreakAt(text, Width - start.Length) is var at and > 0)
        {
            Write(start + text[..at].TrimEnd(' '));
            (start, text) = (next, text[at..]);
        }

        Write(start + text);
    }

    // Behind a blank, or behind a comma of JSON that has no blanks; a word that is too long stays whole.
    private static int BreakAt(string text, int width)
    {
        int at = text.AsSpan(0, Math.Min(width + 1, text.Length)).LastIndexOf(' ');
        if (at <= 0)
            at = text.AsSpan(0, Math.Min(width, text.Length)).LastIndexOf(',');
        if (at <= 0)
            at = text.AsSpan().IndexOfAny(' ', ',');

        return at + 1;
    }

    private void Write(string line)
    {
        if (!colours)
        {
            output.WriteLine(line.TrimEnd(' '));
            return;
        }

        var painted = new StringBuilder(line);
        foreach ((string word, int colour) in _marked)
            painted.Replace(word, $"\e[{colour}m{word}\e[0m");
        output.WriteLine(painted);
    }

    private string Bold(string text) => colours ? $"\e[1m{text}\e[0m" : text;

    private string Dim(string text) => colours ? $"\e[2m{text}\e[0m" : text;
}
