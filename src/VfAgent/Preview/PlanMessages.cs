using System.Collections.Immutable;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Protocol.V1;
using VfAgent.Status;
using Phase = VfAgent.Core.Status.Phase;
using Wire = VfAgent.Protocol.V1.Disruption.Types.Value;

namespace VfAgent.Preview;

/// <summary>A plan in the words of the wire.</summary>
internal static class PlanMessages
{
    public static Protocol.V1.Plan Of(string hostId, ImmutableArray<PlannedPass> passes)
    {
        var message = new Protocol.V1.Plan { HostId = hostId };
        foreach (PlannedPass pass in passes)
        {
            var items = new Protocol.V1.Plan.Types.Pass();
            items.Items.AddRange(pass.Items.Select(Of));
            message.Passes.Add(items);
        }

        return message;
    }

    private static Protocol.V1.Plan.Types.Item Of(PlannedItem item)
    {
        var message = new Protocol.V1.Plan.Types.Item
        {
            Object = item.About,
            ResourceName = item.Resource ?? "",
            Phase = Conditions.Wire(item.Findings.Select(finding => finding.Reason.Phase).DefaultIfEmpty(Phase.Progressing).Max()),
        };
        message.Steps.AddRange(item.Steps.Select(step => new Protocol.V1.Plan.Types.Step { Action = step.Action, Disruption = Of(step.Disruption) }));
        message.Conditions.AddRange(item.Findings.Select(Of));
        return message;
    }

    private static Condition Of(Finding finding) => new()
    {
        Type = "InSync",
        Status = Condition.Types.Status.False,
        Reason = finding.Reason.Code,
        Message = finding.Message,
        Remedy = finding.Reason.Remedy,
    };

    private static Wire Of(Core.Planning.Disruption disruption) => disruption switch
    {
        Core.Planning.Disruption.None => Wire.None,
        Core.Planning.Disruption.VfReset => Wire.VfReset,
        Core.Planning.Disruption.AllVfs => Wire.AllVfs,
        Core.Planning.Disruption.PfLinkBlip => Wire.PfLinkBlip,
        _ => Wire.RebootNeeded,
    };
}
