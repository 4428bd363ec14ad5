using Google.Protobuf.Collections;
using VfAgent.Protocol;
using VfAgent.Protocol.V1;
using PhaseWord = VfAgent.Protocol.V1.Phase.Types.Value;

namespace VfAgent.Demo;

/// <summary>
/// The story: vf-operator's example over MQTT, a mistake in it, and a host that somebody meddles with. It knows what an operator knows: what
/// it tells came from the broker or was read from disk, and what does not come in time ends it.
/// </summary>
internal sealed class DemoScript(Story story, Topics topics, DemoBroker broker, DemoOperator me, DemoHost host)
{
    private static readonly ConfigTopic _resourceConfig = ConfigTopic.Resource(Example.ResourceName);
    private static readonly ConfigTopic _attachmentConfig = ConfigTopic.NetworkAttachment(Example.AttachmentName);
    private static readonly StatusTopic _resourceStatus = StatusTopic.Resource(Example.ResourceName);
    private static readonly StatusTopic _attachmentStatus = StatusTopic.NetworkAttachment(Example.AttachmentName);

    /// <exception cref="TimeoutException">Something did not happen in time.</exception>
    public async Task TellAsync(CancellationToken stop)
    {
        story.Title($"VfAgent {Agent.Version}: a broker, a simulated host and the agent, all in this process");
        story.Say($"Nothing of this machine is touched; files go to {host.Folder} only.");
        story.Say($"The broker is at mqtt://127.0.0.1:{broker.Port}, without passwords: fine for a demo, not for a fleet.");

        await MeetHostAsync(stop);
        Resource resource = await AskForVfsAsync(stop);
        NetworkAttachmentStatus attachment = await AttachAsync(stop);
        await LookFromElsewhereAsync(stop);
        await MistypeAsync(attachment, stop);
        await MeddleAsync(resource, attachment, stop);
    }

