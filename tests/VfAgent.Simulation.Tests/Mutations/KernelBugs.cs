using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests.Mutations;

/// <summary>What the kernel tells wakes nobody.</summary>
internal sealed class LostWake(IKernel inner) : KernelDecorator(inner)
{
    public override IDisposable Watch(Action<KernelEvent> onEvent) => base.Watch(_ => { });
}

/// <summary>A number of VFs that was written counts as there; nobody reads it back.</summary>
internal sealed class NoReadBack(IKernel inner) : KernelDecorator(inner)
{
    private readonly Dictionary<string, string> _written = new(StringComparer.Ordinal);

    public override IoError? Write(string path, string value)
    {
        IoError? error = base.Write(path, value);
        if (error is null)
            _written[path] = value;
        return error;
    }

    public override IoResult<string> Read(string path) => _written.TryGetValue(path, out string? value) ? value : base.Read(path);
}

/// <summary>A call that takes too long counts as done.</summary>
internal sealed class LateIsDone(IKernel inner, TimeProvider time) : KernelDecorator(inner)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    public override async Task<T> RunAsync<T>(Func<T> work)
    {
        Task<T> running = base.RunAsync(work);
        bool isStep = typeof(T) == typeof(Core.Status.Finding);
        return !isStep || await Task.WhenAny(running, Task.Delay(_patience, time)) == running ? await running : default!;
    }
}

/// <summary>A VF's address is taken for the one that many functions after its first sibling's, which on some NICs it is.</summary>
internal sealed class AddressFromIndex(IKernel inner) : KernelDecorator(inner)
{
    private const string Prefix = "/virtfn";

    public override IoResult<string> ReadLink(string path)
    {
        int at = path.LastIndexOf(Prefix, StringComparison.Ordinal);
        if (at < 0 || !int.TryParse(path.AsSpan(at + Prefix.Length), out int index))
            return base.ReadLink(path);

        IoResult<string> link = base.ReadLink(path);
        return link.Ok && base.ReadLink(path[..at] + Prefix + 0).Value is { } first ? After(first, index) : link;
    }

    private static string After(string address, int functions)
    {
        string[] parts = address.Split(':', '.');
        int number = (Convert.ToInt32(parts[1], 16) << 8 | Convert.ToInt32(parts[2], 16) << 3 | Convert.ToInt32(parts[3], 16)) + functions;
        return $"{parts[0]}:{number >> 8:x2}:{number >> 3 & 0x1f:x2}.{number & 7}";
    }
}

/// <summary>All that blocks waits in one line.</summary>
internal sealed class OneWorker(IKernel inner) : KernelDecorator(inner)
{
    private Task _last = Task.CompletedTask;

    public override async Task<T> RunAsync<T>(Func<T> work)
    {
        Task before = _last;
        var done = new TaskCompletionSource();
        _last = done.Task;
        await before;
        try
        {
            return await base.RunAsync(work);
        }
        finally
        {
            done.SetResult();
        }
    }
}

/// <summary>Who has a device open is not asked.</summary>
internal sealed class HoldersUnseen(IKernel inner) : KernelDecorator(inner)
{
    public override IoResult<IReadOnlyList<OpenFile>> OpenFiles(string folder) => Array.Empty<OpenFile>();
}

/// <summary>What one life of the agent has read is believed by the next, though the host was rebooted between them.</summary>
internal sealed class KeptOverReboot(IKernel inner, Dictionary<string, (string Boot, string Value)> kept) : KernelDecorator(inner)
{
    private string _boot = "";

    public override IoResult<string> Read(string path)
    {
        IoResult<string> read = base.Read(path);
        if (path.EndsWith("/boot_id", StringComparison.Ordinal) && read.Ok)
            _boot = read.Value;
        if (!read.Ok || !path.EndsWith("/sriov_numvfs", StringComparison.Ordinal))
            return read;
        if (kept.TryGetValue(path, out (string Boot, string Value) known) && known.Boot != _boot)
            return known.Value;

        kept[path] = (_boot, read.Value);
        return read;
    }

    public override IoError? Write(string path, string value)
    {
        kept.Remove(path);
        return base.Write(path, value);
    }
}
