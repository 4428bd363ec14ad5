using System.Runtime.InteropServices;
using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Files;

/// <summary>Lists folders with readdir(3), which unlike .NET's enumerators keeps errno and does not look into what it finds.</summary>
internal static class Folder
{
    internal const byte Unknown = 0;
    internal const byte RegularFile = 8;
    internal const byte SymbolicLink = 10;

    // struct dirent of 64-bit glibc: d_ino, d_off, d_reclen, d_type, d_name.
    private const int TypeOffset = 18;
    private const int NameOffset = 19;

    /// <summary>The names in ordinal order, without <c>.</c> and <c>..</c>.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="keep">Told a name and its d_type, says whether the name belongs to the answer.</param>
    internal static IoResult<IReadOnlyList<string>> List(string path, Func<string, byte, bool> keep)
    {
        string operation = $"list {path}";
        nint directory = Libc.OpenDirectory(path);
        if (directory == 0)
            return Libc.LastError(operation);

        try
        {
            var names = new List<string>();
            while (Libc.ReadDirectory(directory) is var entry and not 0)
            {
                string name = Marshal.PtrToStringUTF8(entry + NameOffset)!;
                if (name is not ("." or "..") && keep(name, Marshal.ReadByte(entry + TypeOffset)))
                    names.Add(name);
            }

            // The end and an error both are a null pointer; only errno tells them apart.
            if (Libc.LastErrno != default)
                return Libc.LastError(operation);

            names.Sort(StringComparer.Ordinal);
            return names;
        }
        finally
        {
            _ = Libc.CloseDirectory(directory);
        }
    }
}
