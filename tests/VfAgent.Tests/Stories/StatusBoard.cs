using System.Text.Json.Nodes;

namespace VfAgent.Tests.Stories;

/// <summary>The JSON status topics as a dashboard has them: the newest of each, and a way to wait for one to become as expected.</summary>
internal sealed class StatusBoard
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, JsonNode> _newest = new(StringComparer.Ordinal);
    private readonly List<string> _history = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What else to tell about a wait that was in vain.</summary>
    public Func<string> Diagnosis { get; set; } = () => "";

    /// <summary>What keeps the world going while a test waits and no status comes.</summary>
    public Action Meanwhile { get; set; } = () => { };

    /// <summary>How many status messages came, removals too.</summary>
    public int Messages
    {
        get
        {
            lock (_gate)
                return _history.Count;
        }
    }

    public void Take(string topic, string payload)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _history.Add($"{topic} {payload}");
            if (payload.Length == 0)
                _newest.Remove(topic);
            else
                _newest[topic] = JsonNode.Parse(payload)!;
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }

    /// <summary>Forgets everything, so that what comes next is new.</summary>
    public void Clear()
    {
        lock (_gate)
            _newest.Clear();
    }

    /// <param name="topic">Below <c>json/status/</c>.</param>
    /// <param name="expected">null stands for a topic that has no message.</param>
    public async Task<JsonNode?> WaitForAsync(string topic, Func<JsonNode?, bool> expected)
    {
        DateTime giveUp = DateTime.UtcNow + _patience;
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                JsonNode? newest = _newest.GetValueOrDefault(topic);
                if (expected(newest))
                    return newest;
                changed = _changed.Task;
            }

            if (DateTime.UtcNow > giveUp)
                Assert.Fail($"{topic} did not become as expected. What came:\n{string.Join('\n', _history.Select(line => line.Length > 300 ? string.Concat(line.AsSpan(0, 150), " … ", line.AsSpan(line.Length - 150)) : line))}\n{Diagnosis()}");
            Task tick = Task.Delay(10, TestContext.Current.CancellationToken);
            if (await Task.WhenAny(changed, tick) == tick)
                Meanwhile();
        }
    }

    public Task<JsonNode?> WaitForPhaseAsync(string topic, string phase) =>
        WaitForAsync(topic, status => status?["phase"]?.GetValue<string>() == phase);
}
