using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>A plan for people: each object with its numbered steps, what they take from others, and what stands in the way.</summary>
public static class PlanPrinter
{
    /// <returns>Lines, each with its end.</returns>
    public static string Print(ImmutableArray<PlannedPass> passes)
    {
        var text = new StringBuilder();
        int number = 0;
        for (int pass = 0; pass < passes.Length; pass++)
        {
            if (pass > 0)
                text.Append(pass == 1 ? "\nThen, as far as can be told now:\n\n" : "\nAnd then:\n\n");
            foreach (PlannedItem item in passes[pass].Items)
                Print(text, item, ref number);
        }

        return text.Append(text.Length > 0 ? "\n" : "").Append(Summary(passes)).Append('\n').ToString();
    }

    private static void Print(StringBuilder text, PlannedItem item, ref int number)
    {
        text.Append(item.About);
        if (item.Netdev is not null)
            text.Append(CultureInfo.InvariantCulture, $" ({item.Netdev})");
        if (item.Resource is not null)
            text.Append(CultureInfo.InvariantCulture, $" of resource {item.Resource}");
        text.Append('\n');
        foreach (PlannedStep step in item.Steps)
            text.Append(CultureInfo.InvariantCulture, $"{++number,5}  {step}\n");
        foreach (Finding finding in item.Findings)
        {
            text.Append(CultureInfo.InvariantCulture, $"    -  {finding.Reason.Phase.Word()} {finding.Reason}: {finding.Message}\n");
            if (finding.Reason.Remedy.Length > 0)
                text.Append(CultureInfo.InvariantCulture, $"       -> {finding.Reason.Remedy}\n");
        }
    }

    private static string Summary(ImmutableArray<PlannedPass> passes)
    {
        PlannedStep[] steps = [.. passes.SelectMany(pass => pass.Items).SelectMany(item => item.Steps)];
        if (steps.Length == 0)
            return passes.IsEmpty ? "In sync: nothing to do." : "No step can be taken now.";

        Disruption worst = steps.Max(step => step.Disruption);
        string count = steps.Length == 1 ? "1 step" : $"{steps.Length} steps";
        return worst == Disruption.None ? $"{count}, none disturbs anything." : $"{count}, at worst: {worst.Words()}.";
    }
}
