using Paging.Core.Snapshots;

namespace Paging.Windows.Saving;

//   magic, version │ clock, last handle │ shared memory │ images │ sections │ processes │ checksum
//   then             runs of each shared memory │ of each process its runs and marked bytes │ checksum
/// <summary>The saved state of processes of Windows without their pages: the first part of the form.</summary>
/// <remarks>Little-endian, as the form of a process of Linux (<see cref="SnapshotFormat"/>), with the same shared memory.</remarks>
internal sealed class WindowsForm
{
    /// <summary>The first eight bytes: "PAGINGWN".</summary>
    public const ulong Magic = 0x4E57_474E_4947_4150;

    /// <summary>Grows when the form changes.</summary>
    public const uint Version = 1;

    /// <summary>The oldest version that is read.</summary>
    public const uint OldestVersion = 1;

    /// <summary>The clock of the machine.</summary>
    public SavedClock Clock { get; init; }

    /// <summary>The highest handle that was given out.</summary>
    public uint LastHandle { get; init; }

    /// <summary>The pages of sections that are saved: those of the page file, and memory files.</summary>
    public SavedMemory[] Memories { get; init; } = [];

    /// <summary>The files of image sections.</summary>
    public SavedImage[] Images { get; init; } = [];

    /// <summary>The sections that the processes have handles to or views of.</summary>
    public SavedSection[] Sections { get; init; } = [];

    /// <summary>The processes, in the order in which they were made.</summary>
    public SavedWindowsProcess[] Processes { get; init; } = [];

    /// <summary>Writes it.</summary>
    public void WriteTo(ChecksummedWriter writer)
    {
        writer.Write(Magic);
        writer.Write(Version);
        Clock.WriteTo(writer);
        writer.Write(LastHandle);
        writer.WriteList(Memories, static (writer, memory) => memory.WriteTo(writer));
        writer.WriteList(Images, static (writer, image) => image.WriteTo(writer));
        writer.WriteList(Sections, static (writer, section) => section.WriteTo(writer));
        writer.WriteList(Processes, static (writer, process) => process.WriteTo(writer));
        writer.WriteChecksum();
    }

    /// <summary>Reads it, and checks every number.</summary>
    /// <exception cref="InvalidDataException">It is another form, one of another version, or damaged.</exception>
    public static WindowsForm Read(ChecksummedReader reader)
    {
        ulong magic = reader.ReadLong();
        if (magic != Magic) throw new InvalidDataException(magic is SnapshotFormat.Magic or SnapshotFormat.EngineMagic
            ? "This has saved processes of Linux: SavedProcesses.Load and LoadAll load them."
            : "This has no saved processes of Windows: it does not begin like that.");
        uint version = reader.ReadWord();
        if (version is < OldestVersion or > Version)
            throw new InvalidDataException($"The saved processes of Windows have version {version}; this engine reads version {Version}.");
        SavedClock clock = SavedClock.Read(reader);
        uint lastHandle = reader.ReadWord();
        SavedMemory[] memories = reader.ReadList(int.MaxValue, SavedMemory.Read);
        if (Array.Exists(memories, static memory => memory.IsCommitted))    // the sections are charged for theirs
            throw ChecksummedReader.Damaged("shared memory is committed");
        SavedImage[] images = reader.ReadList(int.MaxValue, reader => SavedImage.Read(reader, memories.Length));
        SavedSection[] sections = reader.ReadList(int.MaxValue, reader => SavedSection.Read(reader, memories, images));
        Check(sections);
        SavedWindowsProcess[] processes =
            reader.ReadList(int.MaxValue, reader => SavedWindowsProcess.Read(reader, sections, lastHandle));
        reader.CheckChecksum();
        return new()
        {
            Clock = clock,
            LastHandle = lastHandle,
            Memories = memories,
            Images = images,
            Sections = sections,
            Processes = processes,
        };
    }

    private static void Check(SavedSection[] sections)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        HashSet<uint> memories = [];
        foreach (SavedSection section in sections)
        {
            if (section.Name.Length != 0 && !names.Add(section.Name)) throw ChecksummedReader.Damaged("two sections have one name");
            if (section.IsOfPageFile && !memories.Add(section.File.Memory))
                throw ChecksummedReader.Damaged("two sections have the same pages of the page file");
        }
    }
}
