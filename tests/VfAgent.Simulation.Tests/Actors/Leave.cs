using VfAgent.Core.Observed;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Actors;

/// <summary>A container or process gives its VF back.</summary>
internal static class Leave
{
    /// <param name="run">Where.</param>
    /// <param name="use">Who and which.</param>
    /// <param name="dies">It leaves its record behind.</param>
    public static void Of(Run run, Use use, bool dies)
    {
        run.Trace.Note("users", $"{use.By} {(dies ? "dies" : "ends")}");
        run.Uses.Remove(use);
        if (use.Pid is { } pid)
            run.World.Others.CloseVfio(pid);
        else if (use.IsByRecordOnly)
            run.World.Others.RemoveNamespace(use.By);
        else if (run.Truth.PfOf(use.Device) is not null)
            run.World.Others.MoveToHost(PciAddress.Parse(use.Device), use.Netdev);
        if (!dies && use.Record is { } record && run.World.Disk.Look(record) is not null)
            run.World.Disk.Remove(record);
    }
}
