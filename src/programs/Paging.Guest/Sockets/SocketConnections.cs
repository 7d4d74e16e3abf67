using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;

namespace Paging.Guest.Sockets;

/// <summary>
/// Connects sockets: listen, connect, accept. Linux: unix_listen, unix_stream_connect, unix_dgram_connect, unix_accept.
/// </summary>
internal sealed class SocketConnections(WakeUps wakeUps, SocketNames socketNames, SocketMaker socketMaker)
{
    /// <summary>net.core.somaxconn.</summary>
    public const int BacklogMax = 4096;    // net.core.somaxconn since 5.4

    /// <summary>listen(2). EOPNOTSUPP for datagrams; EINVAL if it has no name, or has a peer.</summary>
    public static Errno Listen(GuestTask task, UnixSocket socket, int backlog)
    {
        if (!socket.IsStream) return Errno.EOPNOTSUPP;    // before EINVAL, as in unix_listen
        if (socket.Address is null || socket.State == SocketState.Connected) return Errno.EINVAL;
        socket.Backlog = (int)Math.Min((uint)backlog, BacklogMax);    // unsigned: a negative one is the most (__sys_listen)
        socket.State = SocketState.Listening;
        socket.PeerIdentity = SocketIdentity.AsPeer(task.Process);    // clients see who listened, not who accepts
        socket.WokeForWriting();
        return Errno.None;
    }

    /// <summary>Makes two sockets each other's peers.</summary>
    public static void Pair(GuestTask task, UnixSocket first, UnixSocket second)
    {
        foreach ((UnixSocket one, UnixSocket other) in new[] { (first, second), (second, first) })
        {
            one.Peer = other;
            one.State = SocketState.Connected;
            one.PeerIdentity = SocketIdentity.AsPeer(task.Process);
        }
    }

    public CallResult Connect(GuestTask task, UnixSocket socket, SocketAddress address) =>
        socket.IsStream ? ConnectStream(task, socket, address) : ConnectDatagram(task, socket, address);

    /// <summary>Takes the next pending connection, or null.</summary>
    public UnixSocket? Accept(UnixSocket socket)
    {
        if (socket.Embryos.First is not { } first) return null;
        socket.Embryos.RemoveFirst();
        wakeUps.Add();
        return first.Value;
    }

    private CallResult ConnectStream(GuestTask task, UnixSocket socket, SocketAddress address)
    {
        Errno error = address.Normalize(out address);
        UnixSocket? other = null;
        if (error == Errno.None) error = socketNames.Find(task, address, socket.Type, out other);
        if (error != Errno.None) return error;
        if (other!.State != SocketState.Listening || other.IsReadShut) return Errno.ECONNREFUSED;
        // Before the caller's own state is checked (unix_stream_connect)
        if (other.IsQueueFull) return SocketWait.For(task, socket, socket.Options.SendTimeout, mayNotWait: false);
        if (socket.State != SocketState.Closed) return socket.State == SocketState.Connected ? Errno.EISCONN : Errno.EINVAL;

        UnixSocket embryo = socketMaker.Make(task.Credentials, socket.Type, 0);
        (embryo.Peer, embryo.State, embryo.Address) = (socket, SocketState.Connected, other.Address);
        embryo.PeerIdentity = SocketIdentity.AsPeer(task.Process);
        socket.Peer = embryo;
        socket.State = SocketState.Connected;
        socket.PeerIdentity = other.PeerIdentity;
        other.Embryos.AddLast(embryo);
        other.WokeForReading();
        return 0;
    }

    /// <summary>Sets or, with AF_UNSPEC, removes the peer. EPERM if the other socket has another peer.</summary>
    private Errno ConnectDatagram(GuestTask task, UnixSocket socket, SocketAddress address)
    {
        UnixSocket? other = null;
        if (address.Bytes.Length < SocketAddress.HeadByteLength) return Errno.EINVAL;    // no family
        if (address.Family != SocketWords.Unspecified)
        {
            Errno error = address.Normalize(out address);
            if (error == Errno.None) error = socketNames.Find(task, address, socket.Type, out other);
            if (error != Errno.None) return error;
            if (!socket.MaySendTo(other!)) return Errno.EPERM;
        }

        UnixSocket? old = socket.Peer;
        socket.Peer = other;
        socket.State = other is null ? SocketState.Closed : SocketState.Connected;
        if (old is not null && old != other) socket.LeavePeer(old);
        wakeUps.Add();
        return Errno.None;
    }
}
