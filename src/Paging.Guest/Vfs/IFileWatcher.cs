namespace Paging.Guest.Vfs;

/// <summary>Who is told when an open file closes. Linux: eventpoll_release.</summary>
internal interface IFileWatcher
{
    void Forget(OpenDescription file);
}
