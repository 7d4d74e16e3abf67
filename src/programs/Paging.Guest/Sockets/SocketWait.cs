using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Sockets;

/// <summary>Waiting for a socket, with the time that its options allow.</summary>
internal static class SocketWait
{
    /// <summary>
    /// EAGAIN: it may not wait, or no longer. A signal: the call is made again, unless there is a timeout. Linux: sock_intr_errno.
    /// </summary>
    public static CallResult For(GuestClock clock, GuestTask task, UnixSocket socket, long? timeout, bool mayNotWait)
    {
        if (mayNotWait || socket.IsNonBlocking) return Errno.EAGAIN;
        if (timeout is not { } nanoseconds) return task.Wait(RestartUnlessHandled, socket);
        task.Call.Deadline ??= clock.Now + nanoseconds;
        return task.Call.Deadline <= clock.Now ? Errno.EAGAIN : task.Wait(Errno.EINTR, socket);
    }
}
