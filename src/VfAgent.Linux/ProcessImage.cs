using System.Globalization;
using System.Runtime.InteropServices;

namespace VfAgent.Linux;

/// <summary>What the process has in memory of its executable and its libraries.</summary>
public static partial class ProcessImage
{
    private const int DontNeed = 4;

    /// <summary>
    /// Gives back the pages that are as they are on disk (proc_pid_smaps(5), madvise(2)). Nearly all of the executable is read once, when it starts;
    /// what is needed later is mapped again from the page cache, which takes microseconds.
    /// </summary>
    public static void Release()
    {
        (nint Start, nuint Length)? mapping = null;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            if (line.Length > 0 && !char.IsAsciiLetterUpper(line[0]))
                mapping = Unwritable(line);
            else if (mapping is var (start, length) && line.StartsWith("Anonymous:", StringComparison.Ordinal) && line.EndsWith(" 0 kB", StringComparison.Ordinal))
                _ = Advise(start, length, DontNeed);
        }
    }

    // start-end rwxp offset device inode path. A private mapping of a file that nobody may write to, though somebody may have: a page that the linker
    // wrote to before is anonymous.
    private static (nint Start, nuint Length)? Unwritable(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is not [var range, ['r', '-', _, 'p'], _, _, not "0", ..])
            return null;

        string[] ends = range.Split('-');
        nint start = nint.Parse(ends[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return (start, (nuint)(nint.Parse(ends[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) - start));
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint start, nuint length, int advice);
}
