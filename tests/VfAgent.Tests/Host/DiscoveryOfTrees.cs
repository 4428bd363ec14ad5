using System.Runtime.CompilerServices;
using Google.Protobuf;
using VfAgent.Host;
using VfAgent.Protocol.V1;
using VfAgent.Reconcile;
using VfAgent.Status;

namespace VfAgent.Tests.Host;

/// <summary>Every file of Trees is one test.</summary>
public sealed class DiscoveryOfTrees
{
    /// <summary>Set to anything, a test that finds something else writes it over the old one. It fails all the same.</summary>
    private const string RewriteVariable = "VFAGENT_REWRITE_DISCOVERIES";

    private static readonly JsonFormatter _json = new(JsonFormatter.Settings.Default.WithIndentation());

    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Folder(), "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_nics_of_a_tree_are_discovered(string name)
    {
        string actual = _json.Format(Discover(new TreeKernel(File.ReadLines(Path.Combine(Folder(), $"{name}.txt"))))) + "\n";
        string file = Path.Combine(Folder(), $"{name}.json");
        string expected = File.Exists(file) ? File.ReadAllText(file) : "";
        if (actual == expected)
            return;

        if (Environment.GetEnvironmentVariable(RewriteVariable) is { Length: > 0 })
            File.WriteAllText(file, actual);
        Assert.Fail($"""
            {name}.txt gives another discovery than {name}.json. If this one is right, copy it there, or set {RewriteVariable}=1 and run again:

            {actual}
            It was:

            {expected}
            """);
    }

    private static Discovery Discover(TreeKernel kernel)
    {
        var reader = new PfReader(kernel, HostPaths.Usual);
        var discovery = new Discovery();
        discovery.PhysicalFunctions.AddRange(reader.ListPfs().Value.Select(address => PfMessages.Of(reader.Read(address, new Look())!, Report.Empty)));
        return discovery;
    }

    // The source folder, not a copy beside the binary: a tree that was removed or renamed is gone at once.
    private static string Folder([CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "Trees");
}
