using Paging.Core.Areas;
using Paging.Core.Cache;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.ReverseMapping;

/// <summary>What is done with each entry that leads to a frame.</summary>
internal interface IMappingVisitor
{
    /// <summary>An entry that leads to the frame. It may be changed.</summary>
    void Visit(Space space, ref Area area, PageNumber page, PageTableEntry entry);
}

/// <summary>From a frame to every entry that leads to it, through its owner: fork pays nothing per page for this.</summary>
/// <remarks><code>
///   frame ─ Owner ─► root ─► link ─► area ─┐
///         └ Index ─────────────────────────┴─► page ─► entry: does it lead to the frame?
///   frame ─ Owner ─► file object ─► area ──┘
/// </code>
/// An area that could map the page may hold another one there, a copy of its own: the entry decides. Cost: one look an area, until as many
/// entries are found as the frame has. Linux: mm/rmap.c rmap_walk_anon, rmap_walk_file, page_vma_mapped_walk.</remarks>
internal sealed class ReverseMap(FrameTable frames, AreaStore areas, SpaceTable spaces)
{
    /// <summary>Shows the visitor every entry that leads to the frame.</summary>
    public void Walk<TVisitor>(FrameNumber frame, ref TVisitor visitor) where TVisitor : struct, IMappingVisitor, allows ref struct
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        uint left = descriptor.MapCount;
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

        for (AnonymousLinkIndex link = areas.Roots[new AnonymousRootIndex(descriptor.Owner)].FirstLink; link.IsSome && left != 0; link = areas.Roots[link].NextOfRoot)
            if (VisitIn(areas.Roots[link].Area, frame, index, ref visitor)) left--;
    }

    private bool VisitIn<TVisitor>(AreaIndex areaIndex, FrameNumber frame, uint index, ref TVisitor visitor) where TVisitor : struct, IMappingVisitor, allows ref struct
    {
        ref Area area = ref areas.Slab[areaIndex.Value];
        uint inArea = index - area.PageOffset;    // wraps to a large number below the area
        if (inArea >= area.Count.Value) return false;
        Space space = spaces[area.Space];
        PageNumber page = area.First + new PageCount(inArea);
        PageTableEntry entry = space.Tables.Read(page);
        if (!entry.IsPresent || entry.Frame != frame) return false;
        visitor.Visit(space, ref area, page, entry);
        return true;
    }
}
