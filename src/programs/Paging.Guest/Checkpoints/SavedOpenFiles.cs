using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Records;
using Paging.Guest.Signals;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Host;
using Paging.Guest.Vfs.Memory;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>The form in which one open file is saved, for each kind.</summary>
internal sealed class SavedOpenFiles(GuestClock clock, Happenings happenings, TaskTable tasks, FileTree tree, PipePages pages,
    StandardFiles streams, SavedTrees trees, SavedContents contents,
    SavedMemories memories, SavedSockets sockets)
{
    private static readonly int KindCount = Enum.GetValues<SavedFileKind>().Length;

    /// <summary>The pipes that the open files lead to, each once.</summary>
    public List<Pipe> Pipes { get; } = [];

    /// <summary>Collects pipes, and files without a path.</summary>
    public void Collect(OpenDescription file)
    {
        if (file is PipeEnd end && !Pipes.Contains(end.Pipe)) Pipes.Add(end.Pipe);
        if (file is not RegularFile regular) return;
        trees.Add(regular.Inode, regular.Node);
        if (regular.Inode is HostInode inode) contents.AddUnlinked(inode, regular.Path);
    }

    public void Save(RecordWriter writer, OpenDescription file)
    {
        SavedFileKind kind = file.SavedKind ?? throw new InvalidOperationException($"{file.Path} cannot be saved.");
        writer.Write((uint)kind);
        writer.Write((uint)file.Flags);
        writer.Write(file.HasMadeFile);
        FormOf(kind).Save(writer, file);
    }

    public OpenDescription Load(RecordReader reader)
    {
        SavedFileKind kind = (SavedFileKind)reader.ReadIndex(KindCount, "the kind of an open file");
        FileFlags flags = (FileFlags)reader.ReadWord();
        bool hasMadeFile = reader.ReadFlag();
        if ((kind == SavedFileKind.Place) != ((flags & FileFlags.PathOnly) != 0)) throw RecordReader.Damaged("an open file is none");
        OpenDescription file = FormOf(kind).Load(reader, flags);
        file.Flags = flags;
        file.HasMadeFile = hasMadeFile;
        return file;
    }

    private Form FormOf(SavedFileKind kind) => kind switch
    {
        SavedFileKind.Stream => Form.Of<HostStream>(streams.Save, streams.Load),
        SavedFileKind.Named or SavedFileKind.Place => Form.WithPlace<OpenDescription>(
            static (writer, file) => writer.Write(LengthOf(file)), LoadNamed),
        SavedFileKind.Pipe => Form.Of<PipeEnd>(SavePipe, LoadPipe),
        SavedFileKind.NamedPipe => Form.Of<PipeEnd>(SavePipe, LoadNamedPipe),
        SavedFileKind.InMemory => Form.WithPlace<RegularFile>(
            (writer, file) => writer.Write(trees.NumberOf(file.Inode)),
            (reader, path, flags) => trees.Open(reader, path, flags & ~NamedFiles.OfOpening)),
        SavedFileKind.Lost => Form.WithPlace<RegularFile>(
            (writer, file) => writer.Write(contents.NumberOf(file.File)),
            (reader, _, flags) => contents.OpenLost(reader, flags & ~NamedFiles.OfOpening)),
        SavedFileKind.Event => Form.WithWakes<EventFile>(static (writer, file) => file.Save(writer),
            (reader, _) => EventFile.Load(reader, clock, happenings)),
        SavedFileKind.Process => Form.WithWakes<PidFile>(SaveProcess, LoadProcess),
        SavedFileKind.Epoll => Form.WithWakes<EpollFile>(static (_, _) => { },
            (_, flags) => new(clock, happenings, flags)),
        SavedFileKind.Socket => Form.WithWakes<UnixSocket>(sockets.Save, sockets.Load),
        _ => throw new InvalidOperationException($"There is no form of {kind}."),
    };

    private OpenDescription LoadNamed(RecordReader reader, string path, FileFlags flags)
    {
        long byteLength = reader.ReadWideNumber();
        OpenDescription file = (flags & FileFlags.PathOnly) != 0 ? OpenPlace(path, flags) : NamedFiles.Open(tree, path, flags);
        if (LengthOf(file) == byteLength) return file;
        file.Release();
        throw new InvalidDataException($"{ByteText.ToHost(path)} has another length than when the checkpoint was written.");
    }

    private DirectoryFile OpenPlace(string path, FileFlags flags)
    {
        using TreeNode node = NamedFiles.Find(tree, path);
        return new(tree, node, flags);
    }

    private static long LengthOf(OpenDescription file) => (file as RegularFile)?.File.ByteLength ?? -1;

    private void SavePipe(RecordWriter writer, PipeEnd end)
    {
        writer.Write(end.Inode);
        writer.Write(Pipes.IndexOf(end.Pipe));
        writer.Write(end.Node?.Path ?? "");
        writer.Write(end.OpensBefore.Read);
        writer.Write(end.OpensBefore.Write);
    }

    private PipeEnd LoadPipe(RecordReader reader, FileFlags flags)
    {
        ulong inode = reader.ReadWideWord();
        int number = reader.ReadIndex(Pipes.Count + 1, "the number of a pipe");
        if (reader.ReadText().Length != 0) throw RecordReader.Damaged("a pipe without a name has one");
        if (number == Pipes.Count) Pipes.Add(new Pipe(pages, user: 0, pagesMax: 0));
        return new(clock, happenings, Pipes[number], inode, flags) { OpensBefore = (reader.ReadNumber(), reader.ReadNumber()) };
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

    private static void SaveProcess(RecordWriter writer, PidFile file) => writer.Write(file.IsGone ? 0 : file.Process.Id);

    private PidFile LoadProcess(RecordReader reader, FileFlags flags)
    {
        int id = reader.ReadNumber();
        GuestProcess process = id == 0 ? new(0, null, memories.MakeGone()) { IsZombie = true }
            : tasks.Find(id) ?? throw RecordReader.Damaged("a descriptor stands for no process");
        return new(clock, happenings, tasks, process, flags);
    }

    /// <summary>Writes and reads the files of one kind.</summary>
    private sealed record Form(Action<RecordWriter, OpenDescription> Save, Func<RecordReader, FileFlags, OpenDescription> Load)
    {
        public static Form Of<T>(Action<RecordWriter, T> save, Func<RecordReader, FileFlags, OpenDescription> load)
            where T : OpenDescription => new((writer, file) => save(writer, (T)file), load);

        /// <summary>The form of a file with a path and a position.</summary>
        public static Form WithPlace<T>(Action<RecordWriter, T> save, Func<RecordReader, string, FileFlags, OpenDescription> load)
            where T : OpenDescription => new(
                (writer, file) =>
                {
                    writer.Write(file.Path);
                    writer.Write(file.Position);
                    save(writer, (T)file);
                },
                (reader, flags) =>
                {
                    (string path, long position) = (reader.ReadText(), reader.ReadWideNumber());
                    if (position < 0) throw RecordReader.Damaged("an open file is before its beginning");
                    OpenDescription file = load(reader, path, flags);
                    file.Position = position;
                    return file;
                });

        /// <summary>The form of a file that counts its own wakes.</summary>
        public static Form WithWakes<T>(Action<RecordWriter, T> save, Func<RecordReader, FileFlags, T> load)
            where T : NamelessFile => new(
                (writer, file) =>
                {
                    writer.Write(file.Wakes.ToRead);
                    writer.Write(file.Wakes.ToWrite);
                    save(writer, (T)file);
                },
                (reader, flags) =>
                {
                    (long toRead, long toWrite) = (reader.ReadWideNumber(), reader.ReadWideNumber());
                    T file = load(reader, flags);
                    file.RestoreWakes(toRead, toWrite);
                    return file;
                });
    }
}
