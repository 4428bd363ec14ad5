using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using VfAgent.Core.Desired;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;

namespace VfAgent.Core.Tests.Planning;

/// <summary>A plan as a story: a line for each step and each finding, with what a written file holds.</summary>
internal static class PlanText
{
    public static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(Plan plan)
    {
        var text = new StringBuilder();
        foreach (PfPlan pf in plan.Pfs.Values)
            Add(text, pf.Pf.ToString(), pf.Steps, pf.Findings);
        foreach (ResourcePlan resource in plan.Resources.Values)
            Add(text, ObjectKey.Resource(resource.Name).ToString(), resource.Steps, resource.Findings);
        foreach (AttachmentPlan attachment in plan.Attachments.Values)
            Add(text, ObjectKey.Attachment(attachment.Name).ToString(), attachment.Steps, attachment.Findings);

        return text.Length == 0 ? "in sync\n" : text.ToString();
    }

    private static void Add(StringBuilder text, string what, IEnumerable<Step> steps, IEnumerable<Finding> findings)
    {
        foreach (Step step in steps)
            text.Append(what).Append(": ").Append(Describe(step)).Append('\n');
        foreach (Finding finding in findings)
            text.Append(what).Append($" {finding.Reason.Phase.Word()} {finding.Reason}: {finding.Message}\n");
    }

    private static string Describe(Step step) => step is WriteFile { Content: var content }
        ? $"{step}: {JsonNode.Parse(content)!.ToJsonString(Readable)}"
        : step.ToString();
}
