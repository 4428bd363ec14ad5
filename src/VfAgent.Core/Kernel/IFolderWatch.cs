namespace VfAgent.Core.Kernel;

/// <summary>Tells of changes in folders, whoever makes them, until it is disposed.</summary>
public interface IFolderWatch : IDisposable
{
    /// <summary>
    /// Watches these folders from now on. One that is not there is left out, and one that was removed is no longer watched: call it again with the
    /// same folders when they may be there.
    /// </summary>
    void Cover(IEnumerable<string> folders);
}
