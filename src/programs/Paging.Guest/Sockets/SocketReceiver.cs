using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Vfs;

namespace Paging.Guest.Sockets;

/// <summary>The address and files received with the bytes of one recvmsg(2).</summary>
internal sealed class IncomingExtras
{
    /// <summary>The sender's name; null if it has none, or the socket does not report names.</summary>
    public SocketAddress? From { get; set; }

    /// <summary>Open files, held for the receiver.</summary>
    public List<OpenDescription>? Files { get; set; }

    public MessageFlags Flags { get; set; }

    public void Forget() => Files?.ForEach(static file => file.Release());
}

/// <summary>Receives. Linux: unix_stream_read_generic, __unix_dgram_recvmsg.</summary>
internal static class SocketReceiver
{
    public static CallResult Receive(ref UserTransfer transfer, UnixSocket socket, MessageFlags flags, IncomingExtras extras)
    {
        if (socket.Type == SocketType.Stream)
        {
            if (socket.State != SocketState.Connected) return Errno.EINVAL;    // unix_stream_read_generic, not ENOTCONN
            if ((flags & MessageFlags.OutOfBand) != 0) return Errno.EINVAL;    // no byte out of band: unix_stream_recv_urg
            return ReceiveStream(ref transfer, socket, flags, extras);
        }

        return (flags & MessageFlags.OutOfBand) != 0 ? Errno.EOPNOTSUPP : ReceiveMessage(ref transfer, socket, flags, extras);
    }

    /// <summary>Receives as many messages as fit, up to one with files.</summary>
    /// <remarks>MSG_PEEK goes on to the next message with files, even after the last that fits. Linux: unix_stream_read_generic.</remarks>
    private static CallResult ReceiveStream(ref UserTransfer transfer, UnixSocket socket, MessageFlags flags, IncomingExtras extras)
    {
        bool peeks = (flags & MessageFlags.Peek) != 0;
        UserParts parts = transfer.Parts;
        long enough = (flags & MessageFlags.WaitAll) != 0 ? parts.ByteLength : Math.Min(1, parts.ByteLength);
        LinkedListNode<SocketMessage>? node = socket.Received.First;
        do
        {
            if (node is null)
            {
                if (transfer.Done >= Math.Max(enough, 1)) break;
                if (socket.TakeError() is var error and not Errno.None) return transfer.DoneOr(error);
                if (socket.IsReadShut) break;
                bool mayNotWait = (flags & MessageFlags.DontWait) != 0;
                CallResult result = SocketWait.For(ref transfer, socket, socket.Options.ReceiveTimeout, mayNotWait);
                return result.IsWaiting ? result : transfer.DoneOr(result);
            }

            SocketMessage message = node.Value;
            LinkedListNode<SocketMessage>? next = node.Next;
            extras.From = message.Owner.Address;
            int count = (int)Math.Min(message.Rest.Length, parts.ByteLength - transfer.Done);
            if (!parts.TryCopyTo(transfer.Done, message.Rest[..count]))    // it stays queued
                return parts.User.NeedsPage ? CallResult.Waits : transfer.DoneOr(Errno.EFAULT);
            transfer.Done += count;
            if (peeks)
            {
                extras.Files = message.CopyFiles();
            }
            else
            {
                message.Taken += count;
                extras.Files = message.TakeFiles();
                if (message.Rest.IsEmpty) socket.Drop(message);    // its room is the sender's again
            }

            if (extras.Files is not null || (peeks && next is null)) break;    // a peek does not wait for more
            node = next;
        }
        while (peeks || transfer.Done < parts.ByteLength);

        return transfer.Done;
    }

    /// <summary>Receives one message; bytes that do not fit are lost.</summary>
    private static CallResult ReceiveMessage(ref UserTransfer transfer, UnixSocket socket, MessageFlags flags, IncomingExtras extras)
    {
        if (socket.TakeError() is var error and not Errno.None) return error;    // even if there are messages
        bool peeks = (flags & MessageFlags.Peek) != 0;
        if (socket.Received.First?.Value is not { } message)
        {
            bool mayWait = (flags & MessageFlags.DontWait) == 0 && !socket.IsNonBlocking;
            if (socket.IsReadShut && mayWait) return 0;    // Linux: __unix_dgram_recvmsg
            return SocketWait.For(ref transfer, socket, socket.Options.ReceiveTimeout, !mayWait);
        }

        int length = message.Rest.Length, count = (int)Math.Min(length, transfer.Parts.ByteLength);    // the rest of it is lost (recv(2))
        if (count < length) extras.Flags |= MessageFlags.Truncated;    // recvmsg(2): MSG_TRUNC
        extras.From = message.Owner.Address;
        bool isCopied = transfer.Parts.TryCopyTo(0, message.Rest[..count]);
        if (!isCopied && transfer.Parts.User.NeedsPage) return CallResult.Waits;    // before it is dropped
        if (peeks)
        {
            if (isCopied) extras.Files = message.CopyFiles();
        }
        else
        {
            if (isCopied) extras.Files = message.TakeFiles();
            socket.Drop(message);
        }

        if (!isCopied) return Errno.EFAULT;
        return (flags & MessageFlags.Truncated) != 0 ? length : count;    // MSG_TRUNC asks for the real length (recv(2))
    }
}
