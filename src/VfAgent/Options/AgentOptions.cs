namespace VfAgent.Options;

/// <summary>The agent itself. Keys, defaults and rules are in <see cref="SettingsTable"/>; bound after all of them have been checked.</summary>
internal sealed class AgentOptions
{
    public string HostId { get; set; } = "";

    public IReadOnlyList<string> Groups { get; set; } = [];

    public string StateDirectory { get; set; } = "";

    public string BootstrapFile { get; set; } = "";

    /// <summary>Simulated NICs as <c>kind:count,…</c>; null for the kernel's.</summary>
    public string? Simulate { get; set; }

    public bool DryRun { get; set; }

    public TimeSpan ResyncInterval { get; set; }
}

/// <summary>Where the kernel's file systems are mounted.</summary>
internal sealed class LinuxOptions
{
    public string SysRoot { get; set; } = "";

    public string DevRoot { get; set; } = "";

    public string ProcRoot { get; set; } = "";
}

/// <summary>Where conflists go, and where the runtime looks for plugins.</summary>
internal sealed class CniOptions
{
    public string ConflistDirectory { get; set; } = "";

    public string CacheDirectory { get; set; } = "";

    public IReadOnlyList<string> PluginDirectories { get; set; } = [];
}

/// <summary>Where podman's networks go.</summary>
internal sealed class PodmanOptions
{
    public string NetworkDirectory { get; set; } = "";
}

/// <summary>The container runtimes of this host.</summary>
internal sealed class RuntimeOptions
{
    public string Backends { get; set; } = "";
}

/// <summary>Where CDI specs go.</summary>
internal sealed class CdiOptions
{
    public string Directory { get; set; } = "";
}
