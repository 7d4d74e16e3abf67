namespace Paging.HostKernel.Interop;

/// <summary>System calls by their i386 numbers (arch/x86/entry/syscalls/syscall_32.tbl), as <c>int 0x80</c> takes them.</summary>
internal enum I386Call : uint
{
    Execve = 11,
    Brk = 45,
    Getrusage = 77,
    Munmap = 91,
    Clone = 120,
    Mprotect = 125,
    Personality = 136,
    Msync = 144,
    Mlock = 150,
    Munlock = 151,
    Mlockall = 152,
    Munlockall = 153,
    Mremap = 163,
    Poll = 168,
    Prctl = 172,
    Sigaction = 174,        // rt_sigaction
    Sigprocmask = 175,      // rt_sigprocmask
    Pread = 180,            // pread64
    Pwrite = 181,           // pwrite64
    Capset = 185,
    Sigaltstack = 186,
    Mmap = 192,             // mmap2: the offset in pages
    Mincore = 218,
    Madvise = 219,
    Close = 6,
    Futex = 240,
    Exit = 252,             // exit_group
    Prlimit = 340,          // prlimit64
    Recvmsg = 372,
    Mlock2 = 376,
    CloseRange = 436,
}
