namespace Paging.Guest.Vfs;

/// <summary>Who is told when an open file closes. Linux: eventpoll_release.</summary>
internal interface IFileWatcher
{
    /// <summary>A process has closed a descriptor of it, though others may be left. Linux: filp_flush.</summary>
    void ClosedBy(OpenDescription file, DescriptorSet owner) { }

    void Forget(OpenDescription file);
}
