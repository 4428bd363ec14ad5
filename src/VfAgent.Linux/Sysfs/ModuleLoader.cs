using System.ComponentModel;
using System.Diagnostics;
using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Sysfs;

/// <summary>
/// Loads modules with modprobe: dependencies, aliases, blacklists and compressed files are its business, so it is the one program that the
/// agent starts instead of asking the kernel itself.
/// </summary>
internal static class ModuleLoader
{
    private static readonly string[] _folders = ["/sbin", "/usr/sbin", "/bin", "/usr/bin"];

    internal static IoError? Load(string name, string sysRoot)
    {
        string operation = $"load module {name}";
        if (!IsModuleName(name))
            return new IoError(Errno.EINVAL, operation, "not a module name");

        if (IsLoaded(name, sysRoot))
            return null;

        string? modprobe = _folders.Select(folder => Path.Combine(folder, "modprobe")).FirstOrDefault(File.Exists);
        if (modprobe is null)
            return new IoError(Errno.ENOENT, operation, $"no modprobe in {string.Join(", ", _folders)}");

        try
        {
            (int exitCode, string words) = Run(modprobe, name);
            return exitCode == 0 ? null : new IoError(ErrnoOf(words), operation, words);
        }
        catch (Win32Exception exception)
        {
            return new IoError((Errno)exception.NativeErrorCode, operation, $"cannot run {modprobe}");
        }
    }

    /// <summary>modprobe exits with 1 whatever the reason was; its words (kmod's, busybox's) are all there is to go by.</summary>
    internal static Errno ErrnoOf(string words)
    {
        if (words.Contains("not found", StringComparison.Ordinal))
            return Errno.ENOENT;

        return words.Contains("Operation not permitted", StringComparison.Ordinal) ? Errno.EPERM : Errno.EIO;
    }

    internal static bool IsModuleName(string name) =>
        name.Length > 0 && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-');

    // A module that is built in has no initstate, one that is still loading has another.
    private static bool IsLoaded(string name, string sysRoot)
    {
        string folder = Path.Combine(sysRoot, "module", name.Replace('-', '_'));
        IoResult<string> state = SysfsFiles.Read(Path.Combine(folder, "initstate"));
        return state.Ok ? state.Value == "live" : SysfsFiles.Exists(folder);
    }

    private static (int ExitCode, string Words) Run(string modprobe, string name)
    {
        var start = new ProcessStartInfo(modprobe, ["--", name])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["LC_ALL"] = "C" },
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        string words = process.StandardError.ReadToEnd().Trim();
        process.WaitForExit();
        return (process.ExitCode, words);
    }
}
