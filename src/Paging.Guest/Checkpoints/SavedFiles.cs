using Paging.Core;
using Paging.Core.Files;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Host;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>What an open file of a checkpoint is.</summary>
internal enum SavedFileKind
{
    /// <summary>One of the standard streams: that of whoever resumes.</summary>
    Stream,

    /// <summary>A file, a directory or a device with a path.</summary>
    Named,

    /// <summary>A place that was only named (O_PATH).</summary>
    Place,

    /// <summary>An end of a pipe without a name.</summary>
    Pipe,

    /// <summary>An end of a FIFO.</summary>
    NamedPipe,
}

/// <summary>The open files of all processes in a checkpoint, the tables that have them, and what is in their pipes.</summary>
internal sealed class SavedFiles(GuestClock clock, Happenings happenings, FileTree tree, FileLocks locks, PipePages pages,
    StandardFiles streams)
{
    private readonly List<DescriptorSet> _tables = [];
    private readonly List<Pipe> _pipes = [];

    /// <summary>The open files.</summary>
    public OpenFileNumbers Files { get; } = new();

    public int NumberOf(DescriptorSet table) => _tables.IndexOf(table);

    /// <summary>The table with a number, to be held by each process that has it.</summary>
    public DescriptorSet ReadTable(RecordReader reader) => _tables[reader.ReadIndex(_tables.Count, "the number of a descriptor table")];

    /// <summary>Notes the tables of all processes, and what is open in them.</summary>
    public void Collect(TaskTable tasks)
    {
        foreach (GuestProcess process in tasks.All)
        {
            if (process.IsZombie || _tables.Contains(process.Descriptors)) continue;
            _tables.Add(process.Descriptors);
            foreach (Descriptor descriptor in process.Descriptors.Numbers) Files.Add(process.Descriptors.FindRaw(descriptor)!);
        }

        foreach (OpenDescription file in Files.All)
            if (file is PipeEnd end && !_pipes.Contains(end.Pipe)) _pipes.Add(end.Pipe);
    }

    /// <summary>What an open file is here; null: it cannot be saved.</summary>
    public static SavedFileKind? KindOf(OpenDescription file) => file switch
    {
        HostStream => SavedFileKind.Stream,
        PipeEnd { Node: null } => SavedFileKind.Pipe,
        PipeEnd => SavedFileKind.NamedPipe,
        { Node: null } => null,
        { IsPathOnly: true } => SavedFileKind.Place,
        _ => SavedFileKind.Named,
    };

    public void Save(RecordWriter writer)
    {
        writer.Write(Files.All.Length);
        foreach (OpenDescription file in Files.All)
        {
            writer.Begin(RecordKind.OpenFile, 1);
            Save(writer, file);
            writer.End();
        }

        writer.Write(_pipes.Count);
        foreach (Pipe pipe in _pipes) pipe.Save(writer);
        writer.Write(_tables.Count);
        foreach (DescriptorSet table in _tables)
        {
            writer.Begin(RecordKind.Descriptors, 1);
            Descriptor[] numbers = [.. table.Numbers];
            writer.Write(numbers.Length);
            foreach (Descriptor descriptor in numbers)
            {
                writer.Write(descriptor.Number);
                writer.Write(table.IsCloseOnExec(descriptor));
                writer.Write(Files.NumberOf(table.FindRaw(descriptor)!));
            }

            writer.End();
        }
    }

    /// <summary>Opens everything again. Whoever gives the tables to processes calls <see cref="Release"/> then.</summary>
    public void Load(RecordReader reader)
    {
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            reader.Open(RecordKind.OpenFile, 1);
            Files.Add(LoadFile(reader));
            reader.Close();
        }

        if (reader.ReadCount() != _pipes.Count) throw RecordReader.Damaged("its pipes are not those of its open files");
        foreach (Pipe pipe in _pipes) pipe.Load(reader);
        count = reader.ReadCount();
        for (int i = 0; i < count; i++) LoadTable(reader);
    }

    /// <summary>What was opened here is held by the tables alone from now on, and the tables by their processes.</summary>
    public void Release()
    {
        foreach (DescriptorSet table in _tables) table.Release();
        foreach (OpenDescription file in Files.All) file.Release();
    }

    private void Save(RecordWriter writer, OpenDescription file)
    {
        SavedFileKind kind = KindOf(file) ?? throw new InvalidOperationException($"{file.Path} cannot be saved.");
        writer.Write((uint)kind);
        writer.Write((uint)file.Flags);
        switch (kind)
        {
            case SavedFileKind.Stream:
                streams.Save(writer, (HostStream)file);
                break;
            case SavedFileKind.Pipe or SavedFileKind.NamedPipe:
                PipeEnd end = (PipeEnd)file;
                writer.Write(end.Inode);
                writer.Write(_pipes.IndexOf(end.Pipe));
                writer.Write(file.Node?.Path ?? "");
                break;
            default:
                writer.Write(file.Path);
                writer.Write(file.Position);
                writer.Write(file is RegularFile regular ? regular.File.ByteLength : -1);
                break;
        }
    }

    private OpenDescription LoadFile(RecordReader reader)
    {
        SavedFileKind kind = (SavedFileKind)reader.ReadIndex((int)SavedFileKind.NamedPipe + 1, "the kind of an open file");
        FileFlags flags = (FileFlags)reader.ReadWord();
        OpenDescription file = kind switch
        {
            SavedFileKind.Stream => streams.Load(reader, flags),
            SavedFileKind.Pipe => LoadPipe(reader, flags),
            SavedFileKind.NamedPipe => LoadNamedPipe(reader, flags),
            _ => LoadNamed(reader, kind, flags),
        };
        file.Flags = flags;
        return file;
    }

    private OpenDescription LoadNamed(RecordReader reader, SavedFileKind kind, FileFlags flags)
    {
        string path = reader.ReadText();
        long position = reader.ReadWideNumber(), byteLength = reader.ReadWideNumber();
        if (position < 0 || (kind == SavedFileKind.Place) != ((flags & FileFlags.PathOnly) != 0))
            throw RecordReader.Damaged("an open file is none");
        OpenDescription file;
        if (kind == SavedFileKind.Place)
        {
            using TreeNode node = NamedFiles.Find(tree, path);
            file = new DirectoryFile(tree, locks, node, flags);
        }
        else
        {
            file = NamedFiles.Open(tree, path, flags);
        }

        if (((file as RegularFile)?.File.ByteLength ?? -1) != byteLength)
        {
            file.Release();
            throw new InvalidDataException($"{ByteText.ToHost(path)} has another length than when the checkpoint was written.");
        }

        file.Position = position;
        return file;
    }

    private PipeEnd LoadPipe(RecordReader reader, FileFlags flags)
    {
        ulong inode = reader.ReadWideWord();
        int number = reader.ReadIndex(_pipes.Count + 1, "the number of a pipe");
        if (reader.ReadText().Length != 0) throw RecordReader.Damaged("a pipe without a name has one");
        if (number == _pipes.Count) _pipes.Add(new Pipe(pages));
        return new(clock, happenings, _pipes[number], inode, flags);
    }

    private PipeEnd LoadNamedPipe(RecordReader reader, FileFlags flags)
    {
        _ = reader.ReadWideWord();
        int number = reader.ReadIndex(_pipes.Count + 1, "the number of a pipe");
        string path = reader.ReadText();
        OpenDescription open = NamedFiles.Open(tree, path, flags & ~FileFlags.NonBlocking);
        if (open is not PipeEnd end || (number < _pipes.Count && _pipes[number] != end.Pipe))
        {
            open.Release();
            throw new InvalidDataException($"{ByteText.ToHost(path)} is another file than when the checkpoint was written.");
        }

        if (number == _pipes.Count) _pipes.Add(end.Pipe);
        return end;
    }

    private void LoadTable(RecordReader reader)
    {
        reader.Open(RecordKind.Descriptors, 1);
        DescriptorSet table = new();
        _tables.Add(table);
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            Descriptor descriptor = new(reader.ReadIndex(DescriptorSlots<OpenDescription>.CountMax, "a descriptor"));
            bool closeOnExec = reader.ReadFlag();
            OpenDescription file = Files.Read(reader);
            file.Hold();
            table.Replace(descriptor, file, closeOnExec);
        }

        reader.Close();
    }
}
