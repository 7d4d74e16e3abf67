using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Host;
using Paging.Guest.Ipc;
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
    /// <summary>Collects files without a path.</summary>
    public void Collect(OpenDescription file)
    {
        if (file is not RegularFile regular) return;
        trees.Add(regular.Inode, regular.Node);
        if (SavedFileKinds.Of(file) == SavedFileKind.Lost) contents.AddUnlinked((HostInode)regular.Inode, regular.Path);
    }

    public void Save(RecordWriter writer, OpenDescription file, List<Pipe> pipes)
    {
        SavedFileKind kind = SavedFileKinds.Of(file) ?? throw new InvalidOperationException($"{file.Path} cannot be saved.");
        writer.Write((uint)kind);
        writer.Write((uint)file.Flags);
        writer.Write(file.HasMadeFile);
        if (file is NamelessFile)
        {
            writer.Write(file is PidFile ? 0 : file.Wakes.ToRead);
            writer.Write(file is PidFile ? 0 : file.Wakes.ToWrite);
        }

        switch (file)
        {
            case HostStream stream:
                streams.Save(writer, stream);
                break;
            case PipeEnd end:
                SavePipe(writer, end, pipes);
                break;
            case EventFile counter:
                counter.Save(writer);
                break;
            case PidFile process:
                writer.Write(process.IsGone ? 0 : process.Process.Id);
                break;
            case EpollFile:
                break;
            case UnixSocket socket:
                sockets.Save(writer, socket);
                break;
            default:
                SaveRegular(writer, file, kind);
                break;
        }
    }

    public OpenDescription Load(RecordReader reader, List<Pipe> pipes)
    {
        SavedFileKind kind = (SavedFileKind)reader.ReadIndex(SavedFileKinds.Count, "the kind of an open file");
        FileFlags flags = (FileFlags)reader.ReadWord();
        bool hasMadeFile = reader.ReadFlag();
        (long ToRead, long ToWrite) wakes = IsNameless(kind) ? (reader.ReadWideNumber(), reader.ReadWideNumber()) : (0, 0);
        OpenDescription file = kind switch
        {
            SavedFileKind.Stream => streams.Load(reader, flags),
            SavedFileKind.Pipe => LoadPipe(reader, flags, pipes),
            SavedFileKind.NamedPipe => LoadNamedPipe(reader, flags, pipes),
            SavedFileKind.Event => EventFile.Load(reader, clock, happenings),
            SavedFileKind.Process => LoadProcess(reader, flags),
            SavedFileKind.Epoll => new EpollFile(clock, happenings, flags),
            SavedFileKind.Socket => sockets.Load(reader, flags),
            _ => LoadRegular(reader, kind, flags),
        };
        if (file is NamelessFile nameless and not PidFile) nameless.RestoreWakes(wakes.ToRead, wakes.ToWrite);
        file.Flags = flags;
        file.HasMadeFile = hasMadeFile;
        return file;
    }

    private static bool IsNameless(SavedFileKind kind) => kind is >= SavedFileKind.Event and <= SavedFileKind.Socket;

    private void SaveRegular(RecordWriter writer, OpenDescription file, SavedFileKind kind)
    {
        writer.Write(file.Path);
        writer.Write(file.Position);
        RegularFile? regular = file as RegularFile;
        switch (kind)
        {
            case SavedFileKind.InMemory:
                writer.Write(trees.NumberOf(((MemoryContent)regular!.Inode).Inode));
                break;
            case SavedFileKind.Lost:
                writer.Write(contents.NumberOf(regular!.File));
                break;
            default:
                writer.Write(regular?.File.ByteLength ?? -1);
                break;
        }
    }

    private OpenDescription LoadRegular(RecordReader reader, SavedFileKind kind, FileFlags flags)
    {
        string path = reader.ReadText();
        long position = LoadPosition(reader);
        if ((kind == SavedFileKind.Place) != ((flags & FileFlags.PathOnly) != 0)) throw RecordReader.Damaged("an open file is none");
        OpenDescription file = kind switch
        {
            SavedFileKind.InMemory => trees.Open(reader, path, flags & ~NamedFiles.OfOpening),
            SavedFileKind.Lost => contents.OpenLost(reader, flags & ~NamedFiles.OfOpening),
            _ => LoadNamed(reader, kind, path, flags),
        };
        file.Position = position;
        return file;
    }

    private OpenDescription LoadNamed(RecordReader reader, SavedFileKind kind, string path, FileFlags flags)
    {
        long byteLength = reader.ReadWideNumber();
        OpenDescription file;
        if (kind == SavedFileKind.Place)
        {
            using TreeNode node = NamedFiles.Find(tree, path);
            file = new DirectoryFile(tree, node, flags);
        }
        else
        {
            file = NamedFiles.Open(tree, path, flags);
        }

        if (((file as RegularFile)?.File.ByteLength ?? -1) == byteLength) return file;
        file.Release();
        throw new InvalidDataException($"{ByteText.ToHost(path)} has another length than when the checkpoint was written.");
    }

    private static void SavePipe(RecordWriter writer, PipeEnd end, List<Pipe> pipes)
    {
        writer.Write(end.Inode);
        writer.Write(pipes.IndexOf(end.Pipe));
        writer.Write(end.Node?.Path ?? "");
        writer.Write(end.OpensBefore.Read);
        writer.Write(end.OpensBefore.Write);
    }

    private PipeEnd LoadPipe(RecordReader reader, FileFlags flags, List<Pipe> pipes)
    {
        ulong inode = reader.ReadWideWord();
        int number = reader.ReadIndex(pipes.Count + 1, "the number of a pipe");
        if (reader.ReadText().Length != 0) throw RecordReader.Damaged("a pipe without a name has one");
        if (number == pipes.Count) pipes.Add(new Pipe(pages, user: 0, pagesMax: 0));
        return new(clock, happenings, pipes[number], inode, flags) { OpensBefore = (reader.ReadNumber(), reader.ReadNumber()) };
    }

    private PipeEnd LoadNamedPipe(RecordReader reader, FileFlags flags, List<Pipe> pipes)
    {
        _ = reader.ReadWideWord();
        int number = reader.ReadIndex(pipes.Count + 1, "the number of a pipe");
        string path = reader.ReadText();
        OpenDescription open = NamedFiles.Open(tree, path, flags & ~FileFlags.NonBlocking);
        if (open is not PipeEnd end || (number < pipes.Count && pipes[number] != end.Pipe))
        {
            open.Release();
            throw new InvalidDataException($"{ByteText.ToHost(path)} is another file than when the checkpoint was written.");
        }

        if (number == pipes.Count) pipes.Add(end.Pipe);
        end.OpensBefore = (reader.ReadNumber(), reader.ReadNumber());
        return end;
    }

    private PidFile LoadProcess(RecordReader reader, FileFlags flags)
    {
        int id = reader.ReadNumber();
        GuestProcess process = id == 0 ? new(0, null, memories.MakeGone()) { IsZombie = true }
            : tasks.Find(id) ?? throw RecordReader.Damaged("a descriptor stands for no process");
        return new(clock, happenings, tasks, process, flags);
    }

    private static long LoadPosition(RecordReader reader) => reader.ReadWideNumber() is >= 0 and var position ? position
        : throw RecordReader.Damaged("an open file is before its beginning");
}
