using VfAgent.Simulation.Tests.Runs;
using VfAgent.Simulation.Tests.Wishes;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>Of every topic the agent holds on disk what it has acknowledged, or something newer.</summary>
internal sealed class AcknowledgedIsKept(Run run) : Invariant(run)
{
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);
    private (long World, int Wishes) _checked;

    public override string Promise => Promises.AcknowledgedIsKept;

    public override void Changed()
    {
        if (_checked == (Run.World.Changes, Run.Wishes.Version))
            return;

        _checked = (Run.World.Changes, Run.Wishes.Version);
        foreach (string topic in Run.Wishes.Topics)
        {
            if (!_files.TryGetValue(topic, out string? file))
                _files.Add(topic, file = WishBook.FileOf(topic));

            byte[]? held = Run.World.Disk.Bytes(file);
            if (!Run.Wishes.MayHold(topic).Any(wish => wish is null ? held is null : wish.Bytes.AsSpan().SequenceEqual(held)))
            {
                string may = string.Join(" or ", Run.Wishes.MayHold(topic).Select(wish => wish?.Payload ?? "nothing"));
                Broken($"of {topic} the agent holds {Run.World.Disk.Look(file)?.Text ?? "nothing"}, having acknowledged {may}");
            }
        }
    }
}
