using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Sockets;

//   socket() ──bind──▶ named ──listen──▶ Listening ──▶ Embryos ──accept──▶ Connected
//      │                                                  ▲
//      └──────────────────── connect ─────────────────────┴──────────────▶ Connected       socketpair(): both at once
/// <summary>
/// A socket of the family AF_UNIX: a queue of received messages, and a peer to send to. Linux: struct unix_sock, net/unix/af_unix.c.
/// </summary>
/// <remarks>
/// Connects processes of this guest only; nothing reaches the host. A message takes room in its sender's buffer until it is read, counted
/// as Linux does, so that a queue is full after the same bytes. Cycles of sockets sent through one another are not collected (unix_gc):
/// they are freed with the machine.
/// </remarks>
internal sealed class UnixSocket(
    GuestClock clock, WakeUps wakeUps, SocketNames names, QueuedBytes queued, SocketType type, FileFlags flags, ulong inode)
    : NamelessFile(clock, wakeUps, $"socket:[{inode}]", flags | FileFlags.ReadWrite, device: 8, inode,
        FileModes.Socket | FileModes.Everything)
{
    /// <summary>net.unix.max_dgram_qlen, which is also the backlog of one that never listened.</summary>
    public const int DefaultBacklog = 10;    // net.unix.max_dgram_qlen

    public override SavedFileKind? SavedKind => SavedFileKind.Socket;

    public override IEnumerable<OpenDescription> FilesReached
    {
        get
        {
            if (Peer is { } peer) yield return peer;
            foreach (UnixSocket embryo in Embryos) yield return embryo;
            foreach (SocketMessage message in Received)
            {
                yield return message.Owner;
                foreach (OpenDescription sent in message.Files ?? []) yield return sent;
            }
        }
    }

    public override void Save(RecordWriter writer, ISavedReferences references)
    {
        base.Save(writer, references);
        writer.Write((uint)Type);
        writer.Write(Inode);
        Options.Save(writer);
        writer.Write((uint)State);
        PeerIdentity.Save(writer);
        writer.Write(Backlog);
        writer.Write(IsReadShut);
        writer.Write(IsWriteShut);
        writer.Write((uint)Error);
        writer.WriteBytes(Address is { } address ? address.Bytes : []);
        bool isFound = names.IsFound(this);
        writer.Write(isFound);
        writer.Write(isFound && TreeKey is { } key && references.Leads(TreePath, key) ? TreePath : "");
        writer.Write((uint)InodeMode);
        writer.Write(InodeOwner.User);
        writer.Write(InodeOwner.Group);
    }

    /// <summary>Saves its peer and queue.</summary>
    public override void SaveRelations(RecordWriter writer, OpenFileNumbers files)
    {
        writer.Write(Peer is { } peer ? files.NumberOf(peer) : -1);
        writer.Write(Embryos.Count);
        foreach (UnixSocket embryo in Embryos) writer.Write(files.NumberOf(embryo));
        writer.Write(Received.Count);
        foreach (SocketMessage message in Received) message.Save(writer, files);
    }

    /// <exception cref="InvalidOperationException">There is too little memory for the messages.</exception>
    public override void LoadRelations(RecordReader reader, OpenFileNumbers files)
    {
        int number = reader.ReadNumber();
        if (number < -1 || number >= files.Count) throw RecordReader.Damaged("a socket has no such peer");
        if (number >= 0) Peer = OfSameType(files.All[number]);
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            UnixSocket embryo = OfSameType(files.Read(reader));
            embryo.Hold();
            Embryos.AddLast(embryo);
        }

        count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            SocketMessage message = SocketMessage.Load(reader, this, files);
            queued.ChargeSaved(message.Bytes.Length);
            message.Owner.SentCharge += message.Charge;    // the sender's room until it is read (sock_wmalloc)
            Received.AddLast(message);
        }
    }

    /// <summary>Returns a loaded file that must be a socket like this one.</summary>
    public UnixSocket OfSameType(OpenDescription file) =>
        file is UnixSocket socket && socket.Type == Type ? socket : throw RecordReader.Damaged("a socket is of another kind");

    public SocketType Type => type;

    public SocketOptions Options { get; } = new();

    // Its state. Written by this class and SocketConnections.

    public SocketState State { get; set; }

    /// <summary>The socket it sends to; a datagram socket's peer need not send back.</summary>
    public UnixSocket? Peer { get; set; }

    public SocketAddress? Address { get; set; }

    /// <summary>The inode that its path had when it was bound.</summary>
    public (ulong Device, ulong Inode)? TreeKey { get; set; }

    /// <summary>The path of that inode then.</summary>
    public string TreePath { get; set; } = "";

    /// <summary>The process at the other end at the time of the connection.</summary>
    public SocketIdentity PeerIdentity { get; set; } = SocketIdentity.None;

    public int Backlog { get; set; } = DefaultBacklog;

    /// <summary>Connections that have not been accepted yet.</summary>
    public LinkedList<UnixSocket> Embryos { get; } = new();

    public bool IsReadShut { get; set; }

    public bool IsWriteShut { get; set; }

    public bool IsDead { get; private set; }

    /// <summary>The error that the next call returns, once.</summary>
    public Errno Error { get; set; }

    // Its queue.

    public LinkedList<SocketMessage> Received { get; } = new();

    /// <summary>The charge of the messages that this socket has sent and no receiver has taken yet.</summary>
    public int SentCharge { get; set; }

    public bool IsStream => Type == SocketType.Stream;

    public override bool CanRefuseToWait => true;

    public override bool SignalsBrokenPipe => IsStream;

    /// <summary>True if the queue has more than its backlog. Linux: unix_recvq_full.</summary>
    // "More than": a backlog of 0 still admits one (listen(2) of Linux)
    public bool IsQueueFull => (State == SocketState.Listening ? Embryos.Count : Received.Count) > Backlog;

    /// <summary>Linux: unix_writable.</summary>
    // A quarter is used at most, so that a writer is not woken for each message
    public bool IsWritable => State != SocketState.Listening && (long)SentCharge << 2 <= Options.SendBuffer;

    /// <summary>True if the other socket has no peer, or this one. Linux: unix_may_send.</summary>
    public bool MaySendTo(UnixSocket other) => other.Peer is null || other.Peer == this;

    /// <summary>Linux: unix_poll, unix_dgram_poll.</summary>
    public override int Readiness
    {
        get
        {
            int events = 0;
            if (Error != Errno.None) events |= PollEvents.Error;
            if (IsReadShut && IsWriteShut) events |= PollEvents.HangUp;
            if (IsReadShut) events |= PollEvents.Readable | PollEvents.ReadHangUp;
            if (Received.Count > 0 || Embryos.Count > 0) events |= PollEvents.Readable;
            if (IsStream && State == SocketState.Closed) events |= PollEvents.HangUp;    // one that never connected, too
            bool isPeerFull = Type == SocketType.Datagram && Peer is { } peer && peer.Peer != this && peer.IsQueueFull;
            if (IsWritable && !isPeerFull) events |= PollEvents.Writable | PollEvents.WriteBand;
            return events;
        }
    }

    public override Errno ChangeMode(FileModes mode)
    {
        InodeMode = FileModes.Socket | (mode & FileModes.Changeable);
        return Errno.None;
    }

    public override Errno ChangeOwner(uint user, uint group)
    {
        InodeOwner = FileStatus.OwnerAfterChown(InodeOwner, user, group);
        InodeMode = FileStatus.ModeAfterChown(InodeMode);
        return Errno.None;
    }

    public Errno TakeError()
    {
        Errno error = Error;
        Error = Errno.None;
        return error;
    }

    /// <summary>Adds a message to another socket's queue. ENOBUFS if there is no memory. Linux: sock_alloc_send_pskb.</summary>
    public Errno Deliver(UnixSocket to, SocketMessage message)
    {
        if (queued.Charge(message.Bytes.Length) != Errno.None)
        {
            message.ReleaseFiles();
            return Errno.ENOBUFS;
        }

        SentCharge += message.Charge;
        to.Received.AddLast(message);
        to.WokeForReading();
        return Errno.None;
    }

    /// <summary>Returns the room of one of its messages that has left the other's queue.</summary>
    public void Forget(SocketMessage message)
    {
        SentCharge -= message.Charge;
        queued.Uncharge(message.Bytes.Length);
        HasRoomAgain();
    }

    /// <summary>Removes a read message from the queue.</summary>
    public void Drop(SocketMessage message)
    {
        Received.Remove(message);
        message.Discard();
        WakeUps.Add();    // datagram senders wait for this queue, not for their own buffer
    }

    /// <summary>Notes that one of its messages has been read. Linux: unix_write_space.</summary>
    public void HasRoomAgain()
    {
        if (IsWritable) WokeForWriting();
        else WakeUps.Add();
    }

    /// <summary>
    /// shutdown(2): 0 no more reading, 1 no more writing, 2 both. The other end of a connection is notified. Linux: unix_shutdown.
    /// </summary>
    public void Shut(int how)
    {
        bool reads = how != 1, writes = how != 0;
        ShutSides(reads, writes);
        if (IsStream) Peer?.ShutSides(reads: writes, writes: reads);
    }

    /// <summary>
    /// Drops the messages from a peer that a datagram socket leaves, and notifies a peer that sends here. Linux: unix_dgram_disconnected.
    /// </summary>
    public void LeavePeer(UnixSocket peer)
    {
        if (Received.Count == 0) return;
        Purge();
        if (peer.IsDead || peer.Peer != this) return;
        peer.Error = Errno.ECONNRESET;
        peer.WokeForReading();
    }

    /// <summary>Linux: sock_read_iter.</summary>
    public override CallResult ReadTo(ref UserTransfer transfer)
    {
        if (transfer.Parts.ByteLength == 0) return 0;
        IncomingExtras extras = new();
        CallResult result = SocketReceiver.Receive(ref transfer, this, MessageFlags.None, extras);
        extras.Forget();
        return result;
    }

    /// <summary>Linux: sock_write_iter.</summary>
    public override CallResult WriteFrom(ref UserTransfer transfer) =>
        SocketSender.Send(ref transfer, this, MessageFlags.None, OutgoingExtras.None);

    /// <summary>Sends the kernel's bytes as one message. The caller reports a broken pipe. Linux: splice_to_socket.</summary>
    public override CallResult SpliceFrom(ref UserTransfer transfer)
    {
        if (Type != SocketType.Stream) return SocketSender.Send(ref transfer, this, MessageFlags.NoSignal, OutgoingExtras.None);
        if (Peer is not { } peer) return Errno.ENOTCONN;
        if (IsWriteShut || peer.IsDead || peer.IsReadShut) return Errno.EPIPE;
        if (SentCharge >= Options.SendBuffer) return SocketWait.For(ref transfer, this, Options.SendTimeout, mayNotWait: false);
        Span<byte> bytes = transfer.Parts.OfKernel;
        Errno error = Deliver(peer, new SocketMessage(this, bytes.ToArray(), null));
        return error == Errno.None ? bytes.Length : error;
    }

    /// <summary>Finds the socket of an address, with the rights of a task.</summary>
    public Errno FindByName(GuestTask task, SocketAddress address, out UnixSocket? found) => names.Find(task, address, Type, out found);

    public override bool CanSpliceFrom => true;

    public override long PseudoFileSystem => 0x534F_434B;    // SOCKFS_MAGIC

    public override CallResult Ioctl(in IoctlCall call)
    {
        const uint bytesSent = 0x5411;    // SIOCOUTQ
        int result;
        switch (call.Request)
        {
            case bytesSent:
                result = SentCharge;
                break;
            case IoctlCall.BytesToRead when State == SocketState.Listening:
                return Errno.EINVAL;
            case IoctlCall.BytesToRead:
                result = IsStream ? Received.Sum(static message => message.Rest.Length) : Received.First?.Value.Rest.Length ?? 0;
                break;
            default:
                return Errno.ENOTTY;
        }

        return call.User.TryWrite(call.Argument.Address, result) ? 0 : Errno.EFAULT;
    }

    /// <summary>Notifies the other end of a connection, with an error if messages were left unread. Linux: unix_release_sock.</summary>
    protected override void Close()
    {
        bool leavesSomething = Received.Count > (Received.First?.Value.Rest.IsEmpty == true ? 1 : 0);    // the first may be empty
        IsDead = true;
        names.Forget(this);
        foreach (UnixSocket embryo in Embryos.ToArray())
        {
            if (embryo.Peer is { } waiting) waiting.Error = Errno.ECONNRESET;
            embryo.Release();
        }

        Embryos.Clear();
        if (IsStream && Peer is { } peer)
        {
            if (leavesSomething) peer.Error = Errno.ECONNRESET;    // its last bytes were never read
            peer.ShutSides(reads: true, writes: true);
        }

        Peer = null;
        Purge();
        State = SocketState.Closed;
        WakeUps.Add();
    }

    private void ShutSides(bool reads, bool writes)
    {
        IsReadShut |= reads;
        IsWriteShut |= writes;
        WokeForReading();
        WokeForWriting();
    }

    private void Purge()
    {
        foreach (SocketMessage message in Received) message.Discard();
        Received.Clear();
    }
}
