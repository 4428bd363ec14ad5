using VfAgent.Core.Observed;

namespace VfAgent.Tests.Reconcile.Undo;

/// <summary>What the way back is tried on.</summary>
internal static class Nics
{
    public static PhysicalFunction Igb { get; } = new()
    {
        Address = PciAddress.Parse("0000:02:00.0"),
        Vendor = "8086",
        DeviceId = "10c9",
        TotalVfs = 7,
        NumVfs = 0,
    };
}
