using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;

namespace Paging.Guest.Sockets;

/// <summary>
/// Sends and receives through a socket, for the socket calls and for read, write and their kin. Linux: net/socket.c sock_read_iter,
/// sock_write_iter,
/// splice_to_socket.
/// </summary>
internal sealed class SocketTransfer(GuestClock clock, SignalSender signals, SocketNames socketNames)
{
    private readonly SocketSender _sender = new(clock, signals, socketNames);
    private readonly SocketReceiver _receiver = new(clock);

    public CallResult Read(GuestTask task, UnixSocket socket, UserParts parts)
    {
        if (parts.ByteLength == 0) return 0;
        IncomingExtras extras = new();
        CallResult result = _receiver.Receive(task, socket, parts, MessageFlags.None, extras);
        extras.Forget();
        return result;
    }

    /// <summary>Receives into the kernel's own bytes, for splice(2). EAGAIN if there is no message.</summary>
    public CallResult ReadBytes(GuestTask task, UnixSocket socket, Memory<byte> bytes, bool mayWait)
    {
        IncomingExtras extras = new();
        CallResult result =
            _receiver.Receive(task, socket, UserParts.Of(bytes), mayWait ? MessageFlags.None : MessageFlags.DontWait, extras);
        extras.Forget();
        return result;
    }

    public CallResult Write(GuestTask task, UnixSocket socket, UserParts parts, bool isQuiet) =>
        _sender.Send(task, socket, parts, isQuiet ? MessageFlags.NoSignal : MessageFlags.None, OutgoingExtras.None);

    public CallResult Receive(GuestTask task, UnixSocket socket, UserParts parts, MessageFlags flags, IncomingExtras extras) =>
        _receiver.Receive(task, socket, parts, flags, extras);

    public CallResult Send(GuestTask task, UnixSocket socket, UserParts parts, MessageFlags flags, OutgoingExtras extras) =>
        _sender.Send(task, socket, parts, flags, extras);

    /// <summary>Sends the kernel's own bytes as one message, for sendfile(2) and splice(2). The caller reports a broken pipe.</summary>
    public CallResult SendBytes(GuestTask task, UnixSocket socket, ReadOnlySpan<byte> bytes)
    {
        if (socket.Type != SocketType.Stream)
            return _sender.Send(task, socket, UserParts.Of(bytes.ToArray().AsMemory()), MessageFlags.NoSignal, OutgoingExtras.None);
        if (socket.Peer is not { } peer) return Errno.ENOTCONN;
        if (socket.IsWriteShut || peer.IsDead || peer.IsReadShut) return Errno.EPIPE;
        if (socket.SentCharge >= socket.Options.SendBuffer)
            return SocketWait.For(clock, task, socket, socket.Options.SendTimeout, mayNotWait: false);
        Errno error = socket.Deliver(peer, new SocketMessage(socket, bytes.ToArray(), null));
        return error == Errno.None ? bytes.Length : error;
    }
}
