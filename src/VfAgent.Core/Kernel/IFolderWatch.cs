namespace VfAgent.Core.Kernel;

/// <summary>Tells of changes in folders, whoever makes them, until it is disposed.</summary>
public interface IFolderWatch : IDisposable
{
    /// <summary>
    /// Watches these folders from now on. Of one that is not there the nearest that is, for a change or two: call it again with the same folders
    /// whenever something was told. One that was removed is no longer watched either.
    /// </summary>
    void Cover(IEnumerable<string> folders);
}
