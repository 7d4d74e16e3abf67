using Paging.Core;
using Paging.Native;

namespace Paging.Testing.World;

/// <summary>
/// A process of the running scenario: a view of the engine's own areas, and the questions that the dialect no longer allows about it.
/// </summary>
internal sealed class WorldProcess(UserProcess process, int number)
{
    /// <summary>Its number in the scenario.</summary>
    public int Number { get; } = number;

    public UserProcess Process { get; } = process;

    public AddressSpace Memory => Process.Memory;

    public bool IsLive { get; set; } = true;

    /// <summary>Pages given to MADV_FREE and not overwritten since: their contents are undefined.</summary>
    public PageSet Freed { get; private init; } = new();

    /// <summary>Pages that MREMAP_DONTUNMAP has left locked in an area without a lock: MADV_FREE gives none of them up.</summary>
    public PageSet Kept { get; } = new();

    /// <summary>A refused MAP_FIXED has cut areas that it left in place: <c>maps</c> is not used any more.</summary>
    public bool HasHiddenCuts { get; set; }

    /// <summary>Something happened that the kernel's count of faults and ours may count differently.</summary>
    public bool HasUncountableFaults { get; set; }

    /// <summary>Pages were given to MADV_FREE.</summary>
    public void NoteFreed(PageRange range)
    {
        Freed.Add(range);
        foreach (PageRange kept in Kept.Ranges) Freed.Remove(kept.Intersect(range));
    }

    /// <summary>mlockall(MCL_FUTURE) is in effect: new mappings are filled.</summary>
    public bool LocksFuture { get; set; }

    /// <summary>The area that covers the page, or the next one above it; null where there is none.</summary>
    public AreaSnapshot? FirstEndingAfter(PageNumber page) => Memory.Areas.Find(page);

    /// <summary>The area that covers the page, or null.</summary>
    public AreaSnapshot? Covering(PageNumber page) => Memory.Areas.Find(page) is { } area && area.Range.First <= page ? area : null;

    /// <summary>True when any page of the range is mapped.</summary>
    public bool IsMappedIn(PageRange range) => Memory.Areas.Find(range.First) is { } area && area.Range.First < range.End;

    /// <summary>Copies the pages that must not be read, for a child.</summary>
    public WorldProcess Fork(UserProcess child, int childNumber) =>
        new(child, childNumber) { Freed = Freed.Copy(), HasHiddenCuts = HasHiddenCuts, HasUncountableFaults = !Freed.IsEmpty };
}
