using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Host;

/// <summary>
/// Reads the conflist and CDI folders. A file is read once and again only when its stamp is another one, so looking again at a
/// folder of hundreds of files costs one listing and a stat for each.
/// </summary>
internal sealed class OwnedFolderReader(DurableFiles files, HostPaths paths)
{
    // libcni takes .conflist first and .conf or .json when there is none (libcni/conf.go).
    private static readonly string[] _endings = [".conflist", ".conf", ".json"];

    public IReadOnlyList<string> Folders { get; } = [paths.ConflistDirectory, paths.CdiDirectory];

    /// <summary>Makes the folders, and removes what a crash in the middle of a write left there.</summary>
    public IoError? Prepare()
    {
        foreach (string folder in Folders)
        {
            if ((files.Disk.CreateDirectory(folder) ?? files.RemoveLeftovers(folder)) is { } error)
                return error;
        }

        return null;
    }

    public FileStamp ConflistStamp() => files.Disk.Stat(paths.ConflistDirectory).ValueOr(default);

    public ConflistDirectory Conflists(ConflistDirectory before)
    {
        // The stamp first: what changes while reading makes it stale, and is read next time.
        FileStamp stamp = ConflistStamp();
        var found = ConflistDirectory.Empty.Files.ToBuilder();
        foreach (string name in files.Disk.List(paths.ConflistDirectory).ValueOr([])!)
        {
            if (!_endings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal)))
                continue;

            string path = Path.Combine(paths.ConflistDirectory, name);
            if (files.Disk.Stat(path) is not { Ok: true, Value: var fileStamp })
                continue;

            if (before.Files.TryGetValue(name, out ConflistFile? known) && known.Stamp == fileStamp)
                found.Add(name, known);
            else if (files.Disk.Read(path) is { Ok: true, Value: var bytes })
                found.Add(name, Parse(name, fileStamp, Encoding.UTF8.GetString(bytes)));
        }

        return new ConflistDirectory(stamp, found.ToImmutable());
    }

    public ImmutableDictionary<string, string> CdiSpecs()
    {
        var specs = HostSnapshot.Empty.CdiSpecs.ToBuilder();
        foreach (string name in files.Disk.List(paths.CdiDirectory).ValueOr([])!)
        {
            if (OwnedFiles.IsOurs(name) && files.Disk.Read(Path.Combine(paths.CdiDirectory, name)) is { Ok: true, Value: var bytes })
                specs[name] = Encoding.UTF8.GetString(bytes);
        }

        return specs.ToImmutable();
    }

    private static ConflistFile Parse(string name, FileStamp stamp, string text)
    {
        bool ours = OwnedFiles.IsOurs(name);
        return new ConflistFile(name, stamp, ours, NetworkName(text), PciAddress.FindAll(text), ours ? text : null);
    }

    private static string? NetworkName(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("name", out JsonElement name) &&
                name.ValueKind == JsonValueKind.String ? name.GetString() : null;
        }
        catch (JsonException)
        {
            // Broken files of others are skipped by runtimes as well; the devices in them still count as taken.
            return null;
        }
    }
}
