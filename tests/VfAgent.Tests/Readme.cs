using System.Runtime.CompilerServices;

namespace VfAgent.Tests;

/// <summary>The project's README, whose examples are held to what the agent does.</summary>
internal static class Readme
{
    public static Task<string> ReadAsync() => File.ReadAllTextAsync(
        Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "README.md"), TestContext.Current.CancellationToken);

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
