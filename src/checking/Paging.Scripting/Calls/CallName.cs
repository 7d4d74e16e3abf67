namespace Paging.Scripting.Calls;

/// <summary>The calls of the dialect, in the order of its document; those of docs/DIALECT-HUGE.md stand after their kin.</summary>
public enum CallName : byte
{
#pragma warning disable CS1591 // each is the call of that name in docs/DIALECT.md
    Mmap, Munmap, Mprotect, Mremap, Madvise, Msync,
    Mlock, Munlock, Mlock2, Mlockall, Munlockall, Brk, Mincore,
    Open, OpenRo, OpenWo, OpenDir, Close, Ftruncate, Fsync, Pread, Pwrite, Punch, MemFd, Fallocate, Fsize,
    Load, Load32, Store, Store32, Add, Fill, Sum, CopyIn, CopyOut,
    Fork, Exit, Rlimit, Prctl, SetPool,
    Maps, Areas, Resident, Pagemap, Vm, Faults, Pool, Usage, Tables, HugeMap, Smaps,
#pragma warning restore CS1591
}
