using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Syscalls;

//  struct mmsghdr of i386:  0 msghdr   28 the bytes sent or received
/// <summary>sendmmsg(2) and recvmmsg(2): an error after some messages comes with a later call. Linux: net/socket.c.</summary>
internal sealed class SeveralMessageCalls(GuestClock clock, SocketMessageCalls messages)
{
    private const int EntryByteLength = 32, LengthAt = 28;
    private const uint SentMax = 1024;    // UIO_MAXIOV; as many as wanted are received

    public void AddTo(CallTable table)
    {
        table.Add(337, "recvmmsg", "dadxa", (task, in call) => Receive(task, call, isLong: false));
        table.Add(345, "sendmmsg", "dadx", Send);
        table.Add(417, "recvmmsg_time64", "dadxa", (task, in call) => Receive(task, call, isLong: true));
    }

    /// <summary>Linux: __sys_sendmmsg.</summary>
    private CallResult Send(GuestTask task, in CallArguments call)
    {
        Errno error = SocketCalls.Find(task, call.A.Descriptor, out _);
        if (error != Errno.None) return error;
        CallInProgress state = task.Call;
        while (state.MessageCount < Math.Min(call.C, SentMax))
        {
            VirtualAddress at = EntryOf(call, state);
            CallResult result = messages.SendMessage(task, call.A.Descriptor, at, (MessageFlags)call.D.Word, out long byteLength);
            if (result.IsWaiting) return WaitIn(task, at, result, out _);
            error = Finish(task, at, result);
            if (error != Errno.None || result.Value < byteLength) break;
        }

        return state.MessageCount > 0 ? state.MessageCount : error;
    }

    /// <summary>
    /// The time is looked at after each message, so it does not end a wait. EFAULT and EINVAL for it come first. Linux: do_recvmmsg.
    /// </summary>
    private CallResult Receive(GuestTask task, in CallArguments call, bool isLong)
    {
        CallInProgress state = task.Call;
        Errno error = TimeWords.ReadIfAny(task.User, call.E.Address, isLong, out long? time);
        if (error != Errno.None) return error;
        error = SocketCalls.Find(task, call.A.Descriptor, out UnixSocket socket);
        if (error == Errno.None && !task.IsBlocked) error = socket.TakeError();    // at the first try
        if (error != Errno.None) return error;
        state.MessagesEnd ??= clock.Now + time;
        state.Awaited = null;    // no signal has ended the wait
        MessageFlags flags = (MessageFlags)call.D.Word & ~MessageFlags.WaitForOne;
        bool waitsForOne = ((MessageFlags)call.D.Word & MessageFlags.WaitForOne) != 0, hasTime = true;
        while (hasTime && state.MessageCount < call.C)
        {
            VirtualAddress at = EntryOf(call, state);
            MessageFlags own = waitsForOne && state.MessageCount > 0 ? flags | MessageFlags.DontWait : flags;
            CallResult result = SocketMessageCalls.ReceiveMessage(task, call.A.Descriptor, at, own);
            if (result.IsWaiting)
            {
                result = WaitIn(task, at, result, out uint count);
                if (count > 0 && count < call.C) state.Awaited = new EndOfWait(socket);
                return result;
            }

            error = Finish(task, at, result);
            if (error != Errno.None) break;
            if (state.MessagesEnd is not { } end) continue;
            long left = Math.Max(end - clock.Now, 0);
            hasTime = left > 0;
            if (!TimeWords.TryWrite(task.User, call.E.Address, isLong, left)) return Errno.EFAULT;
        }

        if (state.MessageCount == 0) return error;
        if (error is not (Errno.None or Errno.EAGAIN)) socket.Error = error;
        return state.MessageCount;
    }

    private static VirtualAddress EntryOf(in CallArguments call, CallInProgress state) =>
        call.B.Address + ((uint)state.MessageCount * EntryByteLength);

    /// <summary>Writes the length of a message. Returns its error, or EFAULT.</summary>
    private static Errno Finish(GuestTask task, VirtualAddress at, CallResult result)
    {
        if (result.IsError) return result.Error;
        if (!task.User.TryWrite(at + LengthAt, result.Count)) return Errno.EFAULT;
        task.Call.FinishMessage();
        return Errno.None;
    }

    /// <summary>Waits in a message. A signal ends the call with those before it, and with it if a part has been moved.</summary>
    private static CallResult WaitIn(GuestTask task, VirtualAddress at, CallResult waiting, out uint count)
    {
        CallInProgress state = task.Call;
        bool isBegun = state.Done > 0 && task.User.TryWrite(at + LengthAt, state.Done);
        count = (uint)state.MessageCount + (isBegun ? 1u : 0);
        if (count > 0) state.Interrupted = count;
        return waiting;
    }

    /// <summary>
    /// recvmmsg keeps the error of a message after the first ones for a later call, so the end of a wait by a signal, too: 512 without
    /// SO_RCVTIMEO, a number that programs should never see. Linux: do_recvmmsg, sock_intr_errno.
    /// </summary>
    private sealed class EndOfWait(UnixSocket socket) : IAwaited
    {
        private const Errno RestartSystemCall = (Errno)512;    // ERESTARTSYS

        public void Left() => socket.Error = socket.Options.ReceiveTimeout is null ? RestartSystemCall : Errno.EINTR;
    }
}
