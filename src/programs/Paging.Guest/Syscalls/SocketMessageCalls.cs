using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Signals;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Native;

namespace Paging.Guest.Syscalls;

//  struct msghdr of i386:  0 name   4 its length   8 iovec   12 its count   16 control   20 its length   24 flags
/// <summary>send and recv in their forms. Linux: net/socket.c ___sys_sendmsg, ___sys_recvmsg, __sys_sendto, __sys_recvfrom.</summary>
internal sealed class SocketMessageCalls(SignalSender signals)
{
    private const int HeaderWords = 7, NameLengthAt = 4, ControlLengthAt = 20, FlagsAt = 24;    // struct msghdr of 32 bits

    public void AddTo(CallTable table)
    {
        table.Add(369, "sendto", "danxad", SendTo);
        table.Add(370, "sendmsg", "dax", (task, in call) =>
            SendMessage(task, call.A.Descriptor, call.B.Address, (MessageFlags)call.C.Word, out _));
        table.Add(371, "recvfrom", "danxaa", ReceiveFrom);
        table.Add(372, "recvmsg", "dax", static (task, in call) =>
            ReceiveMessage(task, call.A.Descriptor, call.B.Address, (MessageFlags)call.C.Word));
    }

    private CallResult SendTo(GuestTask task, in CallArguments call)
    {
        if (call.C.Number < 0) return Errno.EINVAL;
        Errno error = SocketCalls.Find(task, call.A.Descriptor, out UnixSocket socket);
        SocketAddress? to = null;
        if (error == Errno.None && call.E != 0) error = SocketAddress.Read(task, call.E.Address, call.F.Number, out to);
        if (error != Errno.None) return error;
        OutgoingExtras extras = OutgoingExtras.ToAddress(task, to is { IsEmpty: false } ? to : null);
        return Send(task, socket, new(task.User, [(call.B.Address, call.C)]), (MessageFlags)call.D.Word, extras);
    }

    private static CallResult ReceiveFrom(GuestTask task, in CallArguments call)
    {
        if (call.C.Number < 0) return Errno.EINVAL;
        Errno error = SocketCalls.Find(task, call.A.Descriptor, out UnixSocket socket);
        if (error != Errno.None) return error;
        IncomingExtras extras = new();
        CallResult result = Receive(task, socket, new(task.User, [(call.B.Address, call.C)]), (MessageFlags)call.D.Word, extras);
        extras.Forget();
        if (!result.IsValue || call.E == 0) return result;
        error = SocketAddress.WriteBytes(task, extras.From is { } from ? from.Bytes : [], call.E.Address, call.F.Address);
        return error != Errno.None ? error : result;
    }

    /// <summary>sendmsg(2).</summary>
    /// <param name="task">The sender.</param>
    /// <param name="descriptor">Its socket.</param>
    /// <param name="at">The address of the msghdr.</param>
    /// <param name="flags">MSG_*.</param>
    /// <param name="byteLength">The bytes of the message, of which a stream may take a part.</param>
    public CallResult SendMessage(GuestTask task, Descriptor descriptor, VirtualAddress at, MessageFlags flags, out long byteLength)
    {
        byteLength = 0;
        Errno error = SocketCalls.Find(task, descriptor, out UnixSocket socket);
        uint[] words = new uint[HeaderWords];
        UserParts parts = default;
        if (error == Errno.None) error = ReadHeader(task, at, words, out parts);
        if (error != Errno.None) return error;
        byteLength = parts.ByteLength;
        SocketAddress? to = null;
        // Cut to sizeof(struct sockaddr_storage), where sendto fails (__copy_msghdr)
        if (words[0] != 0 && words[1] != 0) error = SocketAddress.Read(task, new(words[0]), (int)Math.Min(words[1], 128), out to);
        OutgoingExtras extras = OutgoingExtras.ToAddress(task, to);
        if (error == Errno.None && words[5] != 0) error = ControlMessages.Read(task, new(words[4]), words[5], to, out extras);
        return error != Errno.None ? error : Send(task, socket, parts, flags, extras);
    }

    /// <summary>recvmsg(2).</summary>
    public static CallResult ReceiveMessage(GuestTask task, Descriptor descriptor, VirtualAddress at, MessageFlags flags)
    {
        Errno error = SocketCalls.Find(task, descriptor, out UnixSocket socket);
        uint[] words = new uint[HeaderWords];
        UserParts parts = default;
        if (error == Errno.None) error = ReadHeader(task, at, words, out parts);
        if (error != Errno.None) return error;
        IncomingExtras extras = new() { Flags = flags & MessageFlags.CloseOnExec };
        CallResult result = Receive(task, socket, parts, flags, extras);
        if (!result.IsValue)
        {
            extras.Forget();
            return result;
        }

        bool closeOnExec = (flags & MessageFlags.CloseOnExec) != 0;
        uint used = ControlMessages.Write(task, extras, new(words[4]), words[4] == 0 ? 0 : words[5], closeOnExec);
        if (words[0] != 0)
            error = SocketAddress.WriteBytes(task, extras.From is { } from ? from.Bytes : [], new(words[0]), at + NameLengthAt);
        if (error != Errno.None) return error;
        return task.User.TryWrite(at + FlagsAt, (uint)extras.Flags) && task.User.TryWrite(at + ControlLengthAt, used) ? result
            : Errno.EFAULT;
    }

    private CallResult Send(GuestTask task, UnixSocket socket, UserParts parts, MessageFlags flags, OutgoingExtras extras)
    {
        UserTransfer transfer = task.BeginTransfer(parts);
        return signals.End(task, ref transfer, socket, SocketSender.Send(ref transfer, socket, flags, extras));
    }

    private static CallResult Receive(GuestTask task, UnixSocket socket, UserParts parts, MessageFlags flags, IncomingExtras extras)
    {
        UserTransfer transfer = task.BeginTransfer(parts);
        return task.EndTransfer(ref transfer, socket, SocketReceiver.Receive(ref transfer, socket, flags, extras));
    }

    private static Errno ReadHeader(GuestTask task, VirtualAddress at, uint[] words, out UserParts parts)
    {
        parts = default;
        if (!task.User.TryCopyFrom(at, MemoryMarshal.AsBytes(words.AsSpan()))) return Errno.EFAULT;
        if ((int)words[1] < 0) return Errno.EINVAL;    // before the pieces are read (__copy_msghdr)
        return UserParts.Read(task.User, new(words[2]), words[3], Errno.EMSGSIZE, out parts);
    }
}
