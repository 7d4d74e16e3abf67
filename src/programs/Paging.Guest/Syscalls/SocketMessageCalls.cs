using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

//  struct msghdr of i386:  0 name   4 its length   8 iovec   12 its count   16 control   20 its length   24 flags
/// <summary>
/// send and recv in their forms. Linux: net/socket.c ___sys_sendmsg, ___sys_recvmsg, __sys_sendto, __sys_recvfrom, __sys_sendmmsg,
/// do_recvmmsg.
/// </summary>
internal sealed class SocketMessageCalls(GuestClock clock, TaskTable tasks, SocketTransfer sockets)
{
    private const int HeaderWords = 7, NameLengthAt = 4, ControlLengthAt = 20, FlagsAt = 24, ListEntryByteLength = 32, ListResultAt = 28;
    private const uint ListMax = 1024;

    public void AddTo(CallTable table)
    {
        table.Add(369, "sendto", "danxad", SendTo);
        table.Add(370, "sendmsg", "dax", (task, in call) =>
            SendMessage(task, call.A.Descriptor, call.B.Address, (MessageFlags)call.C.Word));
        table.Add(371, "recvfrom", "danxaa", ReceiveFrom);
        table.Add(372, "recvmsg", "dax", (task, in call) =>
            ReceiveMessage(task, call.A.Descriptor, call.B.Address, (MessageFlags)call.C.Word));
        table.Add(345, "sendmmsg", "dadx", SendMany);
        table.Add(337, "recvmmsg", "dadxa", (task, in call) => ReceiveMany(task, call, isLong: false));
        table.Add(417, "recvmmsg_time64", "dadxa", (task, in call) => ReceiveMany(task, call, isLong: true));
    }

    private CallResult SendTo(GuestTask task, in CallArguments call)
    {
        if (call.C.Number < 0) return Errno.EINVAL;
        Errno error = SocketCalls.Find(task, call.A.Descriptor, out UnixSocket socket);
        SocketAddress? to = null;
        if (error == Errno.None && call.E != 0) error = SocketAddress.Read(task, call.E.Address, call.F.Number, out to);
        if (error != Errno.None) return error;
        OutgoingExtras extras = new() { To = to is { IsEmpty: false } ? to : null };
        return sockets.Send(task, socket, UserParts.Of(call.B.Address, call.C), (MessageFlags)call.D.Word, extras);
    }

    private CallResult ReceiveFrom(GuestTask task, in CallArguments call)
    {
        if (call.C.Number < 0) return Errno.EINVAL;
        Errno error = SocketCalls.Find(task, call.A.Descriptor, out UnixSocket socket);
        if (error != Errno.None) return error;
        IncomingExtras extras = new();
        CallResult result = sockets.Receive(task, socket, UserParts.Of(call.B.Address, call.C), (MessageFlags)call.D.Word, extras);
        extras.Forget();
        if (!result.IsValue || call.E == 0) return result;
        error = SocketAddress.WriteBytes(task, extras.From is { } from ? from.Bytes : [], call.E.Address, call.F.Address);
        return error != Errno.None ? error : result;
    }

    private CallResult SendMessage(GuestTask task, Descriptor descriptor, VirtualAddress at, MessageFlags flags)
    {
        Errno error = SocketCalls.Find(task, descriptor, out UnixSocket socket);
        uint[] words = new uint[HeaderWords];
        UserParts? parts = null;
        if (error == Errno.None) error = ReadHeader(task, at, words, out parts);
        if (error != Errno.None) return error;
        SocketAddress? to = null;
        if (words[0] != 0 && words[1] != 0) error = SocketAddress.Read(task, new(words[0]), (int)Math.Min(words[1], 128), out to);
        OutgoingExtras extras = new() { To = to };
        // Before it looks at what comes along. Linux: unix_seqpacket_sendmsg.
        if (error == Errno.None && socket.Type == SocketType.SequencedPacket) error = SocketSender.JudgeConnection(socket);
        if (error == Errno.None && words[5] != 0) error = ControlMessages.Read(tasks, task, new(words[4]), words[5], to, out extras);
        return error != Errno.None ? error : sockets.Send(task, socket, parts!, flags, extras);
    }

