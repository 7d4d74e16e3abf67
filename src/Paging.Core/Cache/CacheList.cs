using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Frames;

namespace Paging.Core.Cache;

/// <summary>The cached pages that could be read again, and the choice of the page to drop when the cache may not grow.</summary>
/// <remarks><code>
///   active    newest ◄──► … ◄──► oldest ─┐ while this list is the longer one
///   inactive  newest ◄──► … ◄──► oldest ◄┘──► used again, mapped, dirty or held? back to newest : dropped
/// </code>
/// C4: exactly the cached pages of files with a backing are on the two lists of file-backed pages. A single use does not make a page
/// active, so a file that is read through once does not displace pages that are used again and again. When frames are really short,
/// <c>Reclaimer</c> decides over all lists.
/// Linux: mm/vmscan.c shrink_active_list, shrink_inactive_list.</remarks>
internal sealed class CacheList(FrameTable frames, FrameLists lists)
{
    private readonly FrameLists _lists = lists;

    /// <inheritdoc cref="FrameLists.MarkUsed"/>
    public void MarkUsed(FrameNumber frame) => _lists.MarkUsed(frame);

    /// <summary>
    /// Finds the page of a group to drop next. The pages passed over move to the newest end; the one found stays in place.
    /// </summary>
    /// <param name="charged">The group.</param>
    /// <param name="scanCount">The number of pages to scan; afterwards, the number of them that are left.</param>
    /// <param name="frame">The frame of the page found.</param>
    /// <returns>False if no page can be dropped.</returns>
    public bool TryFindVictim(FrameGroup charged, ref uint scanCount, out FrameNumber frame)
    {
        const FrameFlags active = PageFlags.FileBacked | PageFlags.Active;
        int group = charged.Number;
        for (; scanCount != 0; scanCount--)
        {
            bool activeIsLonger = _lists.CountOf(group, PageFlags.FileBacked) < _lists.CountOf(group, active);
            if (activeIsLonger) _lists.Move(_lists.OldestOf(group, active), PageFlags.FileBacked);
            frame = _lists.OldestOf(group, PageFlags.FileBacked);
            if (frame == default) return false;
            ref FrameDescriptor descriptor = ref frames[frame];
            bool mayGo = descriptor is { State: FrameState.PageCache, ReferenceCount: 1 }    // the cache's own: not mapped and not pinned
                && (descriptor.Flags & (PageFlags.Dirty | PageFlags.Pinned)) == 0;
            if (mayGo) return true;
            descriptor.Flags &= ~PageFlags.Referenced;
            _lists.Move(frame, PageFlags.FileBacked);
        }

        frame = default;
        return false;
    }
}
