namespace Paging.Core;

/// <summary>The result of a system call: <see cref="None"/> for success, otherwise the kernel's error number.</summary>
/// <remarks>
/// All errors of Linux on x86, with the kernel's values. Each member has the name of its error.
/// Linux: include/uapi/asm-generic/errno-base.h, errno.h.
/// </remarks>
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
    /// <summary>Interrupted by a signal.</summary>
    EINTR = 4,
    /// <summary>Input/output error.</summary>
    EIO = 5,
    /// <summary>No such device, or no process at the other end.</summary>
    ENXIO = 6,
    /// <summary>Argument list too long.</summary>
    E2BIG = 7,
    /// <summary>Exec format error.</summary>
    ENOEXEC = 8,
    /// <summary>Bad file descriptor.</summary>
    EBADF = 9,
    /// <summary>No child to wait for.</summary>
    ECHILD = 10,
    /// <summary>
    /// Resource temporarily unavailable; also mmap and mremap of locked memory above RLIMIT_MEMLOCK. The same number as EWOULDBLOCK.
    /// </summary>
    EAGAIN = 11,
    /// <summary>Out of memory, above a limit, or a hole in the range.</summary>
    ENOMEM = 12,
    /// <summary>Permission denied.</summary>
    EACCES = 13,
    /// <summary>Bad address.</summary>
    EFAULT = 14,
    /// <summary>Block device required.</summary>
    ENOTBLK = 15,
    /// <summary>Device or resource busy.</summary>
    EBUSY = 16,
    /// <summary>The name or the range is already in use.</summary>
    EEXIST = 17,
    /// <summary>The names are on different file systems.</summary>
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
    /// <summary>Not a terminal, or a request that the device does not support.</summary>
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
    /// <summary>The pipe or socket has no reader.</summary>
    EPIPE = 32,
    /// <summary>Argument outside the domain of the function.</summary>
    EDOM = 33,
    /// <summary>The result does not fit.</summary>
    ERANGE = 34,
    /// <summary>The caller would wait for itself. The same number as EDEADLOCK.</summary>
    EDEADLK = 35,
    /// <summary>A name or path is too long.</summary>
    ENAMETOOLONG = 36,
    /// <summary>No record locks available.</summary>
    ENOLCK = 37,
    /// <summary>Function not implemented.</summary>
    ENOSYS = 38,
    /// <summary>The directory is not empty.</summary>
    ENOTEMPTY = 39,
    /// <summary>Too many symbolic links.</summary>
    ELOOP = 40,
    /// <summary>No message of the desired type.</summary>
    ENOMSG = 42,
    /// <summary>The identifier was removed.</summary>
    EIDRM = 43,
    /// <summary>Channel number out of range.</summary>
    ECHRNG = 44,
    /// <summary>Level 2 not synchronized.</summary>
    EL2NSYNC = 45,
    /// <summary>Level 3 halted.</summary>
    EL3HLT = 46,
    /// <summary>Level 3 reset.</summary>
    EL3RST = 47,
    /// <summary>Link number out of range.</summary>
    ELNRNG = 48,
    /// <summary>Protocol driver not attached.</summary>
    EUNATCH = 49,
    /// <summary>No CSI structure available.</summary>
    ENOCSI = 50,
    /// <summary>Level 2 halted.</summary>
    EL2HLT = 51,
    /// <summary>Invalid exchange.</summary>
    EBADE = 52,
    /// <summary>Invalid request descriptor.</summary>
    EBADR = 53,
    /// <summary>Exchange full.</summary>
    EXFULL = 54,
    /// <summary>No anode.</summary>
    ENOANO = 55,
    /// <summary>Invalid request code.</summary>
    EBADRQC = 56,
    /// <summary>Invalid slot.</summary>
    EBADSLT = 57,
    /// <summary>Bad font file format.</summary>
    EBFONT = 59,
    /// <summary>Device not a stream.</summary>
    ENOSTR = 60,
    /// <summary>No data available.</summary>
    ENODATA = 61,
    /// <summary>Timer expired.</summary>
    ETIME = 62,
    /// <summary>Out of streams resources.</summary>
    ENOSR = 63,
    /// <summary>The machine is not on the network.</summary>
    ENONET = 64,
    /// <summary>Package not installed.</summary>
    ENOPKG = 65,
    /// <summary>The object is remote.</summary>
    EREMOTE = 66,
    /// <summary>The link has been severed.</summary>
    ENOLINK = 67,
    /// <summary>Advertise error.</summary>
    EADV = 68,
    /// <summary>Srmount error.</summary>
    ESRMNT = 69,
    /// <summary>Communication error on send.</summary>
    ECOMM = 70,
    /// <summary>Protocol error.</summary>
    EPROTO = 71,
    /// <summary>Multihop attempted.</summary>
    EMULTIHOP = 72,
    /// <summary>RFS specific error.</summary>
    EDOTDOT = 73,
    /// <summary>Not a data message.</summary>
    EBADMSG = 74,
    /// <summary>Value too large; also an offset plus a length that does not fit.</summary>
    EOVERFLOW = 75,
    /// <summary>Name not unique on the network.</summary>
    ENOTUNIQ = 76,
    /// <summary>File descriptor in bad state.</summary>
    EBADFD = 77,
    /// <summary>Remote address changed.</summary>
    EREMCHG = 78,
    /// <summary>Cannot access a needed shared library.</summary>
    ELIBACC = 79,
    /// <summary>Accessing a corrupted shared library: the interpreter is not an image for this machine.</summary>
    ELIBBAD = 80,
    /// <summary>.lib section in a.out corrupted.</summary>
    ELIBSCN = 81,
    /// <summary>Too many shared libraries.</summary>
    ELIBMAX = 82,
    /// <summary>Cannot execute a shared library directly.</summary>
    ELIBEXEC = 83,
    /// <summary>Illegal byte sequence.</summary>
    EILSEQ = 84,
    /// <summary>The interrupted system call should be restarted.</summary>
    ERESTART = 85,
    /// <summary>Streams pipe error.</summary>
    ESTRPIPE = 86,
    /// <summary>Too many users.</summary>
    EUSERS = 87,
    /// <summary>The descriptor is not a socket.</summary>
    ENOTSOCK = 88,
    /// <summary>Destination address required.</summary>
    EDESTADDRREQ = 89,
    /// <summary>Message too long.</summary>
    EMSGSIZE = 90,
    /// <summary>The protocol does not match the type of the socket.</summary>
    EPROTOTYPE = 91,
    /// <summary>Protocol option not available.</summary>
    ENOPROTOOPT = 92,
    /// <summary>Protocol not supported.</summary>
    EPROTONOSUPPORT = 93,
    /// <summary>Socket type not supported.</summary>
    ESOCKTNOSUPPORT = 94,
    /// <summary>Operation not supported.</summary>
    EOPNOTSUPP = 95,
    /// <summary>Protocol family not supported.</summary>
    EPFNOSUPPORT = 96,
    /// <summary>Address family not supported by the protocol.</summary>
    EAFNOSUPPORT = 97,
    /// <summary>Address already in use.</summary>
    EADDRINUSE = 98,
    /// <summary>Cannot assign the requested address.</summary>
    EADDRNOTAVAIL = 99,
    /// <summary>The network is down.</summary>
    ENETDOWN = 100,
    /// <summary>The network is unreachable.</summary>
    ENETUNREACH = 101,
    /// <summary>The network dropped the connection because of a reset.</summary>
    ENETRESET = 102,
    /// <summary>The software caused the connection to abort.</summary>
    ECONNABORTED = 103,
    /// <summary>The peer reset the connection.</summary>
    ECONNRESET = 104,
    /// <summary>No buffer space available.</summary>
    ENOBUFS = 105,
    /// <summary>The socket is already connected.</summary>
    EISCONN = 106,
    /// <summary>The socket is not connected.</summary>
    ENOTCONN = 107,
    /// <summary>Cannot send after the endpoint was shut down.</summary>
    ESHUTDOWN = 108,
    /// <summary>Too many references: cannot splice.</summary>
    ETOOMANYREFS = 109,
    /// <summary>The operation timed out.</summary>
    ETIMEDOUT = 110,
    /// <summary>Connection refused.</summary>
    ECONNREFUSED = 111,
    /// <summary>The host is down.</summary>
    EHOSTDOWN = 112,
    /// <summary>No route to the host.</summary>
    EHOSTUNREACH = 113,
    /// <summary>The operation is already in progress.</summary>
    EALREADY = 114,
    /// <summary>The operation is now in progress.</summary>
    EINPROGRESS = 115,
    /// <summary>Stale file handle.</summary>
    ESTALE = 116,
    /// <summary>The structure needs cleaning.</summary>
    EUCLEAN = 117,
    /// <summary>Not a XENIX named type file.</summary>
    ENOTNAM = 118,
    /// <summary>No XENIX semaphores available.</summary>
    ENAVAIL = 119,
    /// <summary>Is a named type file.</summary>
    EISNAM = 120,
    /// <summary>Remote input/output error.</summary>
    EREMOTEIO = 121,
    /// <summary>Quota exceeded.</summary>
    EDQUOT = 122,
    /// <summary>No medium found.</summary>
    ENOMEDIUM = 123,
    /// <summary>Wrong medium type.</summary>
    EMEDIUMTYPE = 124,
    /// <summary>The operation was canceled.</summary>
    ECANCELED = 125,
    /// <summary>The required key is not available.</summary>
    ENOKEY = 126,
    /// <summary>The key has expired.</summary>
    EKEYEXPIRED = 127,
    /// <summary>The key has been revoked.</summary>
    EKEYREVOKED = 128,
    /// <summary>The key was rejected by the service.</summary>
    EKEYREJECTED = 129,
    /// <summary>The owner died.</summary>
    EOWNERDEAD = 130,
    /// <summary>The state is not recoverable.</summary>
    ENOTRECOVERABLE = 131,
    /// <summary>Operation not possible because of RF-kill.</summary>
    ERFKILL = 132,
    /// <summary>The memory page has a hardware error.</summary>
    EHWPOISON = 133,
}
