using Microsoft.Win32.SafeHandles;
using VfAgent.Core.Kernel;

namespace VfAgent.Linux;

/// <summary>One thread that sleeps in poll(2) until one of some descriptors has something to read, or until it is disposed.</summary>
internal sealed class PollThread : IDisposable
{
    private readonly SafeFileHandle _stop;
    private readonly IReadOnlyList<Source> _sources;
    private readonly Thread _thread;
    private bool _disposed;

    private PollThread(string name, SafeFileHandle stop, IReadOnlyList<Source> sources)
    {
        (_stop, _sources) = (stop, sources);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.UnsafeStart();
    }

    /// <summary>The thread owns the descriptors: it closes them when it ends. When it cannot start, they are closed at once.</summary>
    internal static IoResult<PollThread> Start(string name, params IReadOnlyList<Source> sources)
    {
        SafeFileHandle stop = Libc.EventFd(0, Libc.EFD_CLOEXEC);
        if (!stop.IsInvalid)
            return new PollThread(name, stop, sources);

        IoError error = Libc.LastError("open an eventfd");
        Close(stop, sources);
        return error;
    }

    /// <summary>Nothing is read after this returns, except when it is called by what reads.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;

        _ = Libc.Write(_stop, BitConverter.GetBytes(1UL));
        if (Thread.CurrentThread != _thread)
            _thread.Join();
    }

    private void Run()
    {
        Span<Libc.PollDescriptor> polled = [Polled(_stop), .. _sources.Select(source => Polled(source.Handle))];
        while (true)
        {
            if (Libc.Poll(polled, (nuint)polled.Length, -1) < 0)
                continue;

            if (polled[0].ReturnedEvents != 0)
                break;

            for (int i = 1; i < polled.Length; i++)
            {
                if (polled[i].ReturnedEvents != 0)
                    _sources[i - 1].Read();
            }
        }

        Close(_stop, _sources);
    }

    private static Libc.PollDescriptor Polled(SafeFileHandle handle) =>
        new() { Descriptor = (int)handle.DangerousGetHandle(), Events = Libc.POLLIN };

    private static void Close(SafeFileHandle stop, IReadOnlyList<Source> sources)
    {
        stop.Dispose();
        foreach (Source source in sources)
            source.Handle.Dispose();
    }

    /// <param name="Handle">What is polled.</param>
    /// <param name="Read">Takes what is there to read, without waiting for more.</param>
    internal readonly record struct Source(SafeFileHandle Handle, Action Read);
}
