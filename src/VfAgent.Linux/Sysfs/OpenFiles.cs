using System.Globalization;
using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Sysfs;

/// <summary>
/// Who has a file open, from <c>/proc/*/fd</c>: there is no other way to ask for a node of /dev. Costs a readlink(2) for every open file
/// of the host, so it is asked only where something depends on it.
/// </summary>
internal static class OpenFiles
{
    internal static IoResult<IReadOnlyList<OpenFile>> Below(string folder, string procRoot)
    {
        IoResult<IReadOnlyList<string>> processes = SysfsFiles.List(procRoot);
        if (!processes.Ok)
            return processes.Error;

        string prefix = folder.TrimEnd('/') + "/";
        List<OpenFile> found = [];
        foreach (int process in processes.Value.Select(Number).Where(number => number > 0).Order())
        {
            string files = $"{procRoot}/{process}/fd";
            IEnumerable<string> paths = SysfsFiles.List(files).ValueOr([])!
                .Select(file => SysfsFiles.ReadLinkTarget($"{files}/{file}").ValueOr("")!)
                .Where(path => path.StartsWith(prefix, StringComparison.Ordinal))
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal);
            found.AddRange(paths.Select(path => new OpenFile(path, process, SysfsFiles.Read($"{procRoot}/{process}/comm").ValueOr("")!)));
        }

        return found;
    }

    private static int Number(string name) => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
}
