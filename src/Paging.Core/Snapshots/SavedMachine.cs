namespace Paging.Core.Snapshots;

//   a process      magic, version │ name, state │ shared memory │ areas │ descriptors │ checksum
//   an engine      magic, version │ groups │ shared memory │ open files │ roots │ processes │ checksum
//   then           runs of each shared memory │ of each process its runs and marked bytes │ checksum
/// <summary>The saved state of one process, or of all processes of an engine, without the pages: the first part of the form.</summary>
/// <remarks>It is small, and read and checked before anything is made of it.</remarks>
internal sealed class SavedMachine
{
    /// <summary>True for the processes of an engine, which share memory and pages.</summary>
    public bool IsEngine { get; init; }

    /// <summary>The groups of the processes, without that which has no limit.</summary>
    public IReadOnlyList<SavedGroup> Groups { get; init; } = [];

    /// <summary>The shared memory that is saved.</summary>
    public SavedMemory[] Memories { get; init; } = [];

    /// <summary>The open files of descriptors.</summary>
    public IReadOnlyList<SavedOpenFile> OpenFiles { get; init; } = [];

    /// <summary>The parent of each root, by its number, from 1.</summary>
    public uint[] RootParents { get; init; } = [];

    /// <summary>The processes. A parent comes before its children.</summary>
    public required SavedProcess[] Processes { get; init; }

    /// <summary>True if there is memory of the pool of huge pages.</summary>
    public bool HasPool => Array.Exists(Memories, static memory => memory.IsHuge);

    /// <summary>True if an area maps a file or shared memory, or a descriptor leads to one.</summary>
    public bool UsesFiles => OpenFiles.Count != 0
        || Array.Exists(Processes, static process => Array.Exists(process.Areas, static area => area.File != SnapshotFormat.NoFile));

    /// <summary>Writes it.</summary>
    public void WriteTo(ChecksummedWriter writer)
    {
        writer.Write(IsEngine ? SnapshotFormat.EngineMagic : SnapshotFormat.Magic);
        writer.Write(SnapshotFormat.Version);
        if (IsEngine) WriteEngine(writer);
        else WriteProcess(writer, Processes[0]);
        writer.WriteChecksum();
    }

    /// <summary>Reads the form of one process or of an engine.</summary>
    /// <param name="reader">At its start.</param>
    /// <param name="isEngine">Which of the two is wanted.</param>
    /// <exception cref="InvalidDataException">It is the other one, none, one of another version, or damaged.</exception>
    public static SavedMachine Read(ChecksummedReader reader, bool isEngine)
    {
        ulong magic = reader.ReadLong();
        if (magic != (isEngine ? SnapshotFormat.EngineMagic : SnapshotFormat.Magic)) throw new InvalidDataException(magic switch
        {
            SnapshotFormat.EngineMagic => "This is a saved engine, not a saved process: LoadAll and ResumeAll load it.",
            SnapshotFormat.Magic => "This is a saved process, not a saved engine: Load and Resume load it.",
            _ => "This is not a saved snapshot: it does not begin like one.",
        });
        uint version = reader.ReadWord(), oldest = isEngine ? SnapshotFormat.OldestEngineVersion : SnapshotFormat.OldestVersion;
        if (version < oldest || version > SnapshotFormat.Version)
            throw new InvalidDataException($"The saved snapshot has version {version}; this engine reads versions "
                + $"{oldest} to {SnapshotFormat.Version}.");
        SavedMachine machine = isEngine ? ReadEngine(reader) : ReadProcess(reader);
        reader.CheckChecksum();
        return machine;
    }

    private void WriteProcess(ChecksummedWriter writer, SavedProcess process)
    {
        WriteIdentity(writer, process);
        if (process.State.HasMemories) WriteMemories(writer);
        process.WriteAreas(writer, process.State.HasMemories);
        if (!process.State.HasDescriptors) return;
        WriteOpenFiles(writer);
        process.WriteDescriptors(writer);
    }

    private static SavedMachine ReadProcess(ChecksummedReader reader)
    {
        (string name, int score) = ReadIdentity(reader);
        SavedState state = SavedState.ReadChecked(reader);
        SavedMemory[] memories = state.HasMemories ? ReadMemories(reader) : [];
        if (state.HasMemories && memories.Length == 0) throw ChecksummedReader.Damaged("there is no shared memory");
        SavedArea[] areas = SavedProcess.ReadAreas(reader, state, state.HasMemories, memories.Length);
        SavedOpenFile[] open = state.HasDescriptors ? ReadOpenFiles(reader, memories.Length) : [];
        SavedProcess process = new()
        {
            Name = name,
            OutOfMemoryScore = score,
            State = state,
            Areas = areas,
            Descriptors = state.HasDescriptors ? SavedProcess.ReadDescriptors(reader, open) : [],
        };
        return new() { Memories = memories, OpenFiles = open, Processes = [process] };
    }

