using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Signals;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;

namespace Paging.Guest.Syscalls;

/// <summary>Calls that create, name and connect sockets of AF_UNIX. Linux: net/socket.c, net/compat.c.</summary>
/// <remarks>Other families are EAFNOSUPPORT, as in Linux without CONFIG_INET.</remarks>
internal sealed class SocketCalls(GuestClock clock, WakeUps wakeUps, SocketNames socketNames,
    SocketMaker socketMaker, SignalSender signals, CallTable calls)
{
    private const int SocketCallMax = 20;    // sendmmsg

    private readonly SocketConnections _connections = new(wakeUps, socketNames, socketMaker);
    private readonly SocketMessageCalls _messages = new(signals);

    public void AddTo(CallTable table)
    {
        table.Add(102, "socketcall", "da", Multiplexed);
        table.Add(359, "socket", "dxd", Make);
        table.Add(360, "socketpair", "dxda", MakePair);
        table.Add(361, "bind", "dad", Bind);
        table.Add(362, "connect", "dad", Connect);
        table.Add(363, "listen", "dd", Listen);
        table.Add(364, "accept4", "daax", Accept);
        table.Add(367, "getsockname", "daa", static (task, in call) => Name(task, call, ofPeer: false));
        table.Add(368, "getpeername", "daa", static (task, in call) => Name(task, call, ofPeer: true));
        table.Add(373, "shutdown", "dd", Shutdown);
        _messages.AddTo(table);
        new SeveralMessageCalls(clock, _messages).AddTo(table);
    }

    /// <summary>Finds the socket of a descriptor. EBADF, ENOTSOCK.</summary>
    public static Errno Find(GuestTask task, Descriptor descriptor, out UnixSocket socket) =>
        task.Process.Descriptors.Find(descriptor, otherKind: Errno.ENOTSOCK, out socket);

    /// <summary>socketcall(2): a number, and the words of the direct call in memory.</summary>
    private CallResult Multiplexed(GuestTask task, in CallArguments call)
    {
        ReadOnlySpan<byte> counts = [0, 3, 3, 3, 2, 3, 3, 3, 4, 4, 4, 6, 6, 2, 5, 5, 3, 3, 4, 5, 4];    // nargs of net/socket.c
        ReadOnlySpan<int> direct = [0, 359, 361, 362, 363, 364, 367, 368, 360, 369, 371, 369, 371, 373, 366, 365, 370, 372, 364, 337, 345];
        if (call.A.Word is < 1 or > SocketCallMax) return Errno.EINVAL;
        Span<uint> words = stackalloc uint[6];
        words.Clear();
        if (!task.User.TryCopyFrom(call.B.Address, MemoryMarshal.AsBytes(words[..counts[call.A.Number]]))) return Errno.EFAULT;
        CallArguments arguments = new(words[0], words[1], words[2], words[3], words[4], words[5]);
        CallResult result = calls[(uint)direct[call.A.Number]]!.Handler(task, arguments);
        if (result.IsWaiting) task.Call.RenumberHeld(arguments.A.Descriptor);    // its first word is the number of the call
        return result;
    }

    /// <summary>Linux: __sock_create, unix_create. SOCK_RAW is a datagram socket of AF_UNIX.</summary>
    private static Errno Validate(uint family, uint type, uint protocol, out SocketType kind)
    {
        kind = SocketType.Datagram;
        int number = (int)type & 0xF;
        if (((FileFlags)type & ~(FileFlags)0xF & ~SocketWords.TypeFlags) != 0) return Errno.EINVAL;
        if (family >= SocketWords.FamilyMax) return Errno.EAFNOSUPPORT;    // NPROTO, before the type (__sock_create)
        if (number > 10) return Errno.EINVAL;    // SOCK_MAX is 11; checked after the family (__sock_create)
        if (family != SocketWords.Unix) return Errno.EAFNOSUPPORT;    // after EINVAL for the type
        if (protocol is not (0 or SocketWords.Unix)) return Errno.EPROTONOSUPPORT;    // PF_UNIX as a protocol: unix_create
        if (number is not (1 or 2 or 3)) return Errno.ESOCKTNOSUPPORT;    // SOCK_STREAM, DGRAM, RAW; no SEQPACKET (unix_create)
        kind = number == 3 ? SocketType.Datagram : (SocketType)number;
        return Errno.None;
    }

    private CallResult Make(GuestTask task, in CallArguments call)
    {
        Errno error = Validate(call.A, call.B, call.C, out SocketType type);
        return error != Errno.None ? error
            : task.Process.Install(socketMaker.Make(task.Credentials, type, call.B.Flags & FileFlags.NonBlocking), call.B.Flags);
    }

    private CallResult MakePair(GuestTask task, in CallArguments call)
    {
        Errno error = Validate(call.A, call.B, call.C, out SocketType type);
        if (error != Errno.None) return error;
        FileFlags flags = call.B.Flags;
        UnixSocket first = socketMaker.Make(task.Credentials, type, flags & FileFlags.NonBlocking), second =
            socketMaker.Make(task.Credentials, type, flags & FileFlags.NonBlocking);
        SocketConnections.Pair(task, first, second);
        return DescriptorPair.Install(task, first, second, flags, call.D.Address);
    }

    private CallResult Bind(GuestTask task, in CallArguments call)
    {
        Errno error = FindWithAddress(task, call, readsFirst: false, out UnixSocket socket, out SocketAddress? address);
        if (error != Errno.None) return error;
        if (address!.IsFamilyOnly)    // unix(7): autobind
        {
            socketNames.BindAutomatically(socket);
            return 0;
        }

        error = address.Normalize(out address);
        return error != Errno.None ? error : socketNames.Bind(task, socket, address);
    }

    private CallResult Connect(GuestTask task, in CallArguments call)
    {
        Errno error = FindWithAddress(task, call, readsFirst: true, out UnixSocket socket, out SocketAddress? address);
        return error != Errno.None ? error : _connections.Connect(task, socket, address!);
    }

    /// <summary>
    /// Reads the arguments of bind and connect. connect reads the address before it checks that the descriptor is a socket. Linux:
    /// __sys_bind, __sys_connect.
    /// </summary>
    private static Errno FindWithAddress(
        GuestTask task, in CallArguments call, bool readsFirst, out UnixSocket socket, out SocketAddress? address)
    {
        address = null;
        Errno found = Find(task, call.A.Descriptor, out socket);
        if (found != Errno.None && !(readsFirst && found == Errno.ENOTSOCK)) return found;
        Errno error = SocketAddress.Read(task, call.B.Address, call.C.Number, out address);
        if (error == Errno.None) error = found;
        return error;
    }

    private static CallResult Listen(GuestTask task, in CallArguments call)
    {
        Errno error = Find(task, call.A.Descriptor, out UnixSocket socket);
        return error != Errno.None ? error : SocketConnections.Listen(task, socket, call.B.Number);
    }

    private CallResult Accept(GuestTask task, in CallArguments call)
    {
        Errno error = Find(task, call.A.Descriptor, out UnixSocket socket);
        if (error != Errno.EBADF && (call.D.Flags & ~SocketWords.TypeFlags) != 0) error = Errno.EINVAL;    // checked before the socket
        if (error != Errno.None) return error;
        if (!socket.IsStream) return Errno.EOPNOTSUPP;
        if (socket.State != SocketState.Listening) return Errno.EINVAL;
        if (_connections.Accept(socket) is not { } accepted)
        {
            // Only a call that would wait checks whether the wait is hopeless. Linux: unix_accept.
            return socket is { IsReadShut: true, IsNonBlocking: false } ? Errno.EINVAL
                : SocketWait.For(task, socket, socket.Options.ReceiveTimeout, mayNotWait: false);
        }

        accepted.Flags |= call.D.Flags & FileFlags.NonBlocking;
        if (call.B != 0) error = SocketAddress.Write(task, accepted.Peer?.Address, call.B.Address, call.C.Address);
        accepted.InodeOwner = (task.Credentials.EffectiveUser, task.Credentials.EffectiveGroup);
        if (error == Errno.None) return task.Process.Install(accepted, call.D.Flags);
        accepted.Release();
        return error;
    }

    private static CallResult Name(GuestTask task, in CallArguments call, bool ofPeer)
    {
        Errno error = Find(task, call.A.Descriptor, out UnixSocket socket);
        if (error != Errno.None) return error;
        UnixSocket? asked = ofPeer ? socket.Peer : socket;
        return asked is null ? Errno.ENOTCONN : SocketAddress.Write(task, asked.Address, call.B.Address, call.C.Address);
    }

    private static CallResult Shutdown(GuestTask task, in CallArguments call)
    {
        Errno error = Find(task, call.A.Descriptor, out UnixSocket socket);
        if (error == Errno.None && call.B > 2) error = Errno.EINVAL;    // SHUT_RDWR
        if (error == Errno.None) socket.Shut(call.B.Number);
        return error;
    }
}
