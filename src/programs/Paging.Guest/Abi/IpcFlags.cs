namespace Paging.Guest.Abi;

/// <summary>
/// IPC_*: the flags by which shmget(2) finds or makes a segment. Linux: include/uapi/linux/ipc.h, and shm.h for SHM_HUGETLB.
/// </summary>
[Flags]
internal enum IpcGetFlags : uint
{
    None = 0,

    /// <summary>The nine bits of rights: of a new object, or those requested of an existing one.</summary>
    RightsMask = (uint)FileModes.Everything,

    /// <summary>IPC_CREAT: made if there is none.</summary>
    Create = 0x200,

    /// <summary>IPC_EXCL, together with IPC_CREAT: EEXIST if there is one.</summary>
    Exclusive = 0x400,

    /// <summary>SHM_HUGETLB, of shmget.</summary>
    HugePages = 0x800,

    CreateNew = Create | Exclusive,
}

/// <summary>SHM_*: the flags by which shmat(2) attaches a segment. Linux: include/uapi/linux/shm.h.</summary>
[Flags]
internal enum AttachFlags : uint
{
    None = 0,

    /// <summary>SHM_RDONLY.</summary>
    ReadOnly = 0x1000,

    /// <summary>SHM_RND: the address is rounded down to a page.</summary>
    Round = 0x2000,

    /// <summary>SHM_REMAP: replaces existing mappings.</summary>
    Replace = 0x4000,

    /// <summary>SHM_EXEC.</summary>
    Execute = 0x8000,
}

/// <summary>The rights in a flag word.</summary>
internal static class IpcRights
{
    /// <summary>The rights, as a file's mode has them.</summary>
    public static FileModes Rights(this IpcGetFlags flags) => (FileModes)(flags & IpcGetFlags.RightsMask);
}
