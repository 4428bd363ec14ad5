using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Host;

/// <summary>
/// Reads the folders of conflists, of podman's networks and of CDI specs. A file is read once and again only when its stamp is another one, so looking again at a
/// folder of hundreds of files costs one listing and a stat for each.
/// </summary>
internal sealed class OwnedFolderReader(DurableFiles files, HostPaths paths)
{
    // libcni takes .conflist first and .conf or .json when there is none (libcni/conf.go).
    private static readonly string[] _conflistEndings = [".conflist", ".conf", ".json"];

    private static readonly string[] _podmanEndings = [".json"];

    public IReadOnlyList<string> Folders { get; } = [paths.ConflistDirectory, paths.CdiDirectory, paths.PodmanNetworkDirectory];

    /// <summary>Makes the folders ready for a run.</summary>
    public IoError? Prepare()
    {
        foreach (string folder in Folders)
        {
            if (folder == paths.PodmanNetworkDirectory && files.Disk.Stat(folder).Error is { } absent)
            {
                // Most hosts have no use for it; it is made with the first network.
                if (absent.Errno == Errno.ENOENT)
                    continue;
                return absent;
            }

            if (files.Prepare(folder) is { } error)
                return error;
        }

        return null;
    }

    /// <summary>Whether no network has come or gone since.</summary>
    public bool IsUnchanged(HostSnapshot before, Look look) =>
        Stamp(OwnedFolder.Conflists, look) == before.Conflists.Stamp && Stamp(OwnedFolder.PodmanNetworks, look) == before.PodmanNetworks.Stamp;

    /// <param name="before">What was read the last time.</param>
    /// <param name="look">Notes what cannot be read.</param>
    /// <param name="others">Notes which files of others cannot be read; those are left out.</param>
    public NetworkFolder Conflists(NetworkFolder before, Look look, Look others) =>
        Networks(OwnedFolder.Conflists, _conflistEndings, before, look, others);

    /// <inheritdoc cref="Conflists"/>
    public NetworkFolder PodmanNetworks(NetworkFolder before, Look look, Look others) =>
        Networks(OwnedFolder.PodmanNetworks, _podmanEndings, before, look, others);

    private NetworkFolder Networks(OwnedFolder folder, string[] endings, NetworkFolder before, Look look, Look others)
    {
        // The stamp first: what changes while reading makes it stale, and is read next time.
        FileStamp stamp = Stamp(folder, look);
        var found = NetworkFolder.Empty.Files.ToBuilder();
        foreach (string name in look.At(files.Disk.List(paths.Folder(folder)), [])!)
        {
            if (!endings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal)))
                continue;

            string path = paths.File(folder, name);
            Look noting = (folder == OwnedFolder.Conflists ? OwnedFiles.IsOurs(name) : before.Own(name) is not null) ? look : others;
            FileStamp fileStamp = noting.At(files.Disk.Stat(path), default);
            if (fileStamp == default)
                continue;

            if (before.Files.TryGetValue(name, out NetworkFile? known) && known.Stamp == fileStamp)
                found.Add(name, known);
            else if (noting.At(files.Disk.Read(path), null) is { } bytes)
            {
                string text = Encoding.UTF8.GetString(bytes);
                found.Add(name, OwnedFiles.Network(folder, name, fileStamp, NetworkName(text), text));
            }
        }

        var read = new NetworkFolder(stamp, found.ToImmutable());
        return read.Equals(before) ? before : read;
    }

    public ImmutableDictionary<string, string> CdiSpecs(ImmutableDictionary<string, string> before, Look look)
    {
        var specs = HostSnapshot.Empty.CdiSpecs.ToBuilder();
        foreach (string name in look.At(files.Disk.List(paths.CdiDirectory), [])!)
        {
            if (OwnedFiles.IsOurs(name) && look.At(files.Disk.Read(Path.Combine(paths.CdiDirectory, name)), null) is { } bytes)
                specs[name] = Encoding.UTF8.GetString(bytes);
        }

        bool same = specs.Count == before.Count && specs.All(spec => before.GetValueOrDefault(spec.Key) == spec.Value);
        return same ? before : specs.ToImmutable();
    }

    private FileStamp Stamp(OwnedFolder folder, Look look) => look.At(files.Disk.Stat(paths.Folder(folder)), default);

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
