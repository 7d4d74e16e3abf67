namespace Paging.Guest.Vfs.Tree;

/// <summary>What happens in a directory, or to the files in it: DN_*. Linux: include/uapi/linux/fcntl.h.</summary>
[Flags]
internal enum DirectoryEvents : uint
{
    None = 0,
    Access = 1,
    Modify = 2,
    Create = 4,
    Delete = 8,

    /// <summary>A name became another one of the same directory.</summary>
    Rename = 16,

    Attributes = 32,

    /// <summary>The watch stays after it has told something.</summary>
    MultiShot = 0x8000_0000,

    All = Access | Modify | Create | Delete | Rename | Attributes,
}
