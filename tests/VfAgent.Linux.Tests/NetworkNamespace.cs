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
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(() => RunApart(test)));
        thread.Start();
        thread.Join();
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    private static void RunApart(Action test)
    {
        using SafeFileHandle home = File.OpenHandle("/proc/thread-self/ns/net");
        Assert.SkipUnless(Unshare(NewNetwork) == 0, "A network namespace needs CAP_SYS_ADMIN.");
        try
        {
            test();
        }
        finally
        {
            Assert.Equal(0, SetNamespace(home, NewNetwork));
        }
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle file, int type);
}
