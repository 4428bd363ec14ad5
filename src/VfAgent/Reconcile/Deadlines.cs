using VfAgent.Core.Planning;

namespace VfAgent.Reconcile;

/// <summary>How long the kernel may take before the agent stops waiting and says so.</summary>
internal static class Deadlines
{
    public static readonly TimeSpan Observe = TimeSpan.FromSeconds(30);

    /// <summary>How long steps are taken of a plan before it is made anew.</summary>
    public static readonly TimeSpan Plan = TimeSpan.FromSeconds(5);

    /// <summary>How long VFs and their netdevs may take to appear before they count as missing: 125 VFs were seen to take 65 s.</summary>
    public static readonly TimeSpan Appear = TimeSpan.FromSeconds(120);

    /// <summary>How long a VF that was just made may be without a driver before the agent asks the kernel to look for one.</summary>
    public static readonly TimeSpan Bind = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long nobody else has changed a PF before its VFs' settings are put right: a CNI plugin changes them some tens of milliseconds before the VF is
    /// gone to its container.
    /// </summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);

    /// <summary>And how long that is waited for at most.</summary>
    public static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(2);

    /// <summary>How long no other wish has come before one is acted upon.</summary>
    public static readonly TimeSpan Wish = TimeSpan.FromMilliseconds(50);

    /// <summary>And how long that is waited for at most.</summary>
    public static readonly TimeSpan LongestWish = TimeSpan.FromSeconds(2);

    /// <summary>How soon the agent looks again at what nobody tells it of, and how long it waits at most while nothing changes.</summary>
    public static readonly TimeSpan FirstRecheck = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc cref="FirstRecheck"/>
    public static readonly TimeSpan LongestRecheck = TimeSpan.FromSeconds(10);

    /// <summary>The same while a change waits for somebody whose use ends unheard, as a process that closes a device: it is to go on soon after.</summary>
    public static readonly TimeSpan UseRecheck = TimeSpan.FromSeconds(1);

    public static TimeSpan Of(Step step) => step switch
    {
        // The kernel probes every VF's driver inside this write: seconds for each dozen of them.
        SetNumVfs => TimeSpan.FromMinutes(2),

        // The driver makes a representor for each VF, or takes them away.
        SetEswitch => TimeSpan.FromMinutes(2),
        LoadModule => TimeSpan.FromSeconds(30),
        _ => TimeSpan.FromSeconds(10),
    };
}
