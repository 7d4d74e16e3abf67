namespace Paging.Guest.Abi;

/// <summary>RWF_*: the flags of preadv2(2) and pwritev2(2). Linux: include/uapi/linux/fs.h.</summary>
[Flags]
internal enum RequestFlags : uint
{
    None = 0,

    /// <summary>RWF_HIPRI: to poll for the end. It changes no result.</summary>
    Poll = 1,

    /// <summary>RWF_DSYNC: as with O_DSYNC.</summary>
    DataSync = 2,

    /// <summary>RWF_SYNC: as with O_SYNC.</summary>
    Sync = 4,

    /// <summary>RWF_NOWAIT: as with O_NONBLOCK.</summary>
    NoWait = 8,

    /// <summary>RWF_APPEND: as with O_APPEND.</summary>
    Append = 0x10,

    /// <summary>RWF_NOAPPEND: as without O_APPEND.</summary>
    NoAppend = 0x20,

    /// <summary>RWF_NOSIGNAL: EPIPE without SIGPIPE.</summary>
    NoSignal = 0x100,

    /// <summary>The flags that a kernel of 6.18 knows; two of them no file here supports: RWF_ATOMIC and RWF_DONTCACHE.</summary>
    Supported = Poll | DataSync | Sync | NoWait | Append | NoAppend | NoSignal,
}
