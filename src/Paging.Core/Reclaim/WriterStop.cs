using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Reclaim;

/// <summary>Drops every cached translation for writing to a frame. The entries stay, so the next store only misses.</summary>
/// <remarks>Linux: the flush of try_to_unmap_flush_dirty (mm/rmap.c) before a page is written out.</remarks>
internal struct WriterStop : IMappingVisitor
{
    /// <summary>Makes stores of other threads miss and wait for the slow path, so that a page does not change meanwhile.</summary>
    /// <returns>False if a thread has not come to rest and might still store.</returns>
    public static bool TryStop(FrameNumber frame, ReverseMap reverseMap, FrameLists lists)
    {
        if (lists.Shootdown is not { } shootdown) return true;    // one thread, and it is here
        WriterStop stop = default;
        reverseMap.Walk(frame, ref stop);
        return shootdown.TrySettle();
    }

    public readonly void Visit(Space space, ref Area area, PageNumber page, PageTableEntry entry) => space.Translations.ForgetWrite(page);
}
