namespace VfAgent.EndToEnd.Tests.Hosts;

/// <summary>The agent under test: the native one that tests/run.sh names in TEST_VFAGENT_BINARY, else the one built beside these tests.</summary>
internal static class Binary
{
    public static string Path { get; } = Environment.GetEnvironmentVariable("TEST_VFAGENT_BINARY") ?? Built();

    /// <summary>Whether it is native, and so runs where there is no .NET.</summary>
    public static bool IsNative => !File.Exists(Path + ".dll");

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = FindRoot();

    private static string Built()
    {
        // artifacts/bin/{project}/{configuration}/
        string configuration = System.IO.Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
        return System.IO.Path.Combine(FindRoot(), "artifacts", "bin", "VfAgent", configuration, "vfagent");
    }

    private static string FindRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(folder, "VfAgent.sln")))
            folder = System.IO.Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("These tests run inside the repository.");
        return folder;
    }
}
