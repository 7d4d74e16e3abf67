namespace Paging.Guest.Abi;

/// <summary>AT_*: the flags by which a call resolves its path. Linux: include/uapi/linux/fcntl.h.</summary>
[Flags]
internal enum PathFlags : uint
{
    None = 0,

    /// <summary>AT_SYMLINK_NOFOLLOW: a link at the end is not followed.</summary>
    NoFollow = 0x100,

    /// <summary>AT_REMOVEDIR, of unlinkat: removes a directory.</summary>
    RemoveDirectory = 0x200,

    /// <summary>AT_EACCESS, of faccessat2: by the effective user; the same number as <see cref="RemoveDirectory"/>.</summary>
    EffectiveAccess = 0x200,

    /// <summary>AT_SYMLINK_FOLLOW, of linkat: a link at the end is followed.</summary>
    Follow = 0x400,

    /// <summary>AT_NO_AUTOMOUNT.</summary>
    NoAutomount = 0x800,

    /// <summary>AT_EMPTY_PATH: an empty path means the descriptor's own file.</summary>
    EmptyPath = 0x1000,

    /// <summary>AT_STATX_SYNC_TYPE; both of its bits together mean nothing.</summary>
    SyncMask = 0x6000,
}
