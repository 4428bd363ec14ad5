namespace VfAgent.Hardware.Tests.Machines;

/// <summary>The Debian package of the agent under test, which brings the plugins' links along.</summary>
internal static class Package
{
    /// <summary>Installs it, once in a machine's life.</summary>
    public const string Install = "[[ -e /usr/bin/vfagent ]] || dpkg --install /mnt/share/vfagent.deb >/dev/null";
}
