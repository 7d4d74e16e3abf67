namespace Paging.Guest.Abi;

/// <summary>
/// O_*: the flags for opening a file (open(2)), and those of an open file (F_GETFL of fcntl(2)), with the values of i386.
/// Linux: include/uapi/asm-generic/fcntl.h.
/// </summary>
/// <remarks>A guest may pass bits that are not named here; each call keeps or refuses them.</remarks>
[Flags]
internal enum FileFlags
{
    None = 0,

    // The access mode (O_ACCMODE): a number, not a set of bits. Reading only is none of them.

    WriteOnly = 1,
    ReadWrite = 2,
    AccessMask = 3,

    // Used at opening only.

    Create = 0x40,
    Exclusive = 0x80,
    Truncate = 0x200,
    DirectoryOnly = 0x1_0000,
    NoFollow = 0x2_0000,
    CloseOnExec = 0x8_0000,

    /// <summary>__O_TMPFILE, which comes together with O_DIRECTORY.</summary>
    Temporary = 0x40_0000,

    // Kept by the open file.

    Append = 0x400,
    NonBlocking = 0x800,
    /// <summary>O_DSYNC, also a part of O_SYNC: a write returns when the bytes are on the disk.</summary>
    DataSync = 0x1000,
    Asynchronous = 0x2000,
    Direct = 0x4000,
    LargeFile = 0x8000,
    NoAccessTime = 0x4_0000,

    /// <summary>O_PATH: the descriptor only names a place in the tree.</summary>
    PathOnly = 0x20_0000,

    /// <summary>O_CREAT and O_EXCL together: EEXIST if the file exists.</summary>
    CreateNew = Create | Exclusive,

    /// <summary>The flags that F_SETFL can change.</summary>
    Changeable = Append | NonBlocking | Direct | Asynchronous | NoAccessTime,    // SETFL_MASK (fs/fcntl.c)
}