    private void WriteEngine(ChecksummedWriter writer)
    {
        writer.WriteList(Groups, static (writer, group) => group.WriteTo(writer));
        WriteMemories(writer);
        WriteOpenFiles(writer);
        writer.WriteList(RootParents, static (writer, parent) => writer.Write(parent));
        writer.Write((uint)Processes.Length);
        foreach (SavedProcess process in Processes)
        {
            writer.Write(process.Parent);
            writer.Write(process.Group);
            writer.Write(process.ExitCode is null ? 0u : 1);
            writer.Write((uint)(process.ExitCode ?? 0));
            WriteIdentity(writer, process);
            process.WriteAreas(writer, hasMemories: true);
            foreach (SavedHistory history in process.Histories) history.WriteTo(writer);
            process.WriteDescriptors(writer);
        }
    }

    private static SavedMachine ReadEngine(ChecksummedReader reader)
    {
        SavedGroup[] groups = reader.ReadList(byte.MaxValue, SavedGroup.Read);    // beside the one without a limit
        SavedMemory[] memories = ReadMemories(reader);
        SavedOpenFile[] open = ReadOpenFiles(reader, memories.Length);
        uint[] parents = reader.ReadList(int.MaxValue, static reader => reader.ReadWord());
        if (Array.Exists(parents, parent => parent == 0 || parent > (uint)parents.Length))
            throw ChecksummedReader.Damaged("a root has a parent that is not there");
        uint count = reader.ReadWord();
        List<SavedProcess> processes = [];    // grows as they are read: the count may be damaged
        for (uint i = 0; i < count; i++)
            processes.Add(ReadEngineProcess(reader, i, groups.Length, memories.Length, open, parents.Length));
        return new()
        {
            IsEngine = true,
            Groups = groups,
            Memories = memories,
            OpenFiles = open,
            RootParents = parents,
            Processes = [.. processes],
        };
    }

    private static SavedProcess ReadEngineProcess(
        ChecksummedReader reader, uint place, int groupCount, int memoryCount, SavedOpenFile[] open, int rootCount)
    {
        uint parent = reader.ReadWord(), group = reader.ReadWord(), hasExited = reader.ReadWord(), code = reader.ReadWord();
        if (parent > place || group > (uint)groupCount || hasExited > 1) throw ChecksummedReader.Damaged($"process {place} is none");
        (string name, int score) = ReadIdentity(reader);
        SavedState state = SavedState.ReadChecked(reader);
        SavedArea[] areas = SavedProcess.ReadAreas(reader, state, hasMemories: true, memoryCount);
        SavedHistory[] histories = new SavedHistory[areas.Length];
        for (int i = 0; i < areas.Length; i++)
        {
            histories[i] = SavedHistory.Read(reader, rootCount);
            if (histories[i].Own != 0 && (areas[i].Flags & (AreaFlags.Shared | AreaFlags.Foreign)) != 0)    // A4
                throw ChecksummedReader.Damaged($"area {i} of process {place} is shared, and has a history");
        }

        return new()
        {
            Name = name,
            OutOfMemoryScore = score,
            State = state,
            Areas = areas,
            Histories = histories,
            Descriptors = SavedProcess.ReadDescriptors(reader, open),
            Parent = parent,
            Group = group,
            ExitCode = hasExited != 0 ? (int)code : null,
        };
    }

    private static void WriteIdentity(ChecksummedWriter writer, SavedProcess process)
    {
        writer.Write(process.Name);
        writer.Write((uint)process.OutOfMemoryScore);
        process.State.WriteTo(writer);
    }

    private static (string Name, int Score) ReadIdentity(ChecksummedReader reader)
    {
        string name = reader.ReadText();
        int score = (int)reader.ReadWord();
        // Checked here, because a process's setter throws another exception.
        return score is >= -1000 and <= 1000 ? (name, score) : throw ChecksummedReader.Damaged("a score is out of its range");
    }

    private void WriteMemories(ChecksummedWriter writer)
    {
        writer.WriteList(Memories, static (writer, memory) => memory.WriteTo(writer));
    }

    private static SavedMemory[] ReadMemories(ChecksummedReader reader) => reader.ReadList(int.MaxValue, SavedMemory.Read);

    private void WriteOpenFiles(ChecksummedWriter writer)
    {
        writer.WriteList(OpenFiles, static (writer, open) => open.WriteTo(writer));
    }

    private static SavedOpenFile[] ReadOpenFiles(ChecksummedReader reader, int memoryCount)
    {
        SavedOpenFile[] open = reader.ReadList(int.MaxValue, reader => SavedOpenFile.Read(reader, memoryCount));
        HashSet<uint> seen = [];
        return Array.TrueForAll(open, one => seen.Add(one.Number)) ? open : throw ChecksummedReader.Damaged("an open file comes twice");
    }
}
