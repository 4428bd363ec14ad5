using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;
using VfAgent.Leases;

namespace VfAgent.Cni;

/// <summary>
/// The CNI plugin of pools (CNI spec 1.1.0): it takes a free VF for the container and delegates to the plugin that the network's author has chosen,
/// such as sriov or host-device, with that VF. As the netavark plugin it needs no agent, no broker and no settings, and shares its leases.
/// </summary>
internal sealed class CniPlugin
{
    private readonly IKernel _kernel;
    private readonly Func<string, CniCall, byte[], DelegateRun> _run;
    private readonly VfLending _lending;

    /// <param name="kernel">The machine.</param>
    /// <param name="disk">Its files.</param>
    /// <param name="paths">Where things are on it.</param>
    /// <param name="run">Runs another plugin.</param>
    public CniPlugin(IKernel kernel, IDisk disk, HostPaths paths, Func<string, CniCall, byte[], DelegateRun> run) =>
        (_kernel, _run, _lending) = (kernel, run, new VfLending(kernel, new DurableFiles(disk), paths));

    /// <param name="environment">The runtime's parameters.</param>
    /// <param name="input">The configuration.</param>
    /// <param name="output">Where the result goes, or the error.</param>
    /// <returns>The exit code.</returns>
    public int Run(IReadOnlyDictionary<string, string> environment, Stream input, Stream output)
    {
        if (CniCall.Read(environment, input, out CniCall call) is { } wrong)
            return Fail(call, wrong, output);

        return call.Command switch
        {
            "ADD" => Add(call, output),
            "DEL" => Del(call, output),
            "CHECK" => Check(call, output),
            "GC" => CollectGarbage(call, output),
            "STATUS" => Status(call, output),
            _ => Versions(output),
        };
    }

    private int Add(CniCall call, Stream output)
    {
        IoResult<long> inode = _kernel.GetInode(call.Namespace);
        if (!inode.Ok)
            return Fail(call, CniError.Of(inode.Error), output);

        // Podman tells no end of a container whose namespace has gone.
        foreach (Lease ended in Leases(call).Where(lease => !_lending.Leases.IsGood(lease)).ToArray())
            TakeBack(call, ended);

        // What an earlier start of it had is had no more.
        if (Find(call) is { } earlier && _lending.Return.GiveBack(earlier) is { } stuck)
            return Fail(call, CniError.Of(stuck), output);

        var wish = new VfWish(call.Container, call.ContainerName, call.Network, call.Vfs, call.Namespace, inode.Value, call.Interface)
        {
            Delegate = call.DelegateType,
        };
        if (_lending.Pool.Take(wish, out Lease? lease, out IDisposable? guard) is { } none)
            return Fail(call, new CniError(CniErrorCode.TryAgainLater, none), output);

        if (call.DelegateType == SriovCni.Type)
        {
            // It takes the VF's lock itself.
            guard?.Dispose();
            guard = null;
        }

        DelegateRun run;
        using (guard)
            run = Delegate(call, lease!.Vf);
        if (run.ExitCode == 0)
            return Pass(run, output);

        // Some of it may be done.
        Delegate(call with { Command = "DEL" }, lease.Vf);
        _lending.Return.GiveBack(lease);
        return Pass(run, output);
    }

    // May come any number of times, and when all is gone already.
    private int Del(CniCall call, Stream output)
    {
        Lease? lease = Find(call);
        bool isGood = lease is not null && _lending.Leases.IsGood(lease);
        if (lease is not null && Delegate(call, lease.Vf) is { ExitCode: not 0 } run && isGood)
            return Pass(run, output);
        if (!isGood)
            FreeAddresses(call);

        return lease is not null && _lending.Return.GiveBack(lease) is { } stuck ? Fail(call, CniError.Of(stuck), output) : 0;
    }

    private int Check(CniCall call, Stream output) => Find(call) is { } lease && _lending.Leases.IsGood(lease)
        ? Pass(Delegate(call, lease.Vf), output)
        : Fail(call, new CniError(CniErrorCode.UnknownContainer, $"the container has no VF of network {call.Network}"), output);

