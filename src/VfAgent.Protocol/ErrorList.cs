using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace VfAgent.Protocol;

/// <summary>
/// Collects errors while something walks a payload. Errors go into a status, so neither their number nor their length may follow from what a stranger sent.
/// </summary>
internal sealed class ErrorList
{
    private const int MaxErrors = 50;
    private const int MaxShown = 64;
    private const int MaxForeignMessage = 160;

    private readonly List<FieldError> _errors = [];
    private readonly StringBuilder _path = new();
    private int _count;

    public IReadOnlyList<FieldError> Errors =>
        _count <= MaxErrors ? _errors : [.. _errors, new FieldError("", $"and {_count - MaxErrors} more errors")];

    /// <summary>Notes an error of the field the walk is at.</summary>
    public void Add(string message)
    {
        if (++_count <= MaxErrors)
            _errors.Add(new FieldError(_path.ToString(), message));
    }

    /// <summary>Steps into a field.</summary>
    /// <returns>What <see cref="Leave"/> takes.</returns>
    public int Enter(string name)
    {
        int mark = _path.Length;
        if (name.Length is 0 or > MaxShown || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            _path.Append("[\"").Append(Shorten(name)).Append("\"]");
        else if (mark == 0)
            _path.Append(name);
        else
            _path.Append('.').Append(name);
        return mark;
    }

    /// <summary>Steps into an element of a list.</summary>
    /// <returns>What <see cref="Leave"/> takes.</returns>
    public int Enter(int index)
    {
        int mark = _path.Length;
        _path.Append(CultureInfo.InvariantCulture, $"[{index}]");
        return mark;
    }

    public void Leave(int mark) => _path.Length = mark;

    /// <summary>A parser's own words on one line, without the half of the payload that they may quote.</summary>
    public static string ShortenMessage(string message)
    {
        message = message.ReplaceLineEndings(" ");
        return message.Length <= MaxForeignMessage ? message : message[..MaxForeignMessage] + "…";
    }

    /// <summary>A stranger's text on one line: shortened, control characters and quotes escaped.</summary>
    public static string Shorten(string text)
    {
        string shown = text.Length <= MaxShown ? text : text[..MaxShown];
        return JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(shown) + (text.Length > MaxShown ? "…" : "");
    }
}
