using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Sockets;

/// <summary>Waits for a socket, within the timeouts of its options.</summary>
internal static class SocketWait
{
    /// <summary>
    /// Waits. EAGAIN if it may not wait, or the timeout is over. After a signal the call is restarted, unless there is a timeout. Linux:
    /// sock_intr_errno.
    /// </summary>
    public static CallResult For(GuestClock clock, GuestTask task, UnixSocket socket, long? timeout, bool mayNotWait)
    {
        if (mayNotWait || socket.IsNonBlocking) return Errno.EAGAIN;
        if (timeout is not { } nanoseconds) return task.Wait(RestartUnlessHandled, socket);
        task.Call.Deadline ??= clock.Now + nanoseconds;
        return task.Call.Deadline <= clock.Now ? Errno.EAGAIN : task.Wait(Errno.EINTR, socket);
    }

    /// <summary>The same for a call that moves bytes.</summary>
    public static CallResult For(ref UserTransfer transfer, UnixSocket socket, long? timeout, bool mayNotWait)
    {
        if (mayNotWait || socket.IsNonBlocking) return Errno.EAGAIN;
        if (timeout is not { } nanoseconds) return Waits;
        transfer.Deadline ??= socket.Clock.Now + nanoseconds;
        transfer.Interrupted = Errno.EINTR;
        return transfer.Deadline <= socket.Clock.Now ? Errno.EAGAIN : Waits;
    }
}
