namespace Paging.Guest.Vfs;

/// <summary>The locks of files, as far as descriptors know of them.</summary>
internal interface IFileLocks
{
    /// <summary>A process has closed a descriptor of the file, though others may be left. Linux: filp_flush.</summary>
    void ClosedBy(OpenDescription file, DescriptorSet owner);
}
