using VfAgent.Core.Kernel;
using VfAgent.Simulation.Calls;

namespace VfAgent.Simulation.Files;

/// <summary>Tells the watchers whose process lives of changes in the folders they cover.</summary>
internal sealed class FolderWatches
{
    private readonly List<Watch> _watches = [];

    public Watch Add(AgentProcess process, Volume volume, Action onChange)
    {
        var watch = new Watch(this, process, volume, onChange);
        _watches.Add(watch);
        return watch;
    }

    /// <param name="path">The file that came, changed or went.</param>
    public void Changed(string path)
    {
        _watches.RemoveAll(watch => watch.Process.IsDead);
        if (DurableFiles.IsTemporary(Path.GetFileName(path)))
            return;

        string folder = Path.GetDirectoryName(path)!;
        foreach (Watch watch in _watches.Where(watch => watch.Folders.Contains(folder) | watch.Ancestors.Remove(folder)).ToArray())
            watch.OnChange();
    }

    public sealed class Watch(FolderWatches owner, AgentProcess process, Volume volume, Action onChange) : IFolderWatch
    {
        public AgentProcess Process { get; } = process;

        public Action OnChange { get; } = onChange;

        public HashSet<string> Folders { get; } = new(StringComparer.Ordinal);

        /// <summary>Of folders that are not there; each tells once.</summary>
        public HashSet<string> Ancestors { get; } = new(StringComparer.Ordinal);

        public void Cover(IEnumerable<string> folders)
        {
            foreach (string folder in folders)
            {
                string there = folder;
                while (volume.FindFolder(there, out _) is not null)
                    there = Path.GetDirectoryName(there)!;
                (there == folder ? Folders : Ancestors).Add(there);
            }
        }

        public void Dispose() => owner._watches.Remove(this);
    }
}
