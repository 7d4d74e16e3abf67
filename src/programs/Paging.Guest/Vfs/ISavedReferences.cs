using Paging.Guest.Host;

namespace Paging.Guest.Vfs;

/// <summary>The numbers in a checkpoint of what open files refer to, apart from other open files.</summary>
internal interface ISavedReferences
{
    int NumberOf(Pipe pipe);

    /// <summary>Returns the number of a file without a path: in memory, or an unlinked one of the host.</summary>
    int NumberOf(RegularInode inode);

    /// <summary>Returns the number of a standard stream; −1 for another descriptor of the host.</summary>
    int NumberOfStream(int hostDescriptor);

    /// <summary>Returns true if a path leads to this inode.</summary>
    bool Leads(string path, (ulong Device, ulong Inode) key);
}