    // The runtime names the attachments that there are; what others of this network have, nobody will give back any more.
    private int CollectGarbage(CniCall call, Stream output)
    {
        HashSet<(string, string)> valid = [];
        foreach (JsonNode? attachment in call.Config["cni.dev/valid-attachments"] as JsonArray ?? [])
            valid.Add(((string?)attachment?["containerID"] ?? "", (string?)attachment?["ifname"] ?? ""));

        List<string> errors = [];
        foreach (Lease lease in Leases(call).Where(lease => !valid.Contains((lease.Container, lease.Interface))).ToArray())
        {
            if (TakeBack(call, lease) is { } stuck)
                errors.Add(stuck.ToString());
        }

        if (errors.Count > 0)
            return Fail(call, new CniError(CniErrorCode.InputOutput, string.Join("; ", errors)), output);

        return Pass(Delegate(call, null), output);
    }

    private int Status(CniCall call, Stream output) => call.Vfs.Count == 0
        ? Fail(call, new CniError(CniErrorCode.NotAvailable, $"network {call.Network} has no VF to hand out"), output)
        : Pass(Delegate(call, null), output);

    private static int Versions(Stream output)
    {
        var versions = new JsonArray([.. CniCall.Versions.Select(version => (JsonNode)version)]);
        Write(output, new JsonObject { ["cniVersion"] = CniCall.Versions[^1], ["supportedVersions"] = versions });
        return 0;
    }

    private Lease? Find(CniCall call) => Leases(call).FirstOrDefault(lease => lease.Container == call.Container && lease.Interface == call.Interface);

    // Those of this network's containers; which VFs it hands out may have changed since.
    private IEnumerable<Lease> Leases(CniCall call) =>
        _lending.Leases.Of(_lending.Leases.List().ValueOr([])!).Where(lease => lease.Network == call.Network);

    private IoError? TakeBack(CniCall call, Lease lease)
    {
        bool isGood = _lending.Leases.IsGood(lease);
        CniCall end = call with { Command = "DEL", Container = lease.Container, Namespace = isGood ? lease.Namespace : "", Interface = lease.Interface };
        Delegate(end, lease.Vf);
        if (!isGood)
            FreeAddresses(end);
        return _lending.Return.GiveBack(lease);
    }

    // Of a container whose namespace has gone host-device does not ask for that (its cmdDel), nor does anybody of one whose VF has another container by now.
    private void FreeAddresses(CniCall call)
    {
        if (call.AddressPlugin is { } type)
            Ask(type, call, vf: null);
    }

    private DelegateRun Delegate(CniCall call, PciAddress? vf) => Ask(call.DelegateType, call, vf);

    private DelegateRun Ask(string type, CniCall call, PciAddress? vf)
    {
        string? file = call.Path.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, type))
            .FirstOrDefault(path => _kernel.Exists(path));
        if (file is not null)
            return _run(file, call, Encoding.UTF8.GetBytes(call.DelegateConfig(vf).ToJsonString()));

        using var output = new MemoryStream();
        int exitCode = Fail(call, new CniError(CniErrorCode.InvalidConfig, $"there is no plugin {type} in {call.Path}"), output);
        return new DelegateRun(exitCode, output.ToArray());
    }

    private static int Pass(DelegateRun run, Stream output)
    {
        output.Write(run.Output);
        return run.ExitCode;
    }

    private static int Fail(CniCall call, CniError error, Stream output)
    {
        string version = CniCall.Versions.Contains(call.Version, StringComparer.Ordinal) ? call.Version : CniCall.Versions[^1];
        Write(output, new JsonObject { ["cniVersion"] = version, ["code"] = (int)error.Code, ["msg"] = error.Message });
        return 1;
    }

    private static void Write(Stream output, JsonObject answer)
    {
        using var writer = new Utf8JsonWriter(output);
        answer.WriteTo(writer);
    }
}
