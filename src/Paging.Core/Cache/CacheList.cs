using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Native;

namespace Paging.Core.Cache;

/// <summary>The cached pages that could be read again, as the cache itself sees them: who gives way so that it can grow no further.</summary>
/// <remarks><code>
///   active    newest ◄──► … ◄──► oldest ─┐ while they are more than the inactive ones
///   inactive  newest ◄──► … ◄──► oldest ◄┘──► used again, mapped, dirty, held? once more round : gone
/// </code>
/// C4: exactly the cached pages of files with a backing are on the two lists of file-backed pages. One use is not enough to become active:
/// a file that is read through once does not push out what is used again and again. Under real shortage <see cref="Reclaimer"/> decides, over
/// all lists. Linux: mm/vmscan.c shrink_active_list, shrink_inactive_list; mm/swap.c folio_mark_accessed.</remarks>
internal sealed class CacheList(FrameTable frames, FrameLists lists)
{
    private readonly FrameLists _lists = lists;

    /// <summary>A page was used for the second time: the inactive list is not where it is looked for first. Linux: folio_activate.</summary>
    public void Activate(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        descriptor.Flags &= ~PageFlags.Referenced;
        if ((descriptor.Flags & FrameFlags.OnList) != 0) _lists.Move(frame, (descriptor.Flags & PageFlags.FileBacked) | PageFlags.Active);
    }

    /// <summary>Takes a frame off the list it is on, if any.</summary>
    public void Remove(FrameNumber frame)
    {
        if ((frames[frame].Flags & FrameFlags.OnList) != 0) _lists.Remove(frame);
    }

    /// <summary>The page of the current group that gives way next; the ones passed over go round. It stays on the list until it is dropped.</summary>
    /// <param name="scanCount">How many pages to look at; what is left of it afterwards.</param>
    /// <param name="frame">Its frame.</param>
    public bool TryFindVictim(ref uint scanCount, out FrameNumber frame)
    {
        const FrameFlags active = PageFlags.FileBacked | PageFlags.Active;
        byte group = _lists.Current;
        for (; scanCount != 0; scanCount--)
        {
            if (_lists.CountOf(group, PageFlags.FileBacked) < _lists.CountOf(group, active)) _lists.Move(_lists.OldestOf(group, active), PageFlags.FileBacked);
            frame = _lists.OldestOf(group, PageFlags.FileBacked);
            if (frame == default) return false;
            ref FrameDescriptor descriptor = ref frames[frame];
            bool mayGo = descriptor is { State: FrameState.PageCache, ReferenceCount: 1 }
                && (descriptor.Flags & (PageFlags.Dirty | PageFlags.Pinned)) == 0;
            if (mayGo) return true;
            descriptor.Flags &= ~PageFlags.Referenced;
            _lists.Move(frame, PageFlags.FileBacked);
        }

        frame = default;
        return false;
    }
}
