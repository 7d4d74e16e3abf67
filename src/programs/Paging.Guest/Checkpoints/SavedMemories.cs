using Paging.Core;
using Paging.Core.Swap;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Records;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using Paging.Native;
using Paging.Programs;

namespace Paging.Guest.Checkpoints;

/// <summary>The memory of all processes in a checkpoint: a record for each space, and its pages as the engine saves them.</summary>
internal sealed class SavedMemories(PagingEngine engine, FileTree tree, HostInodes inodes, SavedTrees trees, SavedContents contents)
{
    private readonly List<SharedMemory> _all = [];

    /// <summary>The memories in the order in which they are saved.</summary>
    public IReadOnlyList<SharedMemory> All => _all;

    public int NumberOf(SharedMemory memory) => _all.IndexOf(memory);

    /// <summary>Collects the memory of every process.</summary>
    public void Collect(TaskTable tasks)
    {
        foreach (GuestProcess process in tasks.All)
        {
            if (process.IsZombie || _all.Contains(process.Memory)) continue;    // a zombie has none; vfork and CLONE_VM share one
            _all.Add(process.Memory);
            trees.Add(process.Memory.Executable, process.Memory.ExecutableNode);
            if (process.Memory.Executable is HostInode program)
                contents.AddUnlinked(program, process.Memory.ExecutableNode?.Path ?? program.File.Name);
        }
    }

    /// <summary>Collects the mapped files without a path.</summary>
    public void CollectContents()
    {
        foreach (SharedMemory memory in _all)
            foreach (AreaSnapshot area in memory.Space.Areas.Snapshot())
                if (!IsNamed(area)) contents.Add(area);
    }

    public void Save(RecordWriter writer)
    {
        writer.Write(_all.Count);
        foreach (SharedMemory memory in _all)
        {
            writer.Begin(RecordKind.Memory, 4);
            SaveProgram(writer, memory.Program);
            writer.Write(memory.Barriers);
            writer.WriteBytes(memory.AuxiliaryVector);
            SaveExecutable(writer, memory);
            MappedFile[] files = [.. FilesOf(memory)];
            writer.Write(files.Length);
            foreach (MappedFile file in files) file.Save(writer);
            writer.End();
        }
    }

    /// <summary>Writes areas and pages of all spaces.</summary>
    public void SavePages(Stream stream, Action<ReadOnlySpan<byte>>? pages)
    {
        foreach (SharedMemory memory in _all)
        {
            using Snapshot snapshot = memory.Core.TakeSnapshot();
            snapshot.Save(stream, pages, contents.NameOf);
        }
    }