    private CallResult ReceiveMessage(GuestTask task, Descriptor descriptor, VirtualAddress at, MessageFlags flags)
    {
        Errno error = SocketCalls.Find(task, descriptor, out UnixSocket socket);
        uint[] words = new uint[HeaderWords];
        UserParts? parts = null;
        if (error == Errno.None) error = ReadHeader(task, at, words, out parts);
        if (error != Errno.None) return error;
        IncomingExtras extras = new() { Flags = flags & MessageFlags.CloseOnExec };
        CallResult result = sockets.Receive(task, socket, parts!, flags, extras);
        if (!result.IsValue)
        {
            extras.Forget();
            return result;
        }

        uint used = ControlMessages.Write(task, socket, extras, new(words[4]), words[4] == 0 ? 0
            : words[5], (flags & MessageFlags.CloseOnExec) != 0);
        if (words[0] != 0)
            error = SocketAddress.WriteBytes(task, extras.From is { } from ? from.Bytes : [], new(words[0]), at + NameLengthAt);
        if (error != Errno.None) return error;
        return task.User.TryWrite(at + FlagsAt, (uint)extras.Flags) && task.User.TryWrite(at + ControlLengthAt, used) ? result
            : Errno.EFAULT;
    }

    private static Errno ReadHeader(GuestTask task, VirtualAddress at, uint[] words, out UserParts? parts)
    {
        parts = null;
        if (!task.User.TryCopyFrom(at, MemoryMarshal.AsBytes(words.AsSpan()))) return Errno.EFAULT;
        if ((int)words[1] < 0) return Errno.EINVAL;
        Errno error = UserParts.Read(task, new(words[2]), words[3], Errno.EMSGSIZE, out UserParts read);
        parts = read;
        return error;
    }

    /// <summary>An error counts only where nothing was sent before it.</summary>
    private CallResult SendMany(GuestTask task, in CallArguments call)
    {
        uint count = Math.Min(call.C, ListMax);
        for (uint i = 0; i < count; i++)
        {
            VirtualAddress at = call.B.Address + (i * ListEntryByteLength);
            CallResult result =
                SendMessage(task, call.A.Descriptor, at, (MessageFlags)call.D.Word | (i > 0 ? MessageFlags.DontWait : MessageFlags.None));
            if (result.IsValue && !task.User.TryWrite(at + ListResultAt, result.Count)) result = Errno.EFAULT;
            if (!result.IsValue) return i > 0 ? (int)i : result;
        }

        return (int)count;
    }

    /// <summary>
    /// Waits for the first only, then takes what is there; the time is looked at between two. Without MSG_WAITFORONE Linux waits for each.
    /// </summary>
    private CallResult ReceiveMany(GuestTask task, in CallArguments call, bool isLong)
    {
        Errno error = TimeWords.ReadIfAny(task.User, call.E.Address, isLong, out long? wait);
        if (error != Errno.None) return error;
        if (task.Call.Awaited is not ReceivingMany) task.Call.Awaited = new ReceivingMany(clock.Now + wait);
        long? until = ((ReceivingMany)task.Call.Awaited).Until;
        MessageFlags flags = (MessageFlags)call.D.Word & ~MessageFlags.WaitForOne;
        bool waitsForOne = ((MessageFlags)call.D.Word & MessageFlags.WaitForOne) != 0;
        int received = task.Call.Done;
        while (received < Math.Min(call.C, ListMax))
        {
            VirtualAddress at = call.B.Address + ((uint)received * ListEntryByteLength);
            task.Call.Done = 0;
            CallResult result = ReceiveMessage(task, call.A.Descriptor, at, waitsForOne && received > 0 ? flags | MessageFlags.DontWait
                : flags);
            if (result.IsValue && !task.User.TryWrite(at + ListResultAt, result.Count)) result = Errno.EFAULT;
            if (result.IsWaiting && received > 0)
            {
                task.Call.Done = received;
                return task.Wait(received);
            }

            if (!result.IsValue && received == 0) return result;
            if (!result.IsValue) break;
            received++;
            clock.Advance(GuestClock.CallNanoseconds);    // each takes as long as a call of its own
            if (until <= clock.Now) break;
        }

        if (until is not { } end || received == 0) return received;
        return TimeWords.TryWrite(task.User, call.E.Address, isLong, Math.Max(end - clock.Now, 0)) ? received : Errno.EFAULT;
    }

    /// <summary>How long recvmmsg(2) goes on, from its beginning. One that was saved begins anew.</summary>
    private sealed record ReceivingMany(long? Until) : IAwaited;
}
