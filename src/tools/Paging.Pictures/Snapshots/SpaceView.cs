using Paging.Core;
using Paging.Native;

namespace Paging.Pictures.Snapshots;

/// <summary>One address space at one moment: areas, page tables, and the figures of its process.</summary>
/// <remarks>
/// Taken from the page tables in RAM, as the processor would read them. Cost: O(areas + tables); entries and what has been done for an
/// area are worked out when they are requested, from the copied words.
/// </remarks>
public sealed record SpaceView
{
    internal SpaceView() { }

    /// <summary>The process.</summary>
    public int ProcessId { get; internal init; }

    /// <summary>Its number in texts: <see cref="ProcessId"/>, unless its run counts otherwise.</summary>
    public int Number { get; internal init; }

    /// <summary>Its name.</summary>
    public string Name { get; internal init; } = "";

    /// <summary>The areas by address.</summary>
    public IReadOnlyList<AreaView> Areas { get; private init; } = [];

    /// <summary>The entries of the page directories that are not zero.</summary>
    public IReadOnlyList<TableView> Tables { get; internal init; } = [];

    /// <summary>The frame that cr3 names: of the page directory, under PAE of the table of pointers to four of them.</summary>
    public FrameNumber Directory { get; internal init; }

    /// <summary>The frames of the page directories: one, under PAE four.</summary>
    public IReadOnlyList<FrameNumber> Directories { get; internal init; } = [];

    /// <summary>The page tables as they lie in RAM.</summary>
    public TableFormat Format { get; internal init; }

    /// <summary>The end of the user's pages: where the kernel half begins, or that of all 4 GiB.</summary>
    public PageNumber UserEnd { get; internal init; } = PageNumber.FirstKernel;

    /// <summary>The figures of status and statm.</summary>
    public MemoryUsage Usage { get; internal init; }

    /// <summary>The figures of smaps_rollup.</summary>
    public MemoryFootprint Footprint { get; internal init; }

    /// <summary>The ranges of the executed program; all zeros without one.</summary>
    public ProgramExtents Program { get; internal init; }

    /// <summary>The start of the heap.</summary>
    public VirtualAddress StartBreak { get; internal init; }

    /// <summary>The end of the heap.</summary>
    public VirtualAddress Break { get; internal init; }

    /// <summary>The areas as nodes of their tree, by address.</summary>
    public IReadOnlyList<AreaTreeNode> Tree { get; internal init; } = [];

    /// <summary>All entries of page tables of the user half that are not zero, by page, without huge pages.</summary>
    public IEnumerable<EntryView> Entries => Tables.SelectMany(static table => table.Entries);

    /// <summary>Looks at a process.</summary>
    /// <exception cref="ObjectDisposedException">It has exited.</exception>
    public static SpaceView Take(PagingEngine engine, UserProcess process)
    {
        return Take(engine, process, MachineView.FramesOf(engine, []), LookParts.All, previous: null);
    }

    /// <summary>As above, but areas that are equal to those of the look before are shared with it.</summary>
    internal static SpaceView Take(PagingEngine engine, UserProcess process, FrameView[] frames, LookParts parts, SpaceView? previous)
    {
        AddressSpace memory = process.Memory;
        List<TableView> tables = TableReader.Read(engine, memory, frames);
        IReadOnlyList<AreaSnapshot> areas = memory.Areas.Snapshot();
        if (previous is not null && areas.SequenceEqual(previous.Agreed)) areas = previous.Agreed;
        return new()
        {
            ProcessId = process.Id,
            Number = process.Id,
            Name = process.Name,
            UserEnd = memory.HighestAddress.IsKernel ? new(PageCount.AddressSpace.Value) : PageNumber.FirstKernel,
            Areas = new AreaList(areas, tables, new(memory, areas), engine.Options.Tables),
            Tables = tables,
            Directory = memory.PrepareWalk(),
            Directories = TableReader.DirectoriesOf(engine, memory),
            Format = engine.Options.Tables,
            Usage = memory.Usage,
            Footprint = parts.HasFlag(LookParts.Footprints) ? memory.Footprint : default,
            Program = memory.Program,
            StartBreak = memory.StartBreak,
            Break = memory.Break,
            Tree = parts.HasFlag(LookParts.Trees) ? memory.Areas.SnapshotTree() : [],
        };
    }

    /// <summary>The entry of a page; all zeros if it was never touched.</summary>
    public EntryView EntryOf(PageNumber page)
    {
        int index = (int)(page.Value / TableView.PageCountOf(Format));
        foreach (TableView table in Tables)
            if (table.DirectoryIndex == index) return table.EntryOf(page);
        return new(page, default, FrameState.Free, null, false);
    }

    /// <summary>The area that begins at a page, or null.</summary>
    internal AreaView? AreaAt(PageNumber first) => List.IndexOf(first) is >= 0 and int index ? List[index] : null;

    /// <summary>The areas by address, without the counts of <see cref="Areas"/>, which cost O(pages).</summary>
    public IReadOnlyList<AreaSnapshot> Agreed => List.Agreed;

    private AreaList List => (AreaList)Areas;
}
