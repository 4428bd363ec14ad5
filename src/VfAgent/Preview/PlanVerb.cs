using System.Collections.Immutable;
using System.Net;
using System.Text;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Desired;
using VfAgent.Options;
using VfAgent.Protocol;
using VfAgent.State;
using FieldError = VfAgent.Core.Desired.FieldError;

namespace VfAgent.Preview;

/// <summary><c>vfagent plan -f FILE</c>: what the agent would do on this host for a <c>HostConfig</c>. It changes nothing.</summary>
internal sealed class PlanVerb(Settings settings, IKernel kernel, IDisk disk, TimeProvider time, bool isRoot, TextWriter output, TextWriter errors)
{
    private const int CannotRead = 1;
    private const int BadConfig = 2;

    /// <param name="config">The config's name in messages, and its bytes.</param>
    /// <param name="json">Print it for programs.</param>
    /// <returns>0, 1 when the host cannot be read, or 2 when the config is not valid.</returns>
    public async Task<int> RunAsync((string Name, byte[] Payload) config, bool json)
    {
        Decoded decoded = ConfigCodec.Decode(MessageKey.Of(ConfigTopic.Document), config.Payload, contentType: null);
        if (decoded.Message is not { } wish)
        {
            foreach (FieldError error in decoded.Refusal!.Errors)
                await errors.WriteLineAsync($"vfagent: {config.Name}: {error}");
            return BadConfig;
        }

        IPAddress? broker = settings.Mqtt.Connection(settings.Agent.HostId).Server.Literal;
        var look = new HostLook(kernel, disk, settings, broker, time);
        (HostReading? reading, string? failure) = await look.ReadAsync();
        if (reading is null)
        {
            await errors.WriteLineAsync($"vfagent: cannot read this host: {failure}{(isRoot ? "" : " (this is not root)")}");
            return CannotRead;
        }

        DesiredState desired = wish.ToState();
        await WarnAsync(desired, reading);
        ImmutableArray<PlannedPass> passes = Foresight.Look(desired, reading.Host, reading.Ledger);
        await output.WriteAsync(json
            ? Encoding.UTF8.GetString(PayloadWriter.ToJson(PlanMessages.Of(settings.Agent.HostId, passes))) + "\n"
            : PlanPrinter.Print(passes));
        return 0;
    }

    private async Task WarnAsync(DesiredState desired, HostReading reading)
    {
        foreach (string entry in reading.Unreadable)
            await errors.WriteLineAsync($"vfagent: warning: {entry} cannot be read; the agent, too, would go on without it");

        foreach ((PciAddress pf, UnconfirmedChange change) in reading.Ledger.Unconfirmed)
        {
            if (change.IsRegretted && WishDigest.AreIn(desired, change.Wishes))
            {
                await errors.WriteLineAsync(
                    $"vfagent: warning: what {string.Join(", ", change.Wishes.Keys)} asks of {pf} has cut this host off from the broker; " +
                    "the agent does not do it again until the resource is published with another generation");
            }
        }

        // Whose files are open is every process's own secret, and root's.
        if (!isRoot && reading.Host.Pfs.Values.SelectMany(pf => pf.Vfs).Any(vf => vf is { OnVfio: true, OpenedBy: null }))
            await errors.WriteLineAsync("vfagent: warning: this is not root, so processes that have a VF open through vfio are not seen");
    }
}
