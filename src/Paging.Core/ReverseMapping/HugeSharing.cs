using Paging.Core.Areas;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;

namespace Paging.Core.ReverseMapping;

/// <summary>Checks if another process maps any page of a transparent huge page that has been split.</summary>
/// <remarks>
/// Cost: O(frames of the block), and for each frame that is mapped its areas; ends at the first other process.
/// Linux: folio_maybe_mapped_shared.
/// </remarks>
internal sealed class HugeSharing(FrameTable frames, HugeBlocks blocks, ReverseMap map)
{
    /// <summary>True if another space maps a part of the block around a part.</summary>
    public bool HasOther(Space space, FrameNumber part)
    {
        FrameNumber first = blocks.FirstOf(part);
        Search search = new(space);
        for (uint i = 0; i < blocks.FramesEach && !search.HasFound; i++)
        {
            FrameNumber frame = first + new FrameCount(i);
            if (HugeBlocks.IsPart(frames[frame]) && frames[frame].MapCount != 0) map.Walk(frame, ref search);
        }

        return search.HasFound;
    }

    private struct Search(Space space) : IMappingVisitor
    {
        public static bool KeepsHuge => true;    // entries are only compared, so no leaf needs to be split

        public bool HasFound { get; private set; }

        public void Visit(Space other, ref Area area, PageNumber page, PageTableEntry entry) => HasFound |= other != space;
    }
}
