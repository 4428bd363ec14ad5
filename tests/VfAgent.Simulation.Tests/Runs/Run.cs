using System.Runtime.CompilerServices;
using Google.Protobuf;
using VfAgent.Protocol.V1;
using VfAgent.Simulation.Tests.Actors;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Broker;
using VfAgent.Simulation.Tests.Faults;
using VfAgent.Simulation.Tests.Invariants;
using VfAgent.Simulation.Tests.Mutations;
using VfAgent.Simulation.Tests.Scheduling;
using VfAgent.Simulation.Tests.Wishes;

namespace VfAgent.Simulation.Tests.Runs;

/// <summary>One world from its first to its last moment: trouble for as long as the plan says, then calm, then silence.</summary>
internal sealed class Run
{
    public const string AgentClient = "vfagent-h1";

    private static readonly TimeSpan _settle = TimeSpan.FromMinutes(15);

    // What nobody tells of, such as an edited file, shows at the next full look (Agent:ResyncInterval), and a VF that is not there then is missing two
    // minutes later (Deadlines.Appear).
    private static readonly TimeSpan _fullLook = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _silence = TimeSpan.FromMinutes(11);

    private readonly SimulatedProcess _process;
    private readonly Injector _injector;
    private readonly BrokerTrouble _brokerTrouble;
    private readonly Invariant[] _invariants;
    private readonly List<Actor> _actors = [];
    private readonly ConditionalWeakTable<BrokerMessage, Wish> _published = [];
    private (string Promise, string How)? _broken;
    private bool _touched;
    private Wish? _publishing;
    private int _said;

    /// <param name="plan">What happens.</param>
    /// <param name="tell">Gets the story, line by line; null when nobody reads it.</param>
    public Run(Plan plan, Action<string>? tell = null)
    {
        Plan = plan;
        Mutation = plan.Mutation is null ? null : Catalog.Make(plan.Mutation);
        Scheduler = new Scheduler(Seeds.For(plan.Seed, "order"));
        Trace = new Trace(Scheduler, tell);
        _process = Scheduler.NewProcess("world");
        if (!SimulatedNics.TryParse(plan.Nics, out IReadOnlyList<NicModel>? models, out string? error))
            throw new ArgumentException(error, nameof(plan));

        World = new SimulatedWorld(models, _process.Time, plan.Host) { Faults = Decide, Logged = Called };
        World.Others.Watch(_ => Touch());
        Truth = new Truth(World, [.. models.Select((model, position) => new Nic(model, position))]);
        Uses = new Uses(World);
        Broker = new SimulatedBroker(_process.Time, Seeds.For(plan.Seed, "broker")) { Observe = Observed };
        Supervisor = new Supervisor(this, Seeds.For(plan.Seed, "supervisor"));
        _injector = new Injector(this, Seeds.For(plan.Seed, "faults"));
        _brokerTrouble = new BrokerTrouble(this, Seeds.For(plan.Seed, "broker trouble"));
        _invariants =
        [
            new OneHolder(this), new OnlyWhatIsNamed(this), new NothingInUseIsTaken(this), new DeletesAreAskedFor(this), new AcknowledgedIsKept(this),
            new WholeFiles(this), new StatusIsTrue(this), new GivenBackAsFound(this), new ConflistIsThere(this), new OnlyItsOwnHangs(this),
            new FailedChangeGoesBack(this), new ManagementIsKept(this), new ContendedIsLeft(this), new CutOffIsUndone(this),
        ];
    }

    public Plan Plan { get; }

    public Mutation? Mutation { get; }

    public Scheduler Scheduler { get; }

    public Trace Trace { get; }

    public SimulatedWorld World { get; }

    public Truth Truth { get; }

    public Uses Uses { get; }

    public WishBook Wishes { get; } = new();

    public SimulatedBroker Broker { get; }

    public Supervisor Supervisor { get; }

    /// <summary>The link that the host's default route leads over; null when there is none.</summary>
    public string? DefaultLink { get; private set; }

    /// <summary>Whether the default route leads over a PF, or over a VF of it that has got the link's name.</summary>
    public bool IsManagedOver(Nic nic) => DefaultLink is { } link && (nic.Name == link || Truth.PfOfLink(link) == nic);

