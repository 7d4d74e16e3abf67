using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Sockets;

/// <summary>The address and files sent with the bytes of one sendmsg(2).</summary>
internal sealed record OutgoingExtras
{
    public static OutgoingExtras None { get; } = new();

    /// <summary>The receiver, and the task whose rights find it; null for the peer.</summary>
    public (GuestTask Sender, SocketAddress Address)? To { get; init; }

    public IReadOnlyList<OpenDescription> Files { get; init; } = [];

    public static OutgoingExtras ToAddress(GuestTask sender, SocketAddress? address) =>
        address is null ? None : new() { To = (sender, address) };
}

/// <summary>Sends. Linux: unix_stream_sendmsg, unix_dgram_sendmsg.</summary>
internal static class SocketSender
{
    public static CallResult Send(ref UserTransfer transfer, UnixSocket socket, MessageFlags flags, OutgoingExtras extras)
    {
        if ((flags & MessageFlags.OutOfBand) != 0) return Errno.EOPNOTSUPP;
        return socket.Type == SocketType.Stream ? SendStream(ref transfer, socket, flags, extras)
            : SendMessage(ref transfer, socket, flags, extras);
    }

    private static CallResult SendStream(ref UserTransfer transfer, UnixSocket socket, MessageFlags flags, OutgoingExtras extras)
    {
        if (extras.To is not null) return socket.State == SocketState.Connected ? Errno.EISCONN : Errno.EOPNOTSUPP;    // sendto(2)
        if (socket.Peer is not { } peer) return Errno.ENOTCONN;
        long byteLength = transfer.Parts.ByteLength;
        if (socket.IsWriteShut) return Broken(ref transfer, flags);    // even for no bytes
        while (transfer.Done < byteLength)
        {
            if (socket.TakeError() is var error and not Errno.None) return transfer.DoneOr(error);
            if (peer.IsDead || peer.IsReadShut || socket.IsWriteShut) return Broken(ref transfer, flags);
            if (socket.SentCharge >= socket.Options.SendBuffer)
            {
                CallResult result = SocketWait.For(ref transfer, socket, socket.Options.SendTimeout, (flags & MessageFlags.DontWait) != 0);
                return result.IsWaiting ? result : transfer.DoneOr(result);
            }

            // Two messages fit, so that the reader has one while the writer fills the other (unix_stream_sendmsg)
            int count = (int)Math.Min(byteLength - transfer.Done, Math.Min((socket.Options.SendBuffer >> 1) - 64, SocketMessage.ChunkMax));
            byte[] bytes = new byte[count];
            if (!transfer.Parts.TryCopyFrom(transfer.Done, bytes))
                return transfer.Parts.User.NeedsPage ? CallResult.Waits : transfer.DoneOr(Errno.EFAULT);
            error = socket.Deliver(peer, Message(socket, bytes, extras, withFiles: transfer.Done == 0));    // once, with the first bytes
            if (error != Errno.None) return transfer.DoneOr(error);
            transfer.Done += count;
        }

        return transfer.Done;
    }

    /// <summary>Sends one message, as a whole or not at all. EMSGSIZE if it is longer than the buffer.</summary>
    private static CallResult SendMessage(ref UserTransfer transfer, UnixSocket socket, MessageFlags flags, OutgoingExtras extras)
    {
        const int overhead = 32;    // Linux: unix_dgram_sendmsg, sk_sndbuf - 32
        SocketAddress? to = extras.To?.Address;
        Errno error = to is null ? Errno.None : to.Normalize(out to);
        if (error != Errno.None) return error;
        if (transfer.Parts.ByteLength > socket.Options.SendBuffer - overhead) return Errno.EMSGSIZE;    // a message is never split
        bool mayNotWait = (flags & MessageFlags.DontWait) != 0;
        if (socket.TakeError() is var late and not Errno.None) return late;
        if (socket.IsWriteShut) return Errno.EPIPE;
        if (socket.SentCharge >= socket.Options.SendBuffer)
            return SocketWait.For(ref transfer, socket, socket.Options.SendTimeout, mayNotWait);
        byte[] bytes = new byte[transfer.Parts.ByteLength];
        if (!transfer.Parts.TryCopyFrom(0, bytes)) return Errno.EFAULT;

        UnixSocket? other = socket.Peer;
        if (to is null && other is null) return Errno.ENOTCONN;
        if (to is not null) error = socket.FindByName(extras.To!.Value.Sender, to, out other);
        if (error != Errno.None) return error;
        if (!socket.MaySendTo(other!)) return Errno.EPERM;
        if (other!.IsDead) return Lost(socket, other);
        if (other.IsReadShut) return Errno.EPIPE;
        // A peer that sends back is bounded by its own buffer (unix_dgram_sendmsg)
        if (other.Peer != socket && other.IsQueueFull) return SocketWait.For(ref transfer, socket, socket.Options.SendTimeout, mayNotWait);
        error = socket.Deliver(other, Message(socket, bytes, extras, withFiles: true));
        return error == Errno.None ? bytes.Length : error;
    }

    /// <summary>Removes the closed peer of a datagram socket.</summary>
    private static Errno Lost(UnixSocket socket, UnixSocket other)
    {
        if (socket.Peer != other) return Errno.ECONNREFUSED;
        socket.Peer = null;    // it may connect anew (unix_dgram_disconnected)
        socket.State = SocketState.Closed;
        socket.LeavePeer(other);
        return Errno.ECONNREFUSED;
    }

    private static SocketMessage Message(UnixSocket socket, byte[] bytes, OutgoingExtras extras, bool withFiles)
    {
        List<OpenDescription>? files = withFiles && extras.Files.Count > 0 ? [.. extras.Files] : null;
        files?.ForEach(static file => file.Hold());    // the sender may close them before they arrive
        return new(socket, bytes, files);
    }

    private static CallResult Broken(ref UserTransfer transfer, MessageFlags flags)
    {
        if (transfer.Done == 0 && (flags & MessageFlags.NoSignal) == 0) transfer.Signal = SignalNumber.Pipe;
        return transfer.DoneOr(Errno.EPIPE);
    }
}