    /// <summary>Creates the spaces again.</summary>
    /// <param name="reader">The records of <see cref="Save"/>.</param>
    /// <param name="stream">The output of <see cref="SavePages"/>.</param>
    /// <param name="device">The device with the pages; null if they are in the stream.</param>
    /// <param name="slot">The slot of the first page on the device.</param>
    public void Load(RecordReader reader, Stream stream, SwapDevice? device, uint slot)
    {
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            reader.Open(RecordKind.Memory, 4);
            ExecutedProgram program = LoadProgram(reader);
            uint barriers = reader.ReadWord();
            byte[] auxiliary = reader.ReadBytes().ToArray();
            OpenDescription? executable = LoadExecutable(reader);
            MappedFile[] files = new MappedFile[reader.ReadCount()];
            for (int file = 0; file < files.Length; file++) files[file] = MappedFile.Load(reader);
            reader.Close();
            SharedMemory memory = new(LoadCore(stream, device, ref slot, files))
            {
                Program = program,
                Barriers = barriers,
                AuxiliaryVector = auxiliary,
            };
            _all.Add(memory);
            memory.Execute(executable?.RegularInode, executable?.Node);
            executable?.Release();
        }
    }

    /// <summary>Makes the empty memory of a process that has ended.</summary>
    public SharedMemory MakeGone()
    {
        SharedMemory gone = new(engine.CreateProcess("zombie"));
        gone.Release();
        return gone;
    }

    /// <summary>The files that areas of a space map, each once.</summary>
    public IEnumerable<MappedFile> FilesOf(SharedMemory memory) =>
        memory.Space.Areas.Snapshot().Where(area => area.ObjectId != 0 && contents.NameOf(area.ObjectId) is null)
            .GroupBy(static area => area.ObjectId)
            .Select(areas => new MappedFile(areas.First().Name, areas.Any(MayWriteFile), inodes.Find(areas.Key)?.File.ByteLength ?? -1));

    private static bool MayWriteFile(AreaSnapshot area) =>
        (area.Flags & (AreaFlags.Shared | AreaFlags.MayWrite)) == (AreaFlags.Shared | AreaFlags.MayWrite);

    private UserProcess LoadCore(Stream stream, SwapDevice? device, ref uint slot, MappedFile[] files)
    {
        Dictionary<string, RegularFile> open = new(StringComparer.Ordinal);
        try
        {
            foreach (MappedFile file in files)
            {
                if (!open.TryAdd(file.Name, Open(file))) throw RecordReader.Damaged("two mapped files are one");
            }

            return engine.SavedProcesses.ResumeNext(stream, device, ref slot,
                name => contents.Find(name) ?? open.GetValueOrDefault(name)?.File);
        }
        finally
        {
            foreach (RegularFile file in open.Values) file.Release();
        }
    }

    private RegularFile Open(MappedFile file)
    {
        OpenDescription open = NamedFiles.Open(tree, file.Name, file.IsWritten ? FileFlags.ReadWrite : FileFlags.None);
        if (open is RegularFile regular && regular.File.ByteLength == file.ByteLength) return regular;
        open.Release();
        throw new InvalidDataException($"{ByteText.ToHost(file.Name)} is another file than when the checkpoint was written.");
    }

    // True if the file has a path on the host.
    private bool IsNamed(AreaSnapshot area) => inodes.Find(area.ObjectId) is { } inode && !inode.IsLost;

    private void SaveExecutable(RecordWriter writer, SharedMemory memory)
    {
        string path = memory.ExecutableNode?.Path ?? "";
        writer.Write(path);
        if (path.Length == 0) return;
        SavedFileKind? kind = memory.Executable?.SavedKind;
        writer.Write(kind == SavedFileKind.InMemory);
        writer.Write(kind == SavedFileKind.Lost);
        if (kind == SavedFileKind.InMemory) writer.Write(trees.NumberOf(memory.Executable!));
        else if (kind == SavedFileKind.Lost) writer.Write(contents.NumberOf(memory.Executable!.File));
    }

    private OpenDescription? LoadExecutable(RecordReader reader)
    {
        string path = reader.ReadText();
        if (path.Length == 0) return null;
        bool isOrphan = reader.ReadFlag(), isLost = reader.ReadFlag();
        if (isOrphan) return trees.Open(reader, path, FileFlags.None);
        return isLost ? contents.OpenLost(reader, FileFlags.None) : NamedFiles.Open(tree, path, FileFlags.None);
    }

    private static void SaveProgram(RecordWriter writer, in ExecutedProgram program)
    {
        foreach (VirtualAddress address in (ReadOnlySpan<VirtualAddress>)[program.Entry, program.StackPointer, program.ProgramEntry,
            program.Interpreter, program.StackTop, program.HeapStart, program.MmapBase, program.ImageEnd]) writer.Write(address.Value);
        writer.Write(program.Bias);
    }

    private static ExecutedProgram LoadProgram(RecordReader reader)
    {
        VirtualAddress[] read = new VirtualAddress[8];
        for (int i = 0; i < read.Length; i++) read[i] = new(reader.ReadWord());
        return new(read[0], read[1], read[2], reader.ReadWord(), read[3], read[4], read[5], read[6]) { ImageEnd = read[7] };
    }
}

/// <summary>A file that a saved space maps.</summary>
/// <param name="Name">Its path in the engine.</param>
/// <param name="IsWritten">It is written through a shared mapping.</param>
/// <param name="ByteLength">Its length; −1 if it is not a file of the host.</param>
internal readonly record struct MappedFile(string Name, bool IsWritten, long ByteLength)
{
    public void Save(RecordWriter writer)
    {
        writer.Write(Name);
        writer.Write(IsWritten);
        writer.Write(ByteLength);
    }

    public static MappedFile Load(RecordReader reader) => new(reader.ReadText(), reader.ReadFlag(), reader.ReadWideNumber());
}
