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
