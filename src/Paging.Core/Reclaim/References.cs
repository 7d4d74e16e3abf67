using Paging.Core.Areas;
using Paging.Core.ReverseMapping;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Reclaim;

/// <summary>What the entries of a frame say about its use; their accessed bits are cleared on the way.</summary>
/// <remarks>Linux: mm/rmap.c folio_referenced_one. Clearing A takes the translations too, so that the next use sets it again.</remarks>
internal struct References : IMappingVisitor
{
    /// <summary>Entries used since somebody last looked.</summary>
    public uint AccessedCount;

    /// <summary>An entry has D: the page is newer than its copy.</summary>
    public bool IsWritten;

    /// <summary>An area that maps it is locked: it stays.</summary>
    public bool IsLocked;

    /// <summary>An area that maps it can be executed.</summary>
    public bool IsExecutable;

    public void Visit(Space space, ref Area area, PageNumber page, PageTableEntry entry)
    {
        IsLocked |= area.Has(AreaFlags.Locked);
        IsExecutable |= area.Has(AreaFlags.Execute);
        IsWritten |= entry.IsDirty;
        if (!entry.IsAccessed) return;
        space.Tables.Store(page, entry.WithoutAccessed());
        if (!area.Has(AreaFlags.SequentialRead)) AccessedCount++;    // what is read once in a row is not used again
    }
}
