namespace Paging.Guest.Vfs;

/// <summary>Is notified when an open file closes. Linux: eventpoll_release.</summary>
internal interface IFileWatcher
{
    void Forget(OpenDescription file);
}
