namespace VfAgent.Conformance;

/// <summary>Where things are: an 82576's VFs follow its PF at an offset of 128 and a stride of 2.</summary>
internal static class Igb
{
    public const string Devices = "/sys/bus/pci/devices";
    public const string Drivers = "/sys/bus/pci/drivers";
    public const string DriversProbe = "/sys/bus/pci/drivers_probe";
    public const string OtherPf = $"{Devices}/0000:01:00.0";
    public const string PfAddress = "0000:02:00.0";
    public const string Pf = $"{Devices}/{PfAddress}";
    public const string NumVfs = $"{Pf}/sriov_numvfs";
    public const string Autoprobe = $"{Pf}/sriov_drivers_autoprobe";
    public const int TotalVfs = 7;

    public static string VfAddress(int vf) => $"0000:02:{0x10 + vf / 4:x2}.{vf % 4 * 2}";

    public static string Vf(int vf) => $"{Devices}/{VfAddress(vf)}";
}
