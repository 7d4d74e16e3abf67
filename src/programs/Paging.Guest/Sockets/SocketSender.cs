using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Sockets;

/// <summary>The address and files sent with the bytes of one sendmsg(2).</summary>
internal sealed record OutgoingExtras
{
    public static OutgoingExtras None { get; } = new();

    /// <summary>The receiver; null for the peer.</summary>
    public SocketAddress? To { get; init; }

    public IReadOnlyList<OpenDescription> Files { get; init; } = [];
}

/// <summary>Sends. Linux: unix_stream_sendmsg, unix_dgram_sendmsg, unix_seqpacket_sendmsg.</summary>
internal sealed class SocketSender(GuestClock clock, SignalSender signals, SocketNames socketNames)
{
    public CallResult Send(GuestTask task, UnixSocket socket, UserParts parts, MessageFlags flags, OutgoingExtras extras)
    {
        if ((flags & MessageFlags.OutOfBand) != 0) return Errno.EOPNOTSUPP;
        return socket.Type == SocketType.Stream ? SendStream(task, socket, parts, flags, extras)
            : SendMessage(task, socket, parts, flags, extras);
    }

    private CallResult SendStream(GuestTask task, UnixSocket socket, UserParts parts, MessageFlags flags, OutgoingExtras extras)
    {
        if (extras.To is not null) return socket.State == SocketState.Connected ? Errno.EISCONN : Errno.EOPNOTSUPP;
        if (socket.Peer is not { } peer) return Errno.ENOTCONN;
        int done = task.Call.Done;
        if (socket.IsWriteShut) return done > 0 ? done : Broken(task, flags);
        while (done < parts.ByteLength)
        {
            if (socket.TakeError() is var error and not Errno.None) return done > 0 ? done : error;
            if (peer.IsDead || peer.IsReadShut || socket.IsWriteShut) return done > 0 ? done : Broken(task, flags);
            if (socket.SentCharge >= socket.Options.SendBuffer)
            {
                CallResult result = SocketWait.For(clock, task, socket, socket.Options.SendTimeout, (flags & MessageFlags.DontWait) != 0);
                if (!result.IsWaiting) return done > 0 ? done : result;
                if (done == 0) return result;
                task.Call.Done = done;
                return task.Wait(done, socket);
            }

            int count = (int)Math.Min(parts.ByteLength - done, Math.Min((socket.Options.SendBuffer >> 1) - 64, SocketMessage.ChunkMax));
            byte[] bytes = new byte[count];
            if (!parts.TryCopyFrom(task, done, bytes)) return done > 0 ? done : Errno.EFAULT;
            error = socket.Deliver(peer, Message(socket, bytes, extras, withFiles: done == 0));
            if (error != Errno.None) return done > 0 ? done : error;
            done += count;
        }

        return done;
    }

    /// <summary>Checks whether a socket of sequenced packets can send. Returns its pending error, once, or ENOTCONN.</summary>
    public static Errno CheckConnection(UnixSocket socket)
    {
        Errno error = socket.TakeError();
        return error == Errno.None && socket.State != SocketState.Connected ? Errno.ENOTCONN : error;
    }

    /// <summary>Sends one message, as a whole or not at all. EMSGSIZE if it is longer than the buffer.</summary>
    private CallResult SendMessage(GuestTask task, UnixSocket socket, UserParts parts, MessageFlags flags, OutgoingExtras extras)
    {
        const int overhead = 32;
        SocketAddress? to = extras.To;
        if (socket.Type == SocketType.SequencedPacket)
        {
            if (CheckConnection(socket) is var refused and not Errno.None) return refused;
            to = null;
        }

        Errno error = to is null ? Errno.None : to.Normalize(out to);
        if (error != Errno.None) return error;
        if (parts.ByteLength > socket.Options.SendBuffer - overhead) return Errno.EMSGSIZE;
        bool mayNotWait = (flags & MessageFlags.DontWait) != 0;
        if (socket.TakeError() is var late and not Errno.None) return late;
        if (socket.IsWriteShut) return Broken(task, flags | MessageFlags.NoSignal);
        if (socket.SentCharge >= socket.Options.SendBuffer)
            return SocketWait.For(clock, task, socket, socket.Options.SendTimeout, mayNotWait);
        byte[] bytes = new byte[parts.ByteLength];
        if (!parts.TryCopyFrom(task, 0, bytes)) return Errno.EFAULT;

        UnixSocket? other = socket.Peer;
        if (to is null && other is null) return Errno.ENOTCONN;
        if (to is not null) error = socketNames.Find(task, to, socket.Type, out other);
        if (error != Errno.None) return error;
        if (!socket.MaySendTo(other!)) return Errno.EPERM;
        if (other!.IsDead) return Lost(socket, other);
        if (other.IsReadShut) return Errno.EPIPE;
        if (other.Peer != socket && other.IsQueueFull) return SocketWait.For(clock, task, socket, socket.Options.SendTimeout, mayNotWait);
        error = socket.Deliver(other, Message(socket, bytes, extras, withFiles: true));
        return error == Errno.None ? bytes.Length : error;
    }

    /// <summary>Removes the closed peer of a datagram socket.</summary>
    private static Errno Lost(UnixSocket socket, UnixSocket other)
    {
        if (socket.Type == SocketType.SequencedPacket) return Errno.EPIPE;
        if (socket.Peer != other) return Errno.ECONNREFUSED;
        socket.Peer = null;
        socket.State = SocketState.Closed;
        socket.LeavePeer(other);
        return Errno.ECONNREFUSED;
    }

    private static SocketMessage Message(UnixSocket socket, byte[] bytes, OutgoingExtras extras, bool withFiles)
    {
        List<OpenDescription>? files = withFiles && extras.Files.Count > 0 ? [.. extras.Files] : null;
        files?.ForEach(static file => file.Hold());
        return new(socket, bytes, files);
    }

    private CallResult Broken(GuestTask task, MessageFlags flags)
    {
        if ((flags & MessageFlags.NoSignal) == 0) signals.Send(task, task.Process.Describe(SignalNumber.Pipe));
        return Errno.EPIPE;
    }
}
