using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Snapshots;

/// <summary>A process as it is saved, without its pages.</summary>
internal sealed class SavedProcess
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The preference for being ended.</summary>
    public int OutOfMemoryScore { get; init; }

    /// <summary>The state besides areas and pages.</summary>
    public SavedState State { get; init; }

    /// <summary>The areas, in the order of their addresses.</summary>
    public required SavedArea[] Areas { get; init; }

    /// <summary>The descriptors, in the order of their numbers.</summary>
    public SavedDescriptor[] Descriptors { get; init; } = [];

    /// <summary>In a saved engine, the place of the parent, from 1; 0: it is not saved, or the host is the parent.</summary>
    public uint Parent { get; init; }

    /// <summary>In a saved engine, the place of the group, from 1; 0: the one without a limit.</summary>
    public uint Group { get; init; }

    /// <summary>In a saved engine, the exit code of a zombie; null: the process runs.</summary>
    public int? ExitCode { get; init; }

    /// <summary>In a saved engine, the history of each area.</summary>
    public SavedHistory[] Histories { get; init; } = [];

    /// <summary>Describes a process that runs.</summary>
    /// <param name="hostState">The host's state; null without one.</param>
    /// <param name="files">Has the files of the process.</param>
    /// <param name="process">Its name, score and descriptors.</param>
    /// <param name="space">Its memory.</param>
    public static SavedProcess Of(in ProcessIdentity process, Space space, byte[]? hostState, FilesToSave files)
    {
        SavedArea[] areas = new SavedArea[space.Areas.Count];
        int i = 0;
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            ref readonly Area area = ref space.Areas[index];
            SavedFile file = files.Of(area.File);
            // The number, too, because areas of one open file can be joined
            areas[i++] = new(area.Range, area.Flags, area.PageOffset, area.File.Value, file.Name ?? "", file.Memory);
        }

        SavedDescriptor[] descriptors = [.. process.Descriptors.All.Select(static one => new SavedDescriptor(one.Number, one.File.Value))];
        return new()
        {
            Name = process.Name,
            OutOfMemoryScore = process.OutOfMemoryScore,
            State = SavedState.Of(space, hostState, files.Memories.Count != 0, descriptors.Length != 0),
            Areas = areas,
            Descriptors = descriptors,
        };
    }

    /// <summary>The same process as one of an engine.</summary>
    public SavedProcess InEngine(uint parent, uint group, SavedHistory[] histories) => new()
    {
        Name = Name,
        OutOfMemoryScore = OutOfMemoryScore,
        State = State,
        Areas = Areas,
        Descriptors = Descriptors,
        Parent = parent,
        Group = group,
        Histories = histories,
    };

    /// <summary>Writes the areas.</summary>
    public void WriteAreas(ChecksummedWriter writer, bool hasMemories)
    {
        writer.Write((uint)Areas.Length);
        foreach (SavedArea area in Areas) area.WriteTo(writer, hasMemories);
    }

    /// <summary>Reads the areas.</summary>
    /// <exception cref="InvalidDataException">They overlap, or one has a value out of its range.</exception>
    public static SavedArea[] ReadAreas(ChecksummedReader reader, in SavedState state, bool hasMemories, int memoryCount)
    {
        uint count = reader.ReadWord();
        if (count > state.Bounds.Count.Value) throw ChecksummedReader.Damaged("there are too many areas");    // each has a page
        List<SavedArea> areas = [];
        PageNumber end = default;
        for (uint i = 0; i < count; i++)
        {
            SavedArea area = SavedArea.Read(reader, hasMemories, (uint)memoryCount);
            if (!SnapshotFormat.IsValid(area.Range, area.Flags, area.File != SnapshotFormat.NoFile, end, state.Bounds.End))
                throw ChecksummedReader.Damaged($"area {i} is none");
            end = area.Range.End;    // A1: the next one begins there or above
            areas.Add(area);
        }

        return [.. areas];
    }

    /// <summary>Writes the descriptors.</summary>
    public void WriteDescriptors(ChecksummedWriter writer)
    {
        writer.Write((uint)Descriptors.Length);
        foreach (SavedDescriptor one in Descriptors)
        {
            writer.Write((uint)one.Number);
            writer.Write(one.File);
        }
    }

    /// <summary>Reads the descriptors.</summary>
    /// <exception cref="InvalidDataException">One comes twice, or leads to no open file.</exception>
    public static SavedDescriptor[] ReadDescriptors(ChecksummedReader reader, IReadOnlyList<SavedOpenFile> open)
    {
        uint count = reader.ReadWord();
        if (count > DescriptorTable.EndMax) throw ChecksummedReader.Damaged("there are too many descriptors");
        HashSet<uint> files = [.. open.Select(static one => one.Number)];
        List<SavedDescriptor> descriptors = [];
        int next = DescriptorTable.FirstNumber;
        for (uint i = 0; i < count; i++)
        {
            SavedDescriptor one = new((int)reader.ReadWord(), reader.ReadWord());
            if (one.Number < next || one.Number >= DescriptorTable.EndMax || !files.Contains(one.File))
                throw ChecksummedReader.Damaged($"descriptor {one.Number} is none");
            next = one.Number + 1;
            descriptors.Add(one);
        }

        return [.. descriptors];
    }
}

/// <summary>The state of a process besides its memory.</summary>
/// <param name="Name">The name.</param>
/// <param name="OutOfMemoryScore">The preference for being ended.</param>
/// <param name="Descriptors">The descriptors.</param>
internal readonly record struct ProcessIdentity(string Name, int OutOfMemoryScore, DescriptorTable Descriptors);
