using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Reclaim;

/// <summary>Collects the use of a frame from its entries and their areas. Clears the accessed bits.</summary>
/// <remarks>Clearing A also drops the cached translations, so the next use sets it again. Linux: mm/rmap.c folio_referenced_one.</remarks>
internal struct References : IMappingVisitor
{
    /// <summary>True: a huge page is visited as one.</summary>
    public static bool KeepsHuge => true;

    /// <summary>The number of entries that were used since the last walk.</summary>
    public uint AccessedCount;

    /// <summary>True if an entry has D: the page is newer than its copy.</summary>
    public bool IsWritten;

    /// <summary>True if the page's file, or an area that maps the frame, is locked, so that the frame stays.</summary>
    public bool IsLocked;

    /// <summary>True if an area that maps the frame is executable.</summary>
    public bool IsExecutable;

    public void Visit(Space space, ref Area area, PageNumber page, PageTableEntry entry)
    {
        IsLocked |= area.Has(AreaFlags.Locked);
        IsExecutable |= area.Has(AreaFlags.Execute);
        IsWritten |= entry.IsDirty;
        if (!entry.IsAccessed) return;
        if (space.Tables.Huge.Count != 0 && space.Tables.Huge.Has(page)) space.Tables.Huge.Store(page, entry.WithoutAccessed());
        else space.Tables.StoreUnnoted(page, entry.WithoutAccessed());    // no change for snapshots: the page is the same
        if (!area.Has(AreaFlags.SequentialRead)) AccessedCount++;    // a sequential reader does not come back
    }
}
