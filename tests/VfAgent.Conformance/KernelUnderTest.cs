using System.Globalization;
using System.Runtime.CompilerServices;
using VfAgent.Core.Kernel;

namespace VfAgent.Conformance;

/// <summary>
/// A kernel with an igb at 0000:02:00.0, called eth3, with udev and the modules of a host. Answers are words, which read the same in a check
/// and in its failure: <c>ok</c>, an attribute's text, an errno's name with the kernel's text behind it.
/// </summary>
/// <param name="kernel">The kernel.</param>
/// <param name="time">Its clock.</param>
/// <param name="pass">Lets a little time pass.</param>
public sealed class KernelUnderTest(IKernel kernel, TimeProvider time, Func<Task> pass)
{
    // Of the kernel's clock; a reset of an emulated NIC takes some two seconds.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    public IKernel Kernel { get; } = kernel;

    public string Read(string path) => Shown(Kernel.Read(path), static text => text);

    /// <summary>The names in a folder on one line.</summary>
    public string List(string path) => Shown(Kernel.List(path), static names => string.Join(' ', names));

    public string Follow(string path) => Shown(Kernel.ReadLink(path), static name => name);

    public string Write(string path, string value) => Shown(Kernel.Write(path, value));

    public string Answer(Func<IKernel, IoError?> call) => Shown(call(Kernel));

    public string Answer<T>(Func<IKernel, IoResult<T>> call, Func<T, string> show) => Shown(call(Kernel), show);

    /// <summary>The name of a device's netdev; empty while it has none.</summary>
    public string NetdevOf(string device) => Kernel.List($"{device}/net").ValueOr([]) is [var name] ? name : "";

    /// <summary>The index of a device's netdev.</summary>
    public int IndexOf(string device)
    {
        // udev may give it another name between the look for that and the look for the index.
        string index;
        do
            index = Read($"{device}/net/{NetdevOf(device)}/ifindex");
        while (index == nameof(Errno.ENOENT) && NetdevOf(device).Length > 0);

        return int.Parse(index, CultureInfo.InvariantCulture);
    }

    /// <summary>A folder's or a namespace's.</summary>
    public long InodeOf(string path) =>
        Kernel.GetInode(path) is { Ok: true, Value: var inode } ? inode : throw new UnexpectedException($"{path} has no inode");

    public async Task EventuallyAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        long start = time.GetTimestamp();
        while (!condition())
        {
            if (time.GetElapsedTime(start) > _patience)
                throw new UnexpectedException($"still not so: {what}");

            await pass();
        }
    }

    /// <summary>
    /// The PF with so many VFs as they were made, and otherwise as after boot: down, MTU 1500, autoprobe on. The modules that checks take for
    /// granted are there.
    /// </summary>
    internal async Task ResetAsync(int vfs)
    {
        foreach (string module in new[] { "igbvf", "vfio-pci" })
            Expect.Equal("ok", Answer(kernel => kernel.LoadModule(module)));

        if (Follow($"{Igb.Pf}/driver") != "igb")
            Expect.Equal("ok", Write($"{Igb.Drivers}/igb/bind", Igb.PfAddress));

        await EventuallyAsync(() => NetdevOf(Igb.Pf) == "eth3");
        Expect.Equal("ok", Answer(kernel => kernel.SetLinkUp(IndexOf(Igb.Pf), up: false)));
        Expect.Equal("ok", Answer(kernel => kernel.SetLinkMtu(IndexOf(Igb.Pf), 1500)));
        Expect.Equal("ok", Write(Igb.Autoprobe, "1"));

        // Making VFs takes seconds.
        if (Read(Igb.NumVfs) == $"{vfs}" && Enumerable.Range(0, vfs).All(IsAsMade))
            return;

        Expect.Equal("ok", Write(Igb.NumVfs, "0"));
        await MakeVfsAsync(vfs);
    }

    /// <summary>Makes VFs where there are none, and waits until udev has done its part.</summary>
    internal async Task MakeVfsAsync(int count)
    {
        Expect.Equal("ok", Write(Igb.NumVfs, $"{count}\n"));
        for (int vf = 0; vf < count; vf++)
            await SettledAsync(Igb.Vf(vf));
    }

    /// <summary>Waits until a VF's netdev has its name from udev, which is its PF's with a v and its number behind it.</summary>
    internal Task SettledAsync(string vf) => EventuallyAsync(() => NetdevOf(vf).Contains('v'));

    /// <summary>Sets the PF up and waits for its carrier.</summary>
    internal async Task UpAsync()
    {
        Expect.Equal("ok", Shown(Kernel.SetLinkUp(IndexOf(Igb.Pf), up: true)));
        await CarrierAsync();
    }

    internal Task CarrierAsync() => EventuallyAsync(() => Kernel.GetLink(IndexOf(Igb.Pf)).Value?.OperState == "up");

    internal EventLog Watch() => new(Kernel);

    private bool IsAsMade(int vf) =>
        Follow($"{Igb.Vf(vf)}/driver") == "igbvf" && Read($"{Igb.Vf(vf)}/driver_override") == "(null)" && NetdevOf(Igb.Vf(vf)).Contains('v') &&
        Kernel.GetLink(IndexOf(Igb.Vf(vf))).Value is { Up: false, Mtu: 1500 } && Kernel.GetVfs(IndexOf(Igb.Pf)).Value?[vf] == Igb.Untouched(vf);

    private static string Shown(IoError? error) =>
        error is null ? "ok" : error.KernelText is { } text ? $"{error.Errno} ({text})" : error.Errno.ToString();

    private static string Shown<T>(IoResult<T> result, Func<T, string> show) => result.Ok ? show(result.Value) : Shown(result.Error);
}
