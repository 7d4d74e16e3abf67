using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Reclaim;

/// <summary>Handles each entry that <see cref="ReverseMap.Walk"/> finds.</summary>
internal interface IMappingVisitor
{
    /// <summary>
    /// True if the visitor takes the entry of a transparent huge page as it is. For others it is split first, since they change entries
    /// one by one.
    /// </summary>
    static virtual bool KeepsHuge => false;

    /// <summary>Called for an entry that maps the frame. The visitor may change the entry.</summary>
    void Visit(Space space, ref Area area, PageNumber page, PageTableEntry entry);
}

/// <summary>Finds every page table entry that maps a frame, through the frame's owner. Fork does no work per page for it.</summary>
/// <remarks><code>
///   frame ─ Owner ─► root ─► link ─► area ─┐
///         └ Index ─────────────────────────┴─► page ─► entry: does it map the frame?
///   frame ─ Owner ─► file object ─► area ──┘
///   frame ─ Owner ─► foreign space, Index ─► page: such a page has one mapping
/// </code>
/// An area that could map the page may have a copy of its own there instead, so the entry decides. Cost: one lookup per area, until as
/// many entries have been found as the frame has mappings. Linux: mm/rmap.c rmap_walk_anon, rmap_walk_file, page_vma_mapped_walk.</remarks>
internal sealed class ReverseMap(FrameTable frames, AreaStore areas, SpaceTable spaces, ForkLoans loans)
{
    /// <summary>Calls the visitor for every entry that maps the frame.</summary>
    public void Walk<TVisitor>(FrameNumber frame, ref TVisitor visitor) where TVisitor : struct, IMappingVisitor, allows ref struct
    {
        loans.CopyAll();    // P8: lent tables are not in the count that ends the walk
        ref FrameDescriptor descriptor = ref frames[frame];
        uint left = descriptor.MapCount;    // read first: visitors may unmap
        uint index = descriptor.Index;
        if (left == 0) return;
        if (descriptor.State == FrameState.PageCache)
        {
            for (AreaIndex area = areas.OfObjects.FirstOf(descriptor.Owner); area.IsSome && left != 0;)
            {
                AreaIndex next = areas.Slab[area.Value].FileNext;
                if (VisitIn(area, frame, index, ref visitor)) left--;
                area = next;
            }

            return;
        }

        if (SpaceOwner.Is(descriptor.Owner))
        {
            VisitOwned(frame, in descriptor, ref visitor);
            return;
        }

        AnonymousLinkIndex link = areas.Roots[new AnonymousRootIndex(descriptor.Owner)].FirstLink;
        for (; link.IsSome && left != 0; link = areas.Roots[link].NextOfRoot)
            if (VisitIn(areas.Roots[link].Area, frame, index, ref visitor)) left--;
    }

    /// <summary>Returns true if the entry of a private page of a foreign space can name the slot.</summary>
    public bool CanName(ref readonly FrameDescriptor descriptor, SwapEntry slot) =>
        descriptor.MapCount == 0 || slot.Slot < spaces[SpaceOwner.SpaceOf(descriptor.Owner)].Foreign?.SlotCountMax;

    /// <summary>Visits the one entry of a private page of a foreign space, with an area made up of the flags that visitors read.</summary>
    private void VisitOwned<TVisitor>(FrameNumber frame, ref readonly FrameDescriptor descriptor, ref TVisitor visitor)
        where TVisitor : struct, IMappingVisitor, allows ref struct
    {
        Space space = spaces[SpaceOwner.SpaceOf(descriptor.Owner)];
        PageNumber page = new(descriptor.Index);
        PageTableEntry entry = space.Tables.Read(page);
        if (!entry.IsPresent || entry.Frame != frame || space.Foreign is not { } foreign) return;
        Area area = new() { First = page, Count = PageCount.One, Flags = foreign.FlagsOf(page, entry), Space = space.Index };
        visitor.Visit(space, ref area, page, entry);
    }

    private bool VisitIn<TVisitor>(AreaIndex areaIndex, FrameNumber frame, uint index, ref TVisitor visitor)
        where TVisitor : struct, IMappingVisitor, allows ref struct
    {
        ref Area area = ref areas.Slab[areaIndex.Value];
        uint inArea = index - area.PageOffset.Value;    // wraps to a large number below the area
        if (inArea >= area.Count.Value) return false;
        Space space = spaces[area.Space];
        PageNumber page = area.First + new PageCount(inArea);
        PageTableEntry entry = space.Tables.Read(page);
        if (!entry.IsPresent || entry.Frame != frame) return false;    // a copy of its own, a slot, or nothing
        bool isHuge = space.Tables.Huge.Count != 0 && space.Tables.Huge.Has(page);
        if (isHuge && (!TVisitor.KeepsHuge || space.HugeLines.IsOfObject(entry)))
        {
            space.HugeLines.SplitAround(page);
            entry = space.Tables.Read(page);
            if (!entry.IsPresent) return true;    // of an object: the split has removed the leaf
        }

        visitor.Visit(space, ref area, page, entry);
        return true;
    }
}
