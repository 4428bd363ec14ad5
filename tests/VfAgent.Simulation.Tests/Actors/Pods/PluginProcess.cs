using System.Net;
using System.Text;
using VfAgent.Cni;
using VfAgent.Core.Kernel;
using VfAgent.Host;
using VfAgent.Netavark;
using VfAgent.Simulation.Tests.Mutations;

namespace VfAgent.Simulation.Tests.Actors.Pods;

/// <summary>
/// A plugin of the agent's, which a runtime starts and waits for. It may be killed: then none of the calls that change something is made any more.
/// </summary>
/// <param name="world">Where.</param>
/// <param name="mostChanges">How many such calls it lives for.</param>
internal sealed class PluginProcess(SimulatedWorld world, int mostChanges = int.MaxValue)
{
    /// <summary>Where the runtime has its plugins: each that is asked for is there.</summary>
    public const string Folder = "/opt/cni/bin";

    private int _left = mostChanges;

    /// <returns>The exit code and the output; null when it was killed.</returns>
    public (int ExitCode, string Output)? Netavark(string input, params string[] arguments) => Run((kernel, disk, output) =>
        new NetavarkPlugin(kernel, disk, HostPaths.Usual).Run(arguments, new MemoryStream(Encoding.UTF8.GetBytes(input)), output));

    /// <inheritdoc cref="Netavark"/>
    public (int ExitCode, string Output)? Cni(string input, IReadOnlyDictionary<string, string> environment, Func<CniCall, string, DelegateRun> other) =>
        Run((kernel, disk, output) =>
        {
            var plugin = new CniPlugin(kernel, disk, HostPaths.Usual, (_, call, config) =>
            {
                Change();
                return other(call, Encoding.UTF8.GetString(config));
            });
            return plugin.Run(environment, new MemoryStream(Encoding.UTF8.GetBytes(input)), output);
        });

    private (int ExitCode, string Output)? Run(Func<IKernel, IDisk, Stream, int> plugin)
    {
        using var output = new MemoryStream();
        try
        {
            int exitCode = plugin(new Kernel(this, world.Others), new Disk(this, world.OthersDisk), output);
            return (exitCode, Encoding.UTF8.GetString(output.ToArray()));
        }
        catch (SimulatedCrashException)
        {
            return null;
        }
    }

    private void Change()
    {
        if (--_left < 0)
            throw new SimulatedCrashException();
    }

    private T Change<T>(Func<T> change)
    {
        Change();
        return change();
    }

    private sealed class Kernel(PluginProcess process, IKernel inner) : KernelDecorator(inner)
    {
        public override IoResult<bool> IsThere(string path) =>
            path.StartsWith(Folder + "/", StringComparison.Ordinal) ? true : base.IsThere(path);

        public override IoError? Write(string path, string value) => process.Change(() => base.Write(path, value));

        public override IoError? SetVf(int pfIfindex, int vf, VfSetting setting) => process.Change(() => base.SetVf(pfIfindex, vf, setting));

        public override IoResult<INetworkNamespace> OpenNamespace(string? path) =>
            base.OpenNamespace(path) is { Ok: true, Value: var opened } ? new Namespace(process, opened) : base.OpenNamespace(path);
    }

    private sealed class Disk(PluginProcess process, IDisk inner) : DiskDecorator(inner)
    {
        // A runtime does not wait for ever for a lock that the agent has while its disk hangs.
        public override IoResult<IDisposable> Lock(string path, bool wait = true) => base.Lock(path, wait: false) is var held &&
            wait && held is { Ok: false, Error.Errno: Errno.EAGAIN } ? throw new SimulatedCrashException() : held;

        public override IoError? Write(string path, ReadOnlySpan<byte> content, int mode)
        {
            process.Change();
            return base.Write(path, content, mode);
        }

        public override IoError? Rename(string from, string to) => process.Change(() => base.Rename(from, to));

        public override IoError? Delete(string path) => process.Change(() => base.Delete(path));
    }

    private sealed class Namespace(PluginProcess process, INetworkNamespace inner) : INetworkNamespace
    {
        public long Inode => inner.Inode;

        public IoResult<IReadOnlyList<Link>> GetLinks() => inner.GetLinks();

        public IoError? MoveLink(int ifindex, INetworkNamespace to, string name) =>
            process.Change(() => inner.MoveLink(ifindex, ((Namespace)to).Inner, name));

        public IoError? SetLinkName(int ifindex, string name) => process.Change(() => inner.SetLinkName(ifindex, name));

        public IoError? RemoveAlternativeName(int ifindex, string name) => process.Change(() => inner.RemoveAlternativeName(ifindex, name));

        public IoError? SetLinkMac(int ifindex, string mac) => process.Change(() => inner.SetLinkMac(ifindex, mac));

        public IoError? SetLinkMtu(int ifindex, int mtu) => process.Change(() => inner.SetLinkMtu(ifindex, mtu));

        public IoError? SetLinkUp(int ifindex, bool up) => process.Change(() => inner.SetLinkUp(ifindex, up));

        public IoError? AddAddress(int ifindex, IPAddress address, int prefixLength) =>
            process.Change(() => inner.AddAddress(ifindex, address, prefixLength));

        public IoError? AddRoute(NetworkRoute route) => process.Change(() => inner.AddRoute(route));

        public void Dispose() => inner.Dispose();

        private INetworkNamespace Inner => inner;
    }
}
