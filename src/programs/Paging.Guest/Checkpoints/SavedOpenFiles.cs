using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Records;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>Saves open files, which refer to the other records of a checkpoint, and opens them again.</summary>
internal sealed class SavedOpenFiles(GuestClock clock, WakeUps wakeUps, CurrentTask current, TaskTable tasks, Timers timers,
    PendingSignals pending, FileTree tree, PipePages pages, StandardFiles streams, SavedTrees trees, SavedContents contents,
    SavedMemories memories, SocketNames names, QueuedBytes queued) : ISavedReferences
{
    private static readonly int KindCount = Enum.GetValues<SavedFileKind>().Length;

    /// <summary>The pipes that the open files lead to, each once.</summary>
    public List<Pipe> Pipes { get; } = [];

    /// <summary>Collects pipes, and files without a path.</summary>
    public void Collect(OpenDescription file)
    {
        if (file.Pipe is { } pipe && !Pipes.Contains(pipe)) Pipes.Add(pipe);
        trees.Add(file.RegularInode, file.Node);
        if (file.RegularInode is { SavedKind: SavedFileKind.Lost } lost) contents.AddUnlinked(lost, file.Path);
    }

    public int NumberOf(Pipe pipe) => Pipes.IndexOf(pipe);

    public int NumberOf(RegularInode inode) =>
        inode.SavedKind == SavedFileKind.Lost ? contents.NumberOf(inode.File) : trees.NumberOf(inode);

    public int NumberOfStream(int hostDescriptor) => streams.NumberOf(hostDescriptor);

    public bool Leads(string path, (ulong Device, ulong Inode) key) =>
        NamedFiles.TryStatus(tree, path, out FileStatus status) && (status.Device, status.Inode) == key;

    public void Save(RecordWriter writer, OpenDescription file)
    {
        SavedFileKind kind = file.SavedKind ?? throw new InvalidOperationException($"{file.Path} cannot be saved.");
        writer.Write((uint)kind);
        writer.Write((uint)file.Flags);
        writer.Write(file.HasMadeFile);
        file.Save(writer, this);
    }

    public OpenDescription Load(RecordReader reader)
    {
        SavedFileKind kind = (SavedFileKind)reader.ReadIndex(KindCount, "the kind of an open file");
        FileFlags flags = (FileFlags)reader.ReadWord();
        bool hasMadeFile = reader.ReadFlag();
        if ((kind == SavedFileKind.Place) != ((flags & FileFlags.PathOnly) != 0)) throw RecordReader.Damaged("an open file is none");
        OpenDescription file = kind switch
        {
            SavedFileKind.Stream => streams.Load(reader, flags),
            SavedFileKind.Pipe => LoadPipe(reader, flags),
            SavedFileKind.NamedPipe => LoadNamedPipe(reader, flags),
            SavedFileKind.Named or SavedFileKind.Place or SavedFileKind.InMemory or SavedFileKind.Lost => LoadAtPath(reader, kind, flags),
            _ => LoadNameless(reader, kind, flags),
        };
        file.Flags = flags;
        file.HasMadeFile = hasMadeFile;
        return file;
    }

    private OpenDescription LoadAtPath(RecordReader reader, SavedFileKind kind, FileFlags flags)
    {
        (string path, long position) = (reader.ReadText(), reader.ReadWideNumber());
        if (position < 0) throw RecordReader.Damaged("an open file is before its beginning");
        OpenDescription file = kind switch
        {
            SavedFileKind.InMemory => trees.Open(reader, path, flags & ~NamedFiles.OfOpening),
            SavedFileKind.Lost => contents.OpenLost(reader, flags & ~NamedFiles.OfOpening),
            _ => LoadNamed(reader, path, flags),
        };
        file.Position = position;
        return file;
    }

    private NamelessFile LoadNameless(RecordReader reader, SavedFileKind kind, FileFlags flags)
    {
        (long toRead, long toWrite) = (reader.ReadWideNumber(), reader.ReadWideNumber());
        NamelessFile file = kind switch
        {
            SavedFileKind.Event => EventFile.Load(reader, clock, wakeUps),
            SavedFileKind.Process => LoadProcess(reader, flags),
            SavedFileKind.Timer => TimerFile.Load(reader, clock, wakeUps, timers),
            SavedFileKind.Signal => new SignalFile(clock, wakeUps, current, pending, new SignalSet(reader.ReadWideWord()).Blockable, flags),
            SavedFileKind.Epoll => new EpollFile(clock, wakeUps, flags),
            SavedFileKind.Socket => LoadSocket(reader, flags),
            _ => throw new InvalidOperationException($"There is no form of {kind}."),
        };
        file.RestoreWakes(toRead, toWrite);
        return file;
    }

    private OpenDescription LoadNamed(RecordReader reader, string path, FileFlags flags)
    {
        long byteLength = reader.ReadWideNumber();
        OpenDescription file = (flags & FileFlags.PathOnly) != 0 ? OpenPlace(path, flags) : NamedFiles.Open(tree, path, flags);
        if (file.SavedByteLength == byteLength) return file;
        file.Release();
        throw new InvalidDataException($"{ByteText.ToHost(path)} has another length than when the checkpoint was written.");
    }

    private DirectoryFile OpenPlace(string path, FileFlags flags)
    {
        using TreeNode node = NamedFiles.Find(tree, path);
        return new(tree, node, flags);
    }

    private PipeEnd LoadPipe(RecordReader reader, FileFlags flags)
    {
        ulong inode = reader.ReadWideWord();
        int number = reader.ReadIndex(Pipes.Count + 1, "the number of a pipe");
        if (reader.ReadText().Length != 0) throw RecordReader.Damaged("a pipe without a name has one");
        if (number == Pipes.Count) Pipes.Add(new Pipe(pages));
        return new(clock, wakeUps, Pipes[number], inode, flags) { OpensBefore = (reader.ReadNumber(), reader.ReadNumber()) };
    }

    private PipeEnd LoadNamedPipe(RecordReader reader, FileFlags flags)
    {
        _ = reader.ReadWideWord();
        int number = reader.ReadIndex(Pipes.Count + 1, "the number of a pipe");
        string path = reader.ReadText();
        OpenDescription open = NamedFiles.Open(tree, path, flags & ~FileFlags.NonBlocking);
        if (open is not PipeEnd end || (number < Pipes.Count && Pipes[number] != end.Pipe))
        {
            open.Release();
            throw new InvalidDataException($"{ByteText.ToHost(path)} is another file than when the checkpoint was written.");
        }

        if (number == Pipes.Count) Pipes.Add(end.Pipe);
        end.OpensBefore = (reader.ReadNumber(), reader.ReadNumber());
        return end;
    }

    private PidFile LoadProcess(RecordReader reader, FileFlags flags)
    {
        int id = reader.ReadNumber();
        GuestProcess process = id == 0 ? new(0, null, memories.MakeGone()) { IsZombie = true }
            : tasks.Find(id) ?? throw RecordReader.Damaged("a descriptor stands for no process");
        return new(clock, wakeUps, tasks, process, flags);
    }

    private UnixSocket LoadSocket(RecordReader reader, FileFlags flags)
    {
        SocketType type = (SocketType)reader.ReadWord();
        if (type is not (SocketType.Stream or SocketType.Datagram))
            throw RecordReader.Damaged("a socket is none");
        UnixSocket socket = new(clock, wakeUps, names, queued, type, flags, reader.ReadWideWord());
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
            if (!NamedFiles.TryStatus(tree, path, out FileStatus status) || !status.IsSocket)
                throw new FileNotFoundException($"The checkpoint needs the socket {ByteText.ToHost(path)}, which is not here.");
            (key, socket.TreePath) = ((status.Device, status.Inode), path);
        }

        if (!isFound) socket.Address = address;
        else if (!names.TryRestore(socket, address, key)) throw RecordReader.Damaged("two sockets have one name");
    }
}
