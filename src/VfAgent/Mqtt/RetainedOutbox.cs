namespace VfAgent.Mqtt;

/// <summary>
/// The retained topics as they should be at the broker. Only the newest value of a topic exists, so the memory is bounded by the number of
/// topics however long the broker is away. Called from any thread; <see cref="OutboxPump"/> is the one that takes.
/// </summary>
/// <param name="birthTopics">Published again first on every connect, since the broker may have published the last will over them.</param>
/// <param name="changed">Set when there is something to take.</param>
internal sealed class RetainedOutbox(IReadOnlyList<string> birthTopics, WakeSignal changed)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Queue<Entry> _due = new();

    /// <summary>Wants this value at the broker; the one that is there already, or on its way, is not published again.</summary>
    public void Set(OutboundMessage message)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(message.Topic, out Entry? entry))
                _entries.Add(message.Topic, entry = new Entry(message));
            else if (message.SameAs(entry.Wanted))
                return;

            entry.Wanted = message;
            Enqueue(entry);
        }

        changed.Set();
    }

    /// <summary>Wants the topic gone: an empty retained payload removes it (MQTT 5 §3.3.1.3).</summary>
    public void Clear(string topic) => Set(new OutboundMessage(topic, ReadOnlyMemory<byte>.Empty, ""));

    /// <summary>Whether a value, not its removal, is wanted at this topic.</summary>
    public bool Holds(string topic)
    {
        lock (_gate)
            return _entries.TryGetValue(topic, out Entry? entry) && !entry.Wanted.Payload.IsEmpty;
    }

    /// <summary>A new connection: what was on its way is not confirmed, and a broker without our session may have lost everything.</summary>
    public void Restart(bool sessionPresent)
    {
        lock (_gate)
        {
            foreach (Entry entry in _entries.Values)
            {
                entry.InFlight = null;
                if (!sessionPresent)
                    entry.Confirmed = null;
            }

            _due.Clear();
            foreach (string topic in birthTopics)
            {
                if (_entries.TryGetValue(topic, out Entry? birth))
                {
                    birth.Confirmed = null;
                    _due.Enqueue(birth);
                }
            }

            EnqueueAll();
        }

        changed.Set();
    }

    /// <summary>Lets what the broker refused be tried again.</summary>
    public void RetryRefused()
    {
        lock (_gate)
            EnqueueAll();

        changed.Set();
    }

    /// <summary>The next publish; a topic has at most one under way, so a topic's order is kept.</summary>
    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Publication? publication)
    {
        lock (_gate)
        {
            while (_due.TryDequeue(out Entry? entry))
            {
                if (!entry.IsDue)
                    continue;

                // From here on the broker may hold either value.
                entry.Confirmed = null;
                publication = entry.InFlight = new Publication(entry.Wanted);
                return true;
            }
        }

        publication = null;
        return false;
    }

    /// <summary>The broker has it (PUBACK).</summary>
    public void Confirm(Publication publication)
    {
        lock (_gate)
        {
            if (!TryLand(publication, out Entry? entry))
                return;

            entry.Confirmed = publication.Message;
            if (entry.IsDue)
                Enqueue(entry);
            else if (entry.Wanted.Payload.IsEmpty)
                _entries.Remove(publication.Message.Topic);
        }
    }

    /// <summary>The broker would not have it: this value waits for <see cref="RetryRefused"/>, a newer one or the next connect.</summary>
    public void Refuse(Publication publication)
    {
        lock (_gate)
        {
            if (TryLand(publication, out Entry? entry) && !ReferenceEquals(entry.Wanted, publication.Message))
                Enqueue(entry);
        }
    }

    private bool TryLand(Publication publication, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Entry? entry)
    {
        // An answer to a publish of an earlier connection says nothing any more.
        if (!_entries.TryGetValue(publication.Message.Topic, out entry) || !ReferenceEquals(entry.InFlight, publication))
            return false;

        entry.InFlight = null;
        return true;
    }

    private void EnqueueAll()
    {
        foreach (Entry entry in _entries.Values)
            Enqueue(entry);
    }

    // Twice in the queue does no harm: what is not due any more is skipped when taken.
    private void Enqueue(Entry entry)
    {
        if (entry.IsDue)
            _due.Enqueue(entry);
    }

    private sealed class Entry(OutboundMessage wanted)
    {
        public OutboundMessage Wanted { get; set; } = wanted;

        public OutboundMessage? Confirmed { get; set; }

        public Publication? InFlight { get; set; }

        public bool IsDue => InFlight is null && !Wanted.SameAs(Confirmed);
    }
}

/// <summary>One try to publish a value.</summary>
internal sealed class Publication(OutboundMessage message)
{
    public OutboundMessage Message { get; } = message;
}
