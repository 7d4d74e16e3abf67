using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Sockets;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>The sockets of a checkpoint: their state, and then their peers and queues.</summary>
internal sealed class SavedSockets(GuestClock clock, Happenings happenings, FileTree tree, SocketNames names, QueuedBytes queued)
{
    public void Save(RecordWriter writer, UnixSocket socket)
    {
        writer.Write((uint)socket.Type);
        writer.Write(socket.Inode);
        socket.Options.Save(writer);
        writer.Write((uint)socket.State);
        Save(writer, socket.PeerIdentity);
        writer.Write(socket.Backlog);
        writer.Write(socket.IsReadShut);
        writer.Write(socket.IsWriteShut);
        writer.Write((uint)socket.Error);
        writer.WriteBytes(socket.Address is { } address ? address.Bytes : []);
        writer.Write(names.IsFound(socket));
        writer.Write(PathOf(socket));
        writer.Write((uint)socket.InodeMode);
        writer.Write(socket.InodeOwner.User);
        writer.Write(socket.InodeOwner.Group);
    }

    public UnixSocket Load(RecordReader reader, FileFlags flags)
    {
        SocketType type = (SocketType)reader.ReadWord();
        if (type is not (SocketType.Stream or SocketType.Datagram or SocketType.SequencedPacket))
            throw RecordReader.Damaged("a socket is none");
        UnixSocket socket = new(clock, happenings, names, queued, type, flags, reader.ReadWideWord());
        socket.Options.Load(reader);
        socket.State = (SocketState)reader.ReadIndex((int)SocketState.Connected + 1, "the state of a socket");
        socket.PeerIdentity = LoadIdentity(reader);
        socket.Backlog = reader.ReadIndex(SocketConnections.BacklogMax + 1, "the backlog of a socket");
        (socket.IsReadShut, socket.IsWriteShut) = (reader.ReadFlag(), reader.ReadFlag());
        socket.Error = (Errno)reader.ReadNumber();
        LoadName(reader, socket);
        socket.ChangeMode((FileModes)reader.ReadWord());
        socket.InodeOwner = (reader.ReadWord(), reader.ReadWord());
        return socket;
    }

    /// <summary>Saves its peer and queue, after all sockets have numbers.</summary>
    public static void SaveRelations(RecordWriter writer, UnixSocket socket, OpenFileNumbers files)
    {
        writer.Write(socket.Peer is { } peer ? files.NumberOf(peer) : -1);
        writer.Write(socket.Embryos.Count);
        foreach (UnixSocket embryo in socket.Embryos) writer.Write(files.NumberOf(embryo));
        writer.Write(socket.Received.Count);
        foreach (SocketMessage message in socket.Received)
        {
            writer.Write(files.NumberOf(message.Owner));
            writer.WriteBytes(message.Bytes);
            writer.Write(message.Taken);
            writer.Write(message.Files?.Count ?? 0);
            foreach (OpenDescription file in message.Files ?? []) writer.Write(files.NumberOf(file));
        }
    }

    /// <summary>Loads peer and queue, after all sockets.</summary>
    /// <exception cref="InvalidOperationException">There is too little memory for the messages.</exception>
    public void LoadRelations(RecordReader reader, UnixSocket socket, OpenFileNumbers files)
    {
        int peer = reader.ReadNumber();
        if (peer < -1 || peer >= files.Count) throw RecordReader.Damaged("a socket has no such peer");
        if (peer >= 0) socket.Peer = Socket(files.All[peer], socket);
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            UnixSocket embryo = Socket(files.Read(reader), socket);
            embryo.Hold();
            socket.Embryos.AddLast(embryo);
        }

        count = reader.ReadCount();
        for (int i = 0; i < count; i++) LoadMessage(reader, socket, files);
    }

    private void LoadMessage(RecordReader reader, UnixSocket socket, OpenFileNumbers files)
    {
        UnixSocket owner = Socket(files.Read(reader), socket);
        byte[] bytes = reader.ReadBytes().ToArray();
        int taken = reader.ReadIndex(bytes.Length + 1, "what was read of a message");
        List<OpenDescription> sent = [];
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            sent.Add(files.Read(reader));
            sent[^1].Hold();
        }

        SocketMessage message = new(owner, bytes, count > 0 ? sent : null) { Taken = taken };
        queued.ChargeSaved(bytes.Length);
        owner.SentCharge += message.Charge;
        socket.Received.AddLast(message);
    }

    private static UnixSocket Socket(OpenDescription file, UnixSocket like) =>
        file is UnixSocket socket && socket.Type == like.Type ? socket : throw RecordReader.Damaged("a socket is of another kind");

    private string PathOf(UnixSocket socket) =>
        socket.TreeKey is { } key && names.IsFound(socket) && NamedFiles.TryStatus(tree, socket.TreePath, out FileStatus status)
            && (status.Device, status.Inode) == key ? socket.TreePath : "";

    private void LoadName(RecordReader reader, UnixSocket socket)
    {
        ReadOnlySpan<byte> bytes = reader.ReadBytes();
        SocketAddress? address = bytes.Length == 0 ? null
            : SocketAddress.Of(bytes) ?? throw RecordReader.Damaged("a socket's name is none");
        bool isFound = reader.ReadFlag();
        string path = reader.ReadText();
        if (address is null) return;
        (ulong, ulong)? key = null;
        if (path.Length > 0)
        {
            if (!NamedFiles.TryStatus(tree, path, out FileStatus status) || (status.Mode & FileModes.TypeMask) != FileModes.Socket)
                throw new FileNotFoundException($"The checkpoint needs the socket {ByteText.ToHost(path)}, which is not here.");
            (key, socket.TreePath) = ((status.Device, status.Inode), path);
        }

        if (!isFound) socket.Address = address;
        else if (!names.TryRestore(socket, address, key)) throw RecordReader.Damaged("two sockets have one name");
    }

    private static void Save(RecordWriter writer, SocketIdentity identity)
    {
        writer.Write(identity.ProcessId);
        writer.Write(identity.User);
        writer.Write(identity.Group);
    }

    private static SocketIdentity LoadIdentity(RecordReader reader) => new(reader.ReadNumber(), reader.ReadWord(), reader.ReadWord());
}
