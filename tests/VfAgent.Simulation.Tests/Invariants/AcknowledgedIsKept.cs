using VfAgent.Simulation.Tests.Runs;
using VfAgent.Simulation.Tests.Wishes;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>Of every topic the agent holds on disk what it has acknowledged, or something newer.</summary>
internal sealed class AcknowledgedIsKept(Run run) : Invariant(run)
{
    public override string Promise => Promises.AcknowledgedIsKept;

    public override void Changed()
    {
        foreach (string topic in Run.Wishes.Topics)
        {
            string? held = Run.World.Disk.Look(WishBook.FileOf(topic))?.Text;
            if (!Run.Wishes.MayHold(topic).Any(wish => wish?.Payload == held))
                Broken($"of {topic} the agent holds {held ?? "nothing"}, having acknowledged {string.Join(" or ", Run.Wishes.MayHold(topic).Select(wish => wish?.Payload ?? "nothing"))}");
        }
    }
}
