namespace VfAgent.Hardware.Tests.Machines;

/// <summary>The container image that the machine brings along.</summary>
internal static class Busybox
{
    public const string Image = "localhost/busybox";

    /// <summary>Makes it known to podman, once in a machine's life.</summary>
    public const string Import = $"podman image exists {Image} || podman import -q /usr/share/busybox.tar {Image}";
}
