namespace Paging.Guest.Vfs;

/// <summary>The file locks, as descriptor tables use them.</summary>
internal interface IFileLocks
{
    /// <summary>Called when a process has closed a descriptor of the file, even if others are left. Linux: filp_flush.</summary>
    void ClosedBy(OpenDescription file, DescriptorSet owner);
}
