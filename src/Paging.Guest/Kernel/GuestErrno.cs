using Paging.Core;

namespace Paging.Guest;

/// <summary>Error numbers that only a kernel's other halves have: sockets, message queues. Linux: include/uapi/asm-generic/errno.h.</summary>
internal static class GuestErrno
{
    public const Errno EDOM = (Errno)33, ENOMSG = (Errno)42, EIDRM = (Errno)43, EBADMSG = (Errno)74, ENOTSOCK = (Errno)88, EMSGSIZE = (Errno)90, EPROTOTYPE = (Errno)91, ENOPROTOOPT = (Errno)92,
        EPROTONOSUPPORT = (Errno)93, ESOCKTNOSUPPORT = (Errno)94, EAFNOSUPPORT = (Errno)97, EADDRINUSE = (Errno)98, ECONNRESET = (Errno)104, ENOBUFS = (Errno)105, EISCONN = (Errno)106, ENOTCONN = (Errno)107,
        ECONNREFUSED = (Errno)111, ECANCELED = (Errno)125;

    private static readonly Dictionary<Errno, string> Names = new()
    {
        [EDOM] = nameof(EDOM),
        [ENOMSG] = nameof(ENOMSG),
        [EIDRM] = nameof(EIDRM),
        [EBADMSG] = nameof(EBADMSG),
        [ENOTSOCK] = nameof(ENOTSOCK),
        [EMSGSIZE] = nameof(EMSGSIZE),
        [EPROTOTYPE] = nameof(EPROTOTYPE),
        [ENOPROTOOPT] = nameof(ENOPROTOOPT),
        [EPROTONOSUPPORT] = nameof(EPROTONOSUPPORT),
        [ESOCKTNOSUPPORT] = nameof(ESOCKTNOSUPPORT),
        [EAFNOSUPPORT] = nameof(EAFNOSUPPORT),
        [EADDRINUSE] = nameof(EADDRINUSE),
        [ECONNRESET] = nameof(ECONNRESET),
        [ENOBUFS] = nameof(ENOBUFS),
        [EISCONN] = nameof(EISCONN),
        [ENOTCONN] = nameof(ENOTCONN),
        [ECONNREFUSED] = nameof(ECONNREFUSED),
        [ECANCELED] = nameof(ECANCELED),
    };

    /// <summary>The name of any error, for the trace.</summary>
    public static string NameOf(Errno error) => Names.TryGetValue(error, out string? name) ? name : error.ToString();
}
