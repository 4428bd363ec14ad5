using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Actors;

/// <summary>Somebody who does something now and then until the calm begins.</summary>
internal abstract class Actor(Run run, Random random)
{
    protected Run Run { get; } = run;

    protected Random Random { get; } = random;

    /// <summary>As in the trace.</summary>
    protected abstract string Name { get; }

    /// <summary>The longest time between two things that it does.</summary>
    protected abstract TimeSpan LongestPause { get; }

    public void Start() => Next();

    /// <summary>The calm begins: what cannot be left like that is put right.</summary>
    public virtual void End()
    {
    }

    /// <summary>Does one thing.</summary>
    protected abstract void Act();

    protected void Say(string what) => Run.Trace.Note(Name, what);

    private void Next() => Run.After(Random.Between(TimeSpan.FromMilliseconds(1), LongestPause), () =>
    {
        if (Run.IsCalm)
            return;

        Act();
        Run.Touch();
        Next();
    });
}
