using System.Text;

namespace VfAgent.Tests.Demo;

/// <summary>Keeps what is written and tells when a text has been.</summary>
internal sealed class WatchedWriter : TextWriter
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private readonly List<(string Text, Action Act)> _watches = [];

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Append(value.ToString());

    public override void Write(string? value) => Append(value ?? "");

    public override void WriteLine(string? value) => Append($"{value}\n");

    public override string ToString()
    {
        lock (_gate)
            return _text.ToString();
    }

    /// <summary>Acts once, as soon as the text is there.</summary>
    public void OnText(string text, Action act)
    {
        lock (_gate)
            _watches.Add((text, act));

        Append("");
    }

    public Task WaitForAsync(string text)
    {
        TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        OnText(text, () => seen.TrySetResult());
        return seen.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    private void Append(string value)
    {
        List<(string Text, Action Act)> met;
        lock (_gate)
        {
            _text.Append(value);
            string all = _text.ToString();
            met = [.. _watches.Where(watch => all.Contains(watch.Text, StringComparison.Ordinal))];
            _watches.RemoveAll(met.Contains);
        }

        foreach ((_, Action act) in met)
            act();
    }
}
