using VfAgent.Core.Kernel;

namespace VfAgent.Conformance;

/// <summary>Where things are: an 82576's VFs follow its PF at an offset of 128 and a stride of 2.</summary>
internal static class Igb
{
    public const string Devices = "/sys/bus/pci/devices";
    public const string Drivers = "/sys/bus/pci/drivers";
    public const string DriversProbe = "/sys/bus/pci/drivers_probe";
    public const string PfAddress = "0000:02:00.0";
    public const string Pf = $"{Devices}/{PfAddress}";
    public const string NumVfs = $"{Pf}/sriov_numvfs";
    public const string Autoprobe = $"{Pf}/sriov_drivers_autoprobe";
    public const int TotalVfs = 7;

    public const string NoMac = "00:00:00:00:00:00";

    public static string VfAddress(int vf) => $"0000:02:{0x10 + vf / 4:x2}.{vf % 4 * 2}";

    public static string Vf(int vf) => $"{Devices}/{VfAddress(vf)}";

    /// <summary>What a PF that is down has to say of a VF that nobody has set anything of.</summary>
    public static VfAttributes Untouched(int vf) => new(vf, NoMac, 0, 0, VlanProtocol.Dot1Q, SpoofCheck: true, Trust: false, VfLinkState.Auto, 0, 0);
}
