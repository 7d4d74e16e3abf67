using Paging.Core;
using Paging.Guest.Abi;
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
    public static CallResult For(GuestTask task, UnixSocket socket, long? timeout, bool mayNotWait)
    {
        (CallResult result, task.Call.Deadline) = Look(task.Call.Deadline, socket, timeout, mayNotWait);
        return result.IsWaiting ? task.Wait(Interrupted(timeout), socket) : result;
    }

    /// <summary>The same for a call that moves bytes.</summary>
    public static CallResult For(ref UserTransfer transfer, UnixSocket socket, long? timeout, bool mayNotWait)
    {
        (CallResult result, transfer.Deadline) = Look(transfer.Deadline, socket, timeout, mayNotWait);
        transfer.Interrupted = Interrupted(timeout);
        return result;
    }

    private static (CallResult Result, long? Deadline) Look(long? deadline, UnixSocket socket, long? timeout, bool mayNotWait)
    {
        if (mayNotWait || socket.IsNonBlocking) return (Errno.EAGAIN, deadline);
        if (timeout is not { } nanoseconds) return (Waits, deadline);
        deadline ??= socket.Clock.Now + nanoseconds;
        return (deadline <= socket.Clock.Now ? Errno.EAGAIN : Waits, deadline);    // SO_RCVTIMEO: not ETIMEDOUT (socket(7))
    }

    private static CallResult Interrupted(long? timeout) => timeout is null ? RestartUnlessHandled : Errno.EINTR;
}
