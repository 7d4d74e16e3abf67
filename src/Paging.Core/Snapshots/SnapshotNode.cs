using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>One snapshot in the tree of a process's snapshots, and the edge to its parent.</summary>
internal sealed class SnapshotNode(SnapshotNode? parent) : JournalNode<SnapshotNode, SnapshotDelta>(parent)
{
    /// <summary>The page tables of the process.</summary>
    public KeptTables Tables;    // a field, as below

    /// <summary>Break, limits and the like.</summary>
    public SpaceState State;    // a field: a property would copy it at each restore

    /// <summary>The memory of the pool; null: there was none.</summary>
    public KeptPool? Pool { get; init; }

    /// <summary>The process's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>The process's preference for being ended.</summary>
    public int OutOfMemoryScore { get; set; }

    /// <summary>The host's state; null: it had none.</summary>
    public byte[]? HostState { get; set; }

    /// <summary>Going back to it leaves pages that were written to the process (<see cref="Snapshot.KeepsWrittenPages"/>).</summary>
    public bool KeepsWritten { get; set; }

    /// <summary>A copy of the memory, if restores are checked; otherwise null.</summary>
    public SpaceCopy? Copy { get; set; }

    /// <summary>The open files of its descriptors, each held, and their positions.</summary>
    public HeldDescriptor[] Descriptors { get; set; } = [];
}

/// <summary>A frozen edge: the pages and areas in which two snapshots differ, as they are at the one that is farther away.</summary>
internal sealed class SnapshotDelta(KeptPage[] pages, AreaDelta areas)
{
    /// <summary>The pages in order, each with a kept entry.</summary>
    public KeptPage[] Pages { get; } = pages;

    /// <summary>The areas.</summary>
    public AreaDelta Areas { get; set; } = areas;

    /// <summary>The number of its entries that hold a frame or a slot.</summary>
    public int HeldCount { get; set; }
}

/// <summary>A page and a kept entry, which holds its frame or slot.</summary>
internal record struct KeptPage(PageNumber Page, PageTableEntry Entry);
