using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Vfs;

namespace Paging.Guest.Syscalls;

/// <summary>RWF_*: flags of preadv2(2) and pwritev2(2) for one call. Linux: kiocb_set_rw_flags.</summary>
internal static class VectorFlags
{
    public const uint NoSignal = 0x100;

    private const uint HighPriority = 1, DataSync = 2, Sync = 4, NoWait = 8, Append = 0x10, NoAppend = 0x20, Atomic = 0x40, Known = 0x1FF;

    /// <summary>Validates flags. EOPNOTSUPP for unknown or unsupported ones; EINVAL for contradicting ones.</summary>
    public static Errno Validate(OpenDescription open, uint flags, bool isWrite)
    {
        if (!open.TakesParts(isWrite)) return (flags & ~HighPriority) != 0 ? Errno.EOPNOTSUPP : Errno.None;    // Linux: do_loop_readv
        if ((flags & ~Known) != 0) return Errno.EOPNOTSUPP;    // not EINVAL (kiocb_set_rw_flags)
        if ((flags & (Append | NoAppend)) == (Append | NoAppend)) return Errno.EINVAL;
        return (flags & Atomic) != 0 ? Errno.EOPNOTSUPP : Errno.None;    // no file here has atomic writes
    }

    /// <summary>Applies the flags to the open file until disposed.</summary>
    internal readonly ref struct Lent : IDisposable
    {
        private readonly OpenDescription? _open;
        private readonly FileFlags _before;

        public Lent(OpenDescription open, uint flags)
        {
            if ((flags & (DataSync | Sync | NoWait | Append | NoAppend)) == 0) return;
            (_open, _before) = (open, open.Flags);
            FileFlags during = _before;
            if ((flags & (DataSync | Sync)) != 0) during |= FileFlags.DataSync;
            if ((flags & NoWait) != 0) during |= FileFlags.NonBlocking;
            if ((flags & Append) != 0) during |= FileFlags.Append;
            if ((flags & NoAppend) != 0) during &= ~FileFlags.Append;
            open.Flags = during;
        }

        public void Dispose()
        {
            if (_open is not null) _open.Flags = _before;
        }
    }
}
