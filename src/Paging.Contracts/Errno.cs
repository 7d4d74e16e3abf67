namespace Paging.Core;

/// <summary>What a system call says: <see cref="None"/> for success, otherwise the kernel's error number.</summary>
/// <remarks>Linux: include/uapi/asm-generic/errno-base.h, errno.h. The values are the kernel's.</remarks>
public enum Errno
{
    /// <summary>Success.</summary>
    None = 0,
    /// <summary>Operation not permitted.</summary>
    EPERM = 1,
    /// <summary>No such file or directory.</summary>
    ENOENT = 2,
    /// <summary>No such process.</summary>
    ESRCH = 3,
    /// <summary>A signal came first.</summary>
    EINTR = 4,
    /// <summary>Input/output error.</summary>
    EIO = 5,
    /// <summary>No such device, or nobody at the other end.</summary>
    ENXIO = 6,
    /// <summary>Argument list too long.</summary>
    E2BIG = 7,
    /// <summary>Exec format error.</summary>
    ENOEXEC = 8,
    /// <summary>Bad file descriptor.</summary>
    EBADF = 9,
    /// <summary>No child to wait for.</summary>
    ECHILD = 10,
    /// <summary>Resource temporarily unavailable; mmap and mremap of locked memory over RLIMIT_MEMLOCK.</summary>
    EAGAIN = 11,
    /// <summary>Out of memory, over a limit, or a hole in the range.</summary>
    ENOMEM = 12,
    /// <summary>Permission denied.</summary>
    EACCES = 13,
    /// <summary>Bad address.</summary>
    EFAULT = 14,
    /// <summary>Device or resource busy.</summary>
    EBUSY = 16,
    /// <summary>The place is taken.</summary>
    EEXIST = 17,
    /// <summary>Not on the same file system.</summary>
    EXDEV = 18,
    /// <summary>The object cannot be mapped.</summary>
    ENODEV = 19,
    /// <summary>Not a directory.</summary>
    ENOTDIR = 20,
    /// <summary>Is a directory.</summary>
    EISDIR = 21,
    /// <summary>Invalid argument.</summary>
    EINVAL = 22,
    /// <summary>Too many open files in the system.</summary>
    ENFILE = 23,
    /// <summary>Too many open files in the process.</summary>
    EMFILE = 24,
    /// <summary>Not a terminal, or not a request that it knows.</summary>
    ENOTTY = 25,
    /// <summary>Text file busy.</summary>
    ETXTBSY = 26,
    /// <summary>File too large.</summary>
    EFBIG = 27,
    /// <summary>No space left on the device.</summary>
    ENOSPC = 28,
    /// <summary>Illegal seek.</summary>
    ESPIPE = 29,
    /// <summary>Read-only file system.</summary>
    EROFS = 30,
    /// <summary>Too many links.</summary>
    EMLINK = 31,
    /// <summary>Nobody reads any more.</summary>
    EPIPE = 32,
    /// <summary>The result does not fit.</summary>
    ERANGE = 34,
    /// <summary>It would wait for itself.</summary>
    EDEADLK = 35,
    /// <summary>A name or path is too long.</summary>
    ENAMETOOLONG = 36,
    /// <summary>Function not implemented.</summary>
    ENOSYS = 38,
    /// <summary>The directory is not empty.</summary>
    ENOTEMPTY = 39,
    /// <summary>Too many symbolic links.</summary>
    ELOOP = 40,
    /// <summary>Value too large; an offset plus a length that does not fit.</summary>
    EOVERFLOW = 75,
    /// <summary>Accessing a corrupted shared library: the interpreter is no image for this machine.</summary>
    ELIBBAD = 80,
    /// <summary>Operation not supported.</summary>
    EOPNOTSUPP = 95,
    /// <summary>The time is over.</summary>
    ETIMEDOUT = 110,
}