    /// <summary>Says what can be tried, then tells events as they come, until stopped.</summary>
    public async Task RunOnAsync(CancellationToken stop)
    {
        story.Gap();
        story.Title("The agent keeps running, until Ctrl-C. Try in another terminal (mosquitto-clients):");
        story.Gap();
        story.Quote(Example.Commands(broker.Port, topics));
        story.Gap();
        story.Title($"What it says on {topics.Events}:");
        story.Gap();
        try
        {
            await foreach (Event happened in me.FollowAsync(stop))
            {
                string time = $"{happened.Time.ToDateTimeOffset().ToLocalTime():HH:mm:ss}";
                story.Table(null, [[time, $"{happened.Object,-23}", $"{happened.Reason,-14}", happened.Message]]);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>Stops the agent in good order.</summary>
    public async Task EndAsync()
    {
        await host.StopAgentAsync();
        AgentStatus agent = await me.WaitAsync(
            "the agent to say that it is offline",
            () => me.Find(StatusTopic.Agent, AgentStatus.Parser) is { State: AgentStatus.Types.State.Offline } status ? status : null,
            CancellationToken.None);

        story.Step("The agent stops");
        story.Say("Containers do not notice: VFs and conflists stay, and the next start goes on from here.");
        story.Table(null, [[topics.Status(StatusTopic.Agent), Word(agent)], .. host.Remains()]);
    }

    private async Task MeetHostAsync(CancellationToken stop)
    {
        AgentStatus agent = await me.WaitAsync("the agent to report in", () => me.Find(StatusTopic.Agent, AgentStatus.Parser), stop);
        Discovery discovery = await me.WaitAsync("the agent to say which NICs it has found", () => me.Find(StatusTopic.Discovery, Discovery.Parser), stop);
        await broker.WaitForSubscriptionAsync(topics.ConfigFilter, me.Patience, stop);

        story.Step("A host comes online");
        story.Say("The agent reports in with the SR-IOV NICs it finds; retained, so that latecomers hear it too.");
        string[] online = [topics.Status(StatusTopic.Agent), $"{Word(agent)}, version {agent.Version}, kernel {agent.KernelVersion}"];
        string[] found = [topics.Status(StatusTopic.Discovery), $"{discovery.PhysicalFunctions.Count} physical functions (PFs)"];
        string[] listening = [topics.ConfigFilter, "subscribed by the agent"];
        story.Table(null, [online, found, listening]);
        story.Gap();
        story.Table(DemoTables.PfHeader, discovery.PhysicalFunctions.Select(DemoTables.Pf));
    }

    private async Task<Resource> AskForVfsAsync(CancellationToken stop)
    {
        story.Step("The operator asks for virtual functions (VFs)");
        story.Say("One retained message holds the whole wish: vf-operator's example, as its README has it.");
        DateTimeOffset sent = await PublishAsync(_resourceConfig, Example.Resource, stop);
        ShowSent(_resourceConfig, Example.Resource);
        Resource resource = await ResourceInSyncAsync(sent, stop);

        story.Gap();
        story.Say("The agent takes the steps that are missing, and says IN_SYNC once it has read back the result.");
        story.Table(DemoTables.StepHeader, DemoTables.Steps(EventsSince(sent), sent));
        story.Gap();
        story.Table(DemoTables.VfHeader, resource.Status.SelectMany(pf => pf.Vfs).Select(DemoTables.Vf));
        return resource;
    }

    private async Task<NetworkAttachmentStatus> AttachAsync(CancellationToken stop)
    {
        story.Step("A network for containers");
        story.Say("It gets a VF of its own, and the file by which podman or nerdctl hand that to a container.");
        DateTimeOffset sent = await PublishAsync(_attachmentConfig, Example.Attachment, stop);
        ShowSent(_attachmentConfig, Example.Attachment);
        NetworkAttachmentStatus attachment = await AttachmentInSyncAsync(sent, stop);

        story.Gap();
        story.Table(DemoTables.StepHeader, DemoTables.Steps(EventsSince(sent), sent));
        story.Gap();
        story.Show($"{attachment.Conflist}:");
        story.Quote(await File.ReadAllTextAsync(attachment.Conflist, stop));
        return attachment;
    }

    private async Task LookFromElsewhereAsync(CancellationToken stop)
    {
        // What the dashboard is to be told has to be at the broker before it asks, for the broker's sake (see WaitForSubscriptionAsync).
        foreach (string topic in new[] { topics.Status(_resourceStatus.AsJson()), topics.Status(_attachmentStatus.AsJson()) })
            await me.WaitAsync($"{topic} to say IN_SYNC", () => me.FindText(topic) is { } json && json.Contains("\"IN_SYNC\"", StringComparison.Ordinal) ? json : null, stop);

        await using DemoOperator dashboard = await DemoOperator.ConnectAsync(broker.Port, topics, [topics.JsonStatusFilter], me.Patience, stop);

        story.Step("A dashboard connects");
        string prefix = topics.JsonStatusFilter[..^1];
        story.Say($"It is told everything at once, in JSON under {prefix}. Some fields:");
        story.Table(
            null,
            [
                await RowAsync(StatusTopic.Agent, "hostId", "state"),
                await RowAsync(_resourceStatus, "phase"),
                await RowAsync(_attachmentStatus, "phase", "resourceName", "device"),
            ]);

        async Task<string[]> RowAsync(StatusTopic topic, params string[] fields)
        {
            string name = topics.Status(topic.AsJson());
            string json = await dashboard.WaitAsync($"a message on {name}", () => dashboard.FindText(name), stop);
            return [name[prefix.Length..], DemoTables.Pick(json, fields)];
        }
    }

    private async Task MistypeAsync(NetworkAttachmentStatus good, CancellationToken stop)
    {
        story.Step("A mistake");
        story.Say("The operator adds a VLAN and mistypes two fields. Both are named; what was good stays in force.");
        string before = await File.ReadAllTextAsync(good.Conflist, stop);
        await PublishAsync(_attachmentConfig, Example.Mistyped, stop);
        ShowSent(_attachmentConfig, Example.Mistyped);
        Condition refusal = await me.WaitAsync(
            $"network attachment {Example.AttachmentName} to be REJECTED",
            () => Attachment() is { Phase: PhaseWord.Rejected } status ? status.Conditions.FirstOrDefault(c => c.Type == "Accepted") : null,
            stop);

        if (await File.ReadAllTextAsync(good.Conflist, stop) != before)
            throw new IOException($"{good.Conflist} has changed with a config that was refused");

        story.Gap();
        story.Table(
            null,
            [
                ["phase", "REJECTED"],
                ["reason", refusal.Reason],
                ["message", refusal.Message],
                ["remedy", refusal.Remedy],
                ["conflist", "as it was"],
            ]);

        story.Gap();
        story.Say("Corrected and sent again, the network has its VLAN, and still the same VF:");
        DateTimeOffset sent = await PublishAsync(_attachmentConfig, Example.Corrected, stop);
        NetworkAttachmentStatus corrected = await AttachmentInSyncAsync(sent, stop, good.Device);
        story.Table(null, [["conflist", DemoTables.Pick(await File.ReadAllTextAsync(corrected.Conflist, stop), "plugins")]]);
    }

    private async Task MeddleAsync(Resource good, NetworkAttachmentStatus attachment, CancellationToken stop)
    {
        string pf = good.Status[0].Device;
        story.Step("Somebody meddles with the host");
        story.Say("One write as root destroys the VFs. The kernel's event wakes the agent, which brings them back.");
        story.Show($"echo 0 > {DemoHost.NumVfsPath(pf)}");
        DateTimeOffset meddled = TimeProvider.System.GetUtcNow();
        await host.WriteNumVfsAsync(pf, "0");
        Resource healed = await ResourceInSyncAsync(meddled, stop);
        await AttachmentInSyncAsync(meddled, stop, attachment.Device);

        story.Gap();
        story.Table(DemoTables.StepHeader, DemoTables.Steps(EventsSince(meddled), meddled));
        story.Gap();
        story.Table(DemoTables.VfHeader, healed.Status.SelectMany(nic => nic.Vfs).Where(vf => vf.Networkattachment.Length > 0).Select(DemoTables.Vf));
    }

    private async Task<DateTimeOffset> PublishAsync(ConfigTopic topic, string payload, CancellationToken stop)
    {
        DateTimeOffset sent = TimeProvider.System.GetUtcNow();
        await me.PublishAsync(topic, payload, stop);
        return sent;
    }

    private void ShowSent(ConfigTopic topic, string payload) => story.Table(null, [["publish", topics.Config(topic)], ["", payload]]);

    private Task<Resource> ResourceInSyncAsync(DateTimeOffset since, CancellationToken stop) => me.WaitAsync(
        $"resource {Example.ResourceName} to be IN_SYNC",
        () => me.Find(_resourceStatus, Resource.Parser) is { Phase: PhaseWord.InSync } status
            && IsNews(status.Conditions, $"resources/{Example.ResourceName}", since) ? status : null,
        stop);

    private Task<NetworkAttachmentStatus> AttachmentInSyncAsync(DateTimeOffset since, CancellationToken stop, string? device = null) => me.WaitAsync(
        $"network attachment {Example.AttachmentName} to be IN_SYNC{(device is null ? "" : $" with {device}")}",
        () => Attachment() is { Phase: PhaseWord.InSync } status && (device ?? status.Device) == status.Device
            && IsNews(status.Conditions, $"networkattachments/{Example.AttachmentName}", since) ? status : null,
        stop);

    private NetworkAttachmentStatus? Attachment() => me.Find(_attachmentStatus, NetworkAttachmentStatus.Parser);

    // An IN_SYNC from before says nothing about what came of it; and what led to the new one has come when its event has.
    private bool IsNews(RepeatedField<Condition> conditions, string about, DateTimeOffset since) =>
        conditions.Any(condition => condition.Type == "InSync" && condition.LastTransitionTime.ToDateTimeOffset() >= since)
        && EventsSince(since).Any(happened => happened.Object == about && happened is { Reason: "PhaseChanged", Message: "IN_SYNC" });

    private IReadOnlyList<Event> EventsSince(DateTimeOffset since) => [.. me.Events.Where(happened => happened.Time.ToDateTimeOffset() >= since)];

    private static string Word(AgentStatus agent) => agent.State.ToString().ToUpperInvariant();
}
