namespace VfAgent.Simulation.Hardware;

/// <summary>Over which links packets leave the host.</summary>
internal sealed class Routes
{
    private const string Header = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";

    /// <summary>The link that the default route leads over; null when there is none.</summary>
    public string? DefaultLink { get; set; }

    /// <summary>As <c>/proc/net/route</c> shows it, without its last newline.</summary>
    public string Ipv4 => DefaultLink is null ? Header : $"{Header}\n{DefaultLink}\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0";
}
