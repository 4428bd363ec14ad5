using VfAgent.Host;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Invariants;

namespace VfAgent.Simulation.Tests.Mutations;

/// <summary>All planted bugs. Each is made anew for a run: worlds share nothing.</summary>
internal static class Catalog
{
    public static IReadOnlyList<string> Names { get; } = [.. All().Select(mutation => mutation.Name)];

    /// <summary>Those that only patches of the agent's code can plant; there where the agent was built with them (patched.sh).</summary>
    public static IReadOnlyList<string> Patched { get; } =
        typeof(Agent).Assembly.GetType("VfAgent.Planted") is null ? [] : [.. Patches().Select(mutation => mutation.Name)];

    public static Mutation Make(string name) => All().Concat(Patches()).First(mutation => mutation.Name == name);

    private static IEnumerable<Mutation> All()
    {
        yield return new("no-file-sync", "no fsync of a file before its rename", 60, Promises.WholeFiles, Promises.AcknowledgedIsKept)
        {
            Disk = disk => new NoFileSync(disk),
        };
        yield return new("no-folder-sync", "no fsync of the folder after a rename or removal", 200, Promises.AcknowledgedIsKept)
        {
            Disk = disk => new NoFolderSync(disk),
        };
        yield return new("no-temporary-file", "files are written in place", 100, Promises.WholeFiles) { Disk = disk => new NoTemporaryFile(disk) };
        yield return new("late-ledger", "an assignment is recorded after its conflist", 10, Promises.OneHolder)
        {
            Disk = disk => new LateLedger(disk),
        };
        yield return new("foreign-conflists-unseen", "VFs are given away without a look at others' conflists", 20, Promises.OneHolder)
        {
            Disk = disk => new Unseen(disk, path =>
                Path.GetDirectoryName(path) == AgentSettings.ConflistDirectory && !Path.GetFileName(path).Contains("vfagent-", StringComparison.Ordinal)),
        };
        yield return new("records-unseen", "CNI's records are not read", 60, Promises.Converges)
        {
            Disk = disk => new Unseen(disk, path => path.StartsWith("/var/lib/cni/", StringComparison.Ordinal)),
        };
        yield return new("leases-unseen", "what containers have left that vanished is never put right", 200, Promises.Converges)
        {
            Disk = disk => new Unseen(disk, path => path.StartsWith($"{HostPaths.Run}/leases", StringComparison.Ordinal)),
        };
        yield return new("lost-wake", "kernel events wake nobody", 200, Promises.StatusIsTrue) { Kernel = (kernel, _) => new LostWake(kernel) };
        yield return new("no-read-back", "what was written counts as there", 200, Promises.StatusIsTrue, Promises.Converges)
        {
            Kernel = (kernel, _) => new NoReadBack(kernel),
        };
        yield return new("late-is-done", "a step that reaches its deadline counts as done", 200, Promises.StatusIsTrue, Promises.Converges, Promises.OneHolder)
        {
            Kernel = (kernel, time) => new LateIsDone(kernel, time),
        };
        yield return new("address-from-index", "a VF's address is derived from its index", 60, Promises.OneHolder, Promises.Converges)
        {
            Kernel = (kernel, _) => new AddressFromIndex(kernel),
        };
        yield return new("one-worker", "a call that hangs holds up the other PFs", 200, Promises.OnlyItsOwnHangs)
        {
            Kernel = (kernel, _) => new OneWorker(kernel),
        };
        yield return new("holders-unseen", "who has a device open is not asked", 60, Promises.NothingInUse)
        {
            Kernel = (kernel, _) => new HoldersUnseen(kernel),
        };
        Dictionary<string, (string Boot, string Value)> kept = new(StringComparer.Ordinal);
        yield return new("kept-over-reboot", "what was read before a reboot is believed after it", 200, Promises.StatusIsTrue, Promises.Converges)
        {
            Kernel = (kernel, _) => new KeptOverReboot(kernel, kept),
        };
        yield return new("acknowledges-first", "PUBACK before the config is on disk", 10, Promises.AcknowledgedIsKept)
        {
            Client = client => new AcknowledgesFirst(client),
        };
        yield return new("stale-status", "an older status is published after a newer one", 200, Promises.StatusIsTrue, Promises.Converges, Promises.ConflistIsThere)
        {
            Client = client => new StaleStatus(client),
        };
    }

    private static IEnumerable<Mutation> Patches()
    {
        yield return new("absence-deletes", "what the broker does not retain at a connect is deleted", 100, Promises.AcknowledgedIsKept, Promises.DeletesAreAskedFor);
        yield return new("bad-drops-good", "a bad config takes the good one out of force", 100, Promises.DeletesAreAskedFor, Promises.Converges);
        yield return new("in-sync-early", "an attachment is called IN_SYNC before its conflist is read back", 100, Promises.ConflistIsThere);
        yield return new("use-unseen", "the guard does not see that a VF is in a container", 100, Promises.NothingInUse);
        yield return new("records-unguarded", "the guard does not ask CNI's records", 200, Promises.NothingInUse);
        yield return new("force-takes-held", "FORCE also takes a VF that a process has open through vfio", 200, Promises.NothingInUse);
        yield return new("restores-in-use", "a deleted resource's NIC is given back though its VFs are in use", 200, Promises.NothingInUse);
        yield return new("restore-forgotten", "a deleted resource's NIC is not given back", 200, Promises.GivenBack);
        yield return new("found-anew", "what a PF was when it was found is read again when another resource takes it", 200, Promises.GivenBack);
        yield return new("management-unguarded", "the NIC that the host is managed over is changed like any other", 200, Promises.ManagementIsKept);
        yield return new("never-contended", "that others change it back again and again is never noticed", 200, Promises.ContendedIsLeft);
        yield return new("no-truce", "what others change back again and again is noticed and not left alone", 200, Promises.ContendedIsLeft);
        yield return new("settings-stay", "what a container has left of its VLAN on a VF stays there", 200, Promises.StatusIsTrue, Promises.Converges);
        yield return new("overlap-unseen", "two resources have the same VFs of a PF", 200, Promises.NoException);
        yield return new("observer-heals", "what is only to be observed is put right", 200, Promises.OnlyWhatIsNamed);
        yield return new("autoprobe-stays-off", "a PF whose new VFs get no driver stays like that", 200, Promises.Converges);
        yield return new("autoprobe-stays-on", "a PF whose new VFs got no driver is given back so that they get one", 200, Promises.GivenBack);
        yield return new("leftovers-stay", "what a crash in the middle of a write has left is not removed", 200, Promises.Converges);
        yield return new("eswitch-stays", "a deleted resource leaves the NIC's embedded switch in its mode", 200, Promises.GivenBack);
        yield return new("eswitch-in-use", "the mode of an embedded switch is changed under containers that have its VFs", 200, Promises.NothingInUse);
        yield return new("unanswered-stands", "a change after which the broker does not answer stands", 200, Promises.CutOffIsUndone, Promises.Converges);
        yield return new("change-forgotten", "what the agent had no time to take back is forgotten with its life", 200, Promises.CutOffIsUndone, Promises.Converges);
        yield return new("rollback-after", "the state to go back to is taken after the change", 200, Promises.GoesBack);
        yield return new("lease-dropped-first", "a container's lease is dropped before its VF is back", 200, Promises.ContainersVf);
        yield return new("made-anew-unseen", "a VF that was made anew is taken for the one that a container had", 1000, Promises.ContainersVf, Promises.Converges);
    }
}
