using System.Text.Json.Nodes;
using VfAgent.Protocol.V1;

namespace VfAgent.Demo;

/// <summary>Messages from the broker as rows of a table, with the fields that matter to the story.</summary>
internal static class DemoTables
{
    private const string Plan = "PROGRESSING: ";

    public static readonly string[] PfHeader = ["PF", "NETDEV", "DRIVER", "VENDOR", "MTU", "MAC", "VFS"];

    public static readonly string[] VfHeader = ["VF", "NETDEV", "DRIVER", "MTU", "MAC", "NETWORK"];

    public static readonly string[] StepHeader = ["AFTER", "PLANNED STEP, NEW PHASE"];

    public static string[] Pf(ResourceStatus pf) =>
        [pf.Device, pf.Name, pf.Driver, pf.Vendor, $"{pf.Mtu}", pf.Mac, $"{pf.NumVfs} of {pf.TotalVfs}"];

    public static string[] Vf(VFResourceStatus vf) =>
        [vf.Device, vf.Name, vf.Driver, $"{vf.Mtu}", vf.Mac, vf.Networkattachment.Length == 0 ? "free" : vf.Networkattachment];

    /// <summary>What became of a change: the steps that were done and the phases that were reached, then the planned steps that were not reported as done.</summary>
    /// <param name="events">Those that follow the change, in their order.</param>
    /// <param name="since">When the change was made.</param>
    public static IEnumerable<string[]> Steps(IReadOnlyList<Event> events, DateTimeOffset since)
    {
        HashSet<string> planned = new(StringComparer.Ordinal);
        HashSet<string> done = new(StringComparer.Ordinal);
        foreach (Event happened in events)
        {
            string after = $"{(happened.Time.ToDateTimeOffset() - since).TotalMilliseconds,4:0} ms";
            if (happened.Reason == "StepDone" && done.Add(happened.Message))
                yield return [after, happened.Message];
            else if (happened.Reason == "PhaseChanged" && happened.Message.StartsWith(Plan, StringComparison.Ordinal))
                planned.UnionWith(happened.Message[Plan.Length..].Split("; "));
            else if (happened.Reason == "PhaseChanged")
                yield return [after, $"{happened.Object} is {happened.Message}"];
        }

        foreach (string step in planned.Except(done, StringComparer.Ordinal))
            yield return ["", step];
    }

    /// <summary>A few fields of a JSON object, on one line.</summary>
    public static string Pick(string json, params ReadOnlySpan<string> fields)
    {
        JsonNode all = JsonNode.Parse(json)!;
        var picked = new JsonObject();
        foreach (string field in fields)
            picked[field] = all[field]?.DeepClone();

        return picked.ToJsonString();
    }
}
