using VfAgent.Core.Kernel;
using VfAgent.Status;

namespace VfAgent.Reconcile;

/// <summary>
/// Whether anything has changed in the folders since the loop last looked, whoever did it. Where a folder cannot be watched, the next full look
/// has to do.
/// </summary>
internal sealed class FolderChanges : IDisposable
{
    private readonly IReadOnlyList<string> _folders;
    private readonly Action _changed;
    private readonly IFolderWatch? _watch;
    private bool _any;

    public FolderChanges(IDisk disk, IReadOnlyList<string> folders, EventLog events, Action changed)
    {
        (_folders, _changed) = (folders, changed);
        IoResult<IFolderWatch> watch = disk.Watch(Note);
        if (watch.Ok)
            _watch = watch.Value;
        else
            events.Warn("agent", "FoldersNotWatched", $"{watch.Error}; changes in them are seen at the next full look only");
    }

    /// <summary>Before the folders are read, so that nothing falls between: they may have been made, or made anew, since the last time.</summary>
    public void Cover() => _watch?.Cover(_folders);

    public bool Take() => Interlocked.Exchange(ref _any, false);

    public void Dispose() => _watch?.Dispose();

    private void Note()
    {
        Volatile.Write(ref _any, true);
        _changed();
    }
}
