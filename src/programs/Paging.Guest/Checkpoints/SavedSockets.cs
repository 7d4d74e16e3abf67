using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Sockets;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>Creates the sockets of a checkpoint again, with their names.</summary>
internal sealed class SavedSockets(GuestClock clock, Happenings happenings, FileTree tree, SocketNames names, QueuedBytes queued)
{
    public UnixSocket Load(RecordReader reader, FileFlags flags)
    {
        SocketType type = (SocketType)reader.ReadWord();
        if (type is not (SocketType.Stream or SocketType.Datagram))
            throw RecordReader.Damaged("a socket is none");
        UnixSocket socket = new(clock, happenings, names, queued, type, flags, reader.ReadWideWord());
        socket.Options.Load(reader);
        socket.State = (SocketState)reader.ReadIndex((int)SocketState.Connected + 1, "the state of a socket");
        socket.PeerIdentity = SocketIdentity.Load(reader);
        socket.Backlog = reader.ReadIndex(SocketConnections.BacklogMax + 1, "the backlog of a socket");
        (socket.IsReadShut, socket.IsWriteShut) = (reader.ReadFlag(), reader.ReadFlag());
        socket.Error = (Errno)reader.ReadNumber();
        LoadName(reader, socket);
        socket.ChangeMode((FileModes)reader.ReadWord());
        socket.InodeOwner = (reader.ReadWord(), reader.ReadWord());
        return socket;
    }

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
}
