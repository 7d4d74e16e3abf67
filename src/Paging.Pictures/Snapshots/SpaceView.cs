using Paging.Core;
using Paging.Native;

namespace Paging.Pictures;

/// <summary>One address space at one moment: areas, page tables, and the figures of its process.</summary>
/// <remarks>Taken from the page tables in RAM, as the processor would read them. Cost: O(areas + tables).</remarks>
public sealed record SpaceView
{
    /// <summary>The process.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The areas by address.</summary>
    public required IReadOnlyList<AreaView> Areas { get; init; }

    /// <summary>The entries of the page directory that are not zero.</summary>
    public required IReadOnlyList<TableView> Tables { get; init; }

    /// <summary>The frame of the page directory.</summary>
    public required FrameNumber Directory { get; init; }

    /// <summary>The figures of status and statm.</summary>
    public required MemoryUsage Usage { get; init; }

    /// <summary>The figures of smaps_rollup.</summary>
    public required MemoryFootprint Footprint { get; init; }

    /// <summary>Where the executed program lies; all zeros without one.</summary>
    public required ProgramExtents Program { get; init; }

    /// <summary>Where the heap begins.</summary>
    public required VirtualAddress StartBreak { get; init; }

    /// <summary>Where it ends.</summary>
    public required VirtualAddress Break { get; init; }

    /// <summary>The areas as nodes of their tree, by address.</summary>
    public required IReadOnlyList<AreaTreeNode> Tree { get; init; }

    /// <summary>All entries of the user half that are not zero, by page.</summary>
    public IEnumerable<EntryView> Entries => Tables.SelectMany(static table => table.Entries);

    /// <summary>Looks at a process.</summary>
    /// <exception cref="ObjectDisposedException">It has exited.</exception>
    public static SpaceView Take(PagingEngine engine, UserProcess process)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(process);
        AddressSpace memory = process.Memory;
        List<TableView> tables = TableReader.Read(engine, memory);
        return new()
        {
            ProcessId = process.Id,
            Name = process.Name,
            Areas = AreaNaming.Take(process, tables),
            Tables = tables,
            Directory = memory.PageDirectory,
            Usage = memory.Usage,
            Footprint = memory.Footprint,
            Program = memory.Program,
            StartBreak = memory.StartBreak,
            Break = memory.Break,
            Tree = memory.SnapshotTree(),
        };
    }

    /// <summary>The entry of a page; all zeros if it was never touched.</summary>
    public EntryView EntryOf(PageNumber page)
    {
        foreach (TableView table in Tables)
        {
            if (table.DirectoryIndex != page.DirectoryIndex) continue;
            foreach (EntryView entry in table.Entries)
                if (entry.Page == page) return entry;
        }

        return new(page, default, FrameState.Free, null, false);
    }
}
