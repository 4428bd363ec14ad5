using System.Text.Json;
using System.Text.Json.Nodes;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;
using VfAgent.Simulation.Tests.Wishes;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>Under the name that readers look for, a file is whole, also after the power was lost.</summary>
internal sealed class WholeFiles(Run run) : Invariant(run)
{
    public override string Promise => Promises.WholeFiles;

    public override void Called(LoggedCall call)
    {
        Check(call.Call.Path);
        if (call.Call.Kind == CallKind.RenameFile)
            Check(call.Call.Value!);
    }

    public override void WentDown()
    {
        foreach (string path in Run.World.Disk.Files())
            Check(path);
    }

    private void Check(string path)
    {
        if (NameIn(path).StartsWith('.') || Run.World.Disk.Look(path) is not { } file || !IsOurs(path))
            return;

        const string Config = AgentSettings.StateDirectory + "/config/host/";
        bool isWhole = path.StartsWith(Config, StringComparison.Ordinal)
            ? Run.Wishes.Find(path == Config + "document" ? Wish.DocumentTopic : $"config/{path[Config.Length..]}", Run.World.Disk.Bytes(path)) is not null
            : IsJson(file.Text);
        if (!isWhole)
            Broken($"{path} is {file.Text}");
    }

    private static bool IsOurs(string path) =>
        Truth.IsState(path) || Path.GetDirectoryName(path) == AgentSettings.NetworkDirectory || NameIn(path).StartsWith("vfagent-", StringComparison.Ordinal);

    private static bool IsJson(string text)
    {
        try
        {
            return JsonNode.Parse(text) is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