    /// <summary>Nobody does anything any more, and nothing goes wrong.</summary>
    public bool IsCalm { get; private set; }

    /// <summary>The agent's writes and publishes.</summary>
    public int Activity => World.Writes + _said;

    public Verdict Execute()
    {
        SynchronizationContext? outer = SynchronizationContext.Current;
        try
        {
            Trace.Note("plan", $"{Plan}");
            _process.Post(Begin);
            if (Go(Plan.Length))
            {
                _process.Post(Calm);
                Finish();
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
            Supervisor.Life?.Process.Kill();
            _process.Kill();
            World.Dispose();
        }

        if (_broken is { } broken)
            Describe($"{broken.Promise}: {broken.How}");
        return new Verdict(Plan, _broken?.Promise, _broken?.How, Scheduler.Steps, World.Writes, World.Reads, Scheduler.Now);
    }

    public void After(TimeSpan delay, Action action) => _process.Time.CreateTimer(_ => action(), null, delay, Timeout.InfiniteTimeSpan);

    /// <summary>Something has changed that promises may be about.</summary>
    public void Touch() => _touched = true;

    /// <summary>The first promise that breaks ends the run.</summary>
    public void Break(string promise, string how) => _broken ??= (promise, how);

    public void Publish(string who, Wish wish, bool retain)
    {
        if (!Broker.IsUp)
            return;

        // What was once published without the flag would be undone by what the broker still retains.
        string topic = AgentSettings.HostTopic + wish.Topic;
        retain |= Broker.Retained.ContainsKey(topic);
        Trace.Note(who, $"publishes{(retain ? "" : " (not retained)")} {wish}");
        if (Plan.SpeaksProtobuf)
            wish = wish.AsProtobuf();
        Wishes.Add(wish);
        foreach (Invariant invariant in _invariants)
            invariant.Published();
        _publishing = wish;
        Broker.Publish(topic, wish.Bytes, retain);
        _publishing = null;
    }

    /// <summary>An administrator leads the default route over another link.</summary>
    public void Route(string? link)
    {
        DefaultLink = link;
        World.Others.SetDefaultRoute(link);
        foreach (Invariant invariant in _invariants)
            invariant.Routed();
    }

    /// <summary>All of the host is gone but its disk.</summary>
    public void HostWentDown()
    {
        Uses.Clear();
        Route(null);
        foreach (Nic nic in Truth.Nics)
            nic.Refresh(World);
        foreach (Invariant invariant in _invariants)
            invariant.WentDown();
    }

    /// <summary>Somebody else changes a NIC by hand.</summary>
    public void Meddled(Nic nic)
    {
        foreach (Invariant invariant in _invariants)
            invariant.Meddled(nic);
    }

    /// <summary>The agent begins anew.</summary>
    public void AgentStarted()
    {
        foreach (Invariant invariant in _invariants)
            invariant.AgentStarted();
    }

    /// <summary>Something goes wrong now.</summary>
    public void Disturbed(Disaster kind)
    {
        foreach (Invariant invariant in _invariants)
            invariant.Disturbed(kind);
    }

    /// <summary>A call of the agent takes its time.</summary>
    public void Delaying(SimulatedCall call)
    {
        foreach (Invariant invariant in _invariants)
            invariant.Delaying(call);
    }

    private void Begin()
    {
        foreach (string name in Plan.Actors)
            _actors.Add(Cast.Make(name, this));
        foreach (Actor actor in _actors)
            actor.Start();
        _injector.Start();
        _brokerTrouble.Start();
        Supervisor.Start();
    }

    private void Calm()
    {
        Trace.Note("calm", "begins");
        IsCalm = true;
        foreach (Actor actor in _actors)
            actor.End();
        World.ReleaseHangs();
        _brokerTrouble.End();

        // What waits for them has to be done then; in the other half of the worlds they never go.
        if (Plan.UsersLeave)
        {
            foreach (Use use in Uses.All.ToArray())
                Leave.Of(this, use, dies: false);
        }
    }

    private void Finish()
    {
        string? why;
        TimeSpan end = Scheduler.Now + _settle;
        TimeSpan looked = Scheduler.Now + _fullLook;
        int before;
        do
        {
            before = Activity;
            if (!Go(Scheduler.Now + _pause))
                return;
            why = Convergence.Missing(this);
        }
        while ((why is not null || Activity != before || Scheduler.Now < looked) && Scheduler.Now < end);

        if (why is not null)
        {
            Break(Promises.Converges, why);
            return;
        }

        Trace.Note("calm", "all is as it should be");
        before = Activity;
        if (!Go(Scheduler.Now + _silence))
            return;
        if (Activity != before)
            Break(Promises.Silence, $"{Activity - before} times after all was as it should be");
        else if (Convergence.Missing(this) is { } late)
            Break(Promises.Converges, $"it did, and then {late}");
    }

    private void Describe(string broken)
    {
        const string Status = AgentSettings.HostTopic + "status/";
        Trace.Note("BROKEN", broken);
        foreach (string path in Trace.IsOn ? World.Disk.Files() : [])
            Trace.Note("on disk", $"{path} {World.Disk.Look(path)!.Text}");
        foreach ((string topic, BrokerMessage message) in Broker.Retained)
        {
            if (topic.StartsWith(Status, StringComparison.Ordinal))
                Trace.Note("retained", $"{topic[AgentSettings.HostTopic.Length..]} {Decoded(topic[Status.Length..], message)}");
        }
    }

    private static IMessage Decoded(string status, BrokerMessage message) => (status.Split('/')[0] switch
    {
        "agent" => (MessageParser)AgentStatus.Parser,
        "discovery" => Discovery.Parser,
        "resources" => Resource.Parser,
        _ => NetworkAttachmentStatus.Parser,
    }).ParseFrom(message.Payload.Span);

    private bool Go(TimeSpan until)
    {
        while (_broken is null && Scheduler.Step(until))
        {
            if (!_touched)
                continue;

            _touched = false;
            _brokerTrouble.Changed();
            foreach (Invariant invariant in _invariants)
                invariant.Changed();
        }

        return _broken is null;
    }

    private Fault Decide(SimulatedCall call)
    {
        foreach (Invariant invariant in _invariants)
            invariant.Calling(call);
        return _injector.Decide(call);
    }

    private void Called(LoggedCall call)
    {
        Touch();
        Trace.Note("agent does", $"{call}");
        if (call is { Call: { Kind: CallKind.Write, Path: var path }, Error: null } &&
            Truth.Nics.FirstOrDefault(nic => path == $"{nic.Folder}/sriov_drivers_autoprobe") is { } nic)
            nic.IsAutoprobeOthers = false;
        foreach (Invariant invariant in _invariants)
            invariant.Called(call);
    }

    private void Observed(BrokerEvent what)
    {
        Touch();
        Trace.Note("broker", $"{what.Kind} {what.ClientId} {what.Message?.Topic} {what.Detail}");
        if (what.Kind == BrokerEventKind.Accepted && _publishing is not null)
            _published.Add(what.Message!, _publishing);
        else if (what is { Kind: BrokerEventKind.Accepted, ClientId: AgentClient })
            _said++;
        else if (what is { Kind: BrokerEventKind.Acknowledged, ClientId: AgentClient } && _published.TryGetValue(what.Message!, out Wish? wish))
            Wishes.Acknowledge(wish);
        else if (what is { Kind: BrokerEventKind.Violation })
            Break(Promises.KeepsToMqtt, what.ToString());
    }
}

/// <param name="Plan">What was to happen.</param>
/// <param name="Promise">The one that broke; null when all held.</param>
/// <param name="How">What broke it.</param>
/// <param name="Steps">Of the scheduler.</param>
/// <param name="Writes">Of the agent.</param>
/// <param name="Reads">Of the agent.</param>
/// <param name="Length">In virtual time.</param>
internal sealed record Verdict(Plan Plan, string? Promise, string? How, long Steps, int Writes, int Reads, TimeSpan Length)
{
    public bool IsBroken => Promise is not null;

    public override string ToString() => $"{Promise}: {How}";
}
