using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VfAgent.Linux.Tests;

/// <summary>
/// Runs a test on a thread that has a network namespace to itself: links can be made and broken there, and the host's are out of reach.
/// The thread goes back before it ends, since threads that the runtime starts from it would inherit its namespace.
/// </summary>
internal static partial class NetworkNamespace
{
    private const int NewNetwork = 0x40000000;

    internal static void Run(Action test)
    {
        bool allowed = false;
        Exception? failure = null;
        var thread = new Thread(() => allowed = TryRunApart(test, out failure));
        thread.Start();
        thread.Join();
        Assert.SkipUnless(allowed, "A network namespace needs CAP_SYS_ADMIN.");
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Runs a test as <see cref="Run(Action)"/> does, with another namespace beside its own, which lasts as long as the test.</summary>
    /// <param name="test">Given that namespace's process folder: its <c>ns/net</c> is the namespace, its <c>net</c> what the kernel shows of it.</param>
    internal static void Run(Action<string> test) => Run(() =>
    {
        using var ready = new ManualResetEventSlim();
        using var over = new ManualResetEventSlim();
        string folder = "";
        var other = new Thread(() => TryRunApart(
            () =>
            {
                folder = $"/proc/{File.ResolveLinkTarget("/proc/thread-self", returnFinalTarget: false)!.FullName["/proc/".Length..]}";
                ready.Set();
                over.Wait();
            },
            out _));
        other.Start();
        ready.Wait();
        try
        {
            test(folder);
        }
        finally
        {
            over.Set();
            other.Join();
        }
    });

    private static bool TryRunApart(Action test, out Exception? failure)
    {
        failure = null;
        using SafeFileHandle home = File.OpenHandle("/proc/thread-self/ns/net");
        if (Unshare(NewNetwork) != 0)
            return false;

        failure = Record.Exception(test);
        return SetNamespace(home, NewNetwork) == 0;
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle file, int type);
}
