namespace VfAgent.Simulation.Tests.Faults;

/// <summary>The kinds of bad luck. Each can be switched on alone or mixed with others.</summary>
internal enum Disaster
{
    /// <summary>A write to the kernel fails with an errno that drivers give.</summary>
    KernelError,

    /// <summary>A look at the kernel fails.</summary>
    ReadError,

    /// <summary>A call takes seconds, while others go on.</summary>
    SlowCall,

    /// <summary>A call takes longer than the agent waits.</summary>
    HungCall,

    /// <summary>A write to the kernel succeeds and does nothing.</summary>
    NoEffect,

    /// <summary>The driver makes fewer VFs than asked for.</summary>
    FewerVfs,

    /// <summary>For a while nothing can be written to the disk (ENOSPC), or what is written is torn.</summary>
    DiskFull,

    /// <summary>For a while the file system is read-only.</summary>
    DiskReadOnly,

    /// <summary>An fsync fails.</summary>
    SyncError,

    /// <summary>A file cannot be read.</summary>
    FileReadError,

    /// <summary>The kernel lost events for the agent.</summary>
    LostEvents,

    /// <summary>The agent dies before or after any of its calls.</summary>
    Crash,

    /// <summary>The power goes at any of the agent's calls.</summary>
    PowerLoss,

    /// <summary>Somebody reboots the host in good order.</summary>
    Reboot,

    /// <summary>The broker cannot be reached for a while.</summary>
    BrokerAway,

    /// <summary>The broker comes back without what it had stored.</summary>
    BrokerForgets,

    /// <summary>The broker takes its time.</summary>
    BrokerSlow,

    /// <summary>The broker keeps few messages for a client that is away.</summary>
    BrokerDrops,

    /// <summary>Messages come twice.</summary>
    BrokerDuplicates,

    /// <summary>Messages of different topics overtake each other, and replays come late.</summary>
    BrokerReorders,

    /// <summary>Connections break in the middle of a message.</summary>
    BrokerCuts,

    /// <summary>Another agent uses our client id.</summary>
    BrokerTakeover,

    /// <summary>The switch takes no large frames: a default route over a link with an MTU of 9000 leads nowhere.</summary>
    JumboCutsOff,
}
