using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>getsockopt(2) and setsockopt(2) of SOL_SOCKET. Linux: net/core/sock.c sk_setsockopt, sk_getsockopt.</summary>
internal static class SocketOptionCalls
{
    private const int ReuseAddress = 2, Type = 3, Error = 4, SendBuffer = 7, ReceiveBuffer = 8, PeerCredentials = 17, ReceiveTimeout = 20,
        SendTimeout = 21, AcceptsConnections = 30, Protocol = 38, Domain = 39, ReceiveTimeoutLong = 66, SendTimeoutLong = 67;

    private const int SendBufferMin = 4608, ReceiveBufferMin = 2304;    // SOCK_MIN_SNDBUF, SOCK_MIN_RCVBUF of x86-64 (include/net/sock.h)

    /// <summary>
    /// Switches: DEBUG, REUSEADDR, DONTROUTE, BROADCAST, KEEPALIVE, OOBINLINE, NO_CHECK, TIMESTAMP, MARK's neighbours that take any number.
    /// </summary>
    private static readonly ImmutableArray<int> Switches = [1, ReuseAddress, 5, 6, 9, 10, 11, 29, 35, 40];

    public static void AddTo(CallTable table)
    {
        table.Add(365, "getsockopt", "dddaa", Get);
        table.Add(366, "setsockopt", "dddad", Set);
    }

    private static CallResult Get(GuestTask task, in CallArguments call)
    {
        Errno error = SocketCalls.Find(task, call.A.Descriptor, out UnixSocket socket);
        if (error != Errno.None) return error;
        if (call.B != SocketWords.SocketLevel) return Errno.EOPNOTSUPP;
        if (!task.User.TryRead(call.E.Address, out int room)) return Errno.EFAULT;
        if (room < 0) return Errno.EINVAL;    // before ENOPROTOOPT, as in sk_getsockopt
        if (!TryValue(socket, call.C.Number, out ReadOnlySpan<byte> value)) return Errno.ENOPROTOOPT;
        int count = Math.Min(room, value.Length);
        return task.User.TryCopyTo(call.D.Address, value[..count]) && task.User.TryWrite(call.E.Address, count) ? 0 : Errno.EFAULT;
    }

    private static bool TryValue(UnixSocket socket, int option, out ReadOnlySpan<byte> value)
    {
        SocketOptions options = socket.Options;
        int[]? words = option switch
        {
            Type => [(int)socket.Type],
            Error => [(int)socket.TakeError()],    // reading it clears it (socket(7))
            SendBuffer => [options.SendBuffer],
            ReceiveBuffer => [options.ReceiveBuffer],
            PeerCredentials => [socket.PeerIdentity.ProcessId, (int)socket.PeerIdentity.User, (int)socket.PeerIdentity.Group],
            AcceptsConnections => [socket.State == SocketState.Listening ? 1 : 0],
            Protocol => [0],    // AF_UNIX has one protocol
            Domain => [SocketWords.Unix],
            ReceiveTimeout or SendTimeout => TimeOf(option == ReceiveTimeout ? options.ReceiveTimeout : options.SendTimeout, isLong: false),
            ReceiveTimeoutLong or SendTimeoutLong =>
                TimeOf(option == ReceiveTimeoutLong ? options.ReceiveTimeout : options.SendTimeout, isLong: true),
            _ when Switches.Contains(option) => [options.Kept.GetValueOrDefault(option)],
            _ => null,
        };
        value = MemoryMarshal.AsBytes(words.AsSpan());
        return words is not null;
    }

    private static int[] TimeOf(long? timeout, bool isLong)
    {
        long microseconds = (timeout ?? 0) / 1000;
        int seconds = (int)(microseconds / 1_000_000), rest = (int)(microseconds % 1_000_000);
        return isLong ? [seconds, 0, rest, 0] : [seconds, rest];
    }

    private static CallResult Set(GuestTask task, in CallArguments call)
    {
        int length = call.E.Number;
        Errno error = SocketCalls.Find(task, call.A.Descriptor, out UnixSocket socket);
        if (error != Errno.None) return error;
        if (length < 0) return Errno.EINVAL;
        if (call.B != SocketWords.SocketLevel) return Errno.EOPNOTSUPP;
        if (length < sizeof(int)) return Errno.EINVAL;    // every option has at least an int (sk_setsockopt)
        if (!task.User.TryRead(call.D.Address, out int value)) return Errno.EFAULT;
        SocketOptions options = socket.Options;
        int option = call.C.Number;
        switch (option)
        {
            case SendBuffer or ReceiveBuffer:
                return SetBuffer(socket, option, value);
            case ReceiveTimeout or SendTimeout or ReceiveTimeoutLong or SendTimeoutLong:
                return SetTimeout(task, options, option, call.D.Address, length);
            case Type or Error or Protocol or Domain or AcceptsConnections or PeerCredentials:
                return Errno.ENOPROTOOPT;
            default:
                if (!Switches.Contains(option)) return Errno.ENOPROTOOPT;
                options.Kept[option] = value != 0 ? 1 : 0;
                return 0;
        }
    }

    /// <summary>Sets a buffer to twice the requested size, for the kernel's overhead on each message. Linux: sk_setsockopt.</summary>
    private static CallResult SetBuffer(UnixSocket socket, int option, int value)
    {
        int doubled = 2 * (int)Math.Min((uint)value, SocketOptions.BufferMax);
        if (option is ReceiveBuffer)
        {
            socket.Options.ReceiveBuffer = Math.Max(doubled, ReceiveBufferMin);
            return 0;
        }

        socket.Options.SendBuffer = Math.Max(doubled, SendBufferMin);
        socket.WokeForWriting();
        return 0;
    }

    /// <summary>Sets a timeout. EDOM for a second or more of microseconds. Zero means no limit. Linux: sock_set_timeout.</summary>
    private static CallResult SetTimeout(GuestTask task, SocketOptions options, int option, VirtualAddress at, int length)
    {
        bool isLong = option is ReceiveTimeoutLong or SendTimeoutLong;
        if (length < (isLong ? 16 : 8)) return Errno.EINVAL;
        Span<byte> bytes = stackalloc byte[16];
        if (!task.User.TryCopyFrom(at, bytes[..(isLong ? 16 : 8)])) return Errno.EFAULT;
        (long seconds, long rest) = isLong ? (BitConverter.ToInt64(bytes), BitConverter.ToInt64(bytes[8..]))
            : (BitConverter.ToInt32(bytes), BitConverter.ToInt32(bytes[4..]));
        if (rest is < 0 or >= 1_000_000) return Errno.EDOM;    // sock_set_timeout
        long? timeout = (seconds, rest) switch
        {
            ( < 0, _) => 0,    // a negative time does not wait at all
            (0, 0) => null,
            _ => (Math.Min(seconds, int.MaxValue) * TimeWords.Second) + (rest * 1000),
        };
        if (option is ReceiveTimeout or ReceiveTimeoutLong) options.ReceiveTimeout = timeout;
        else options.SendTimeout = timeout;
        return 0;
    }
}
