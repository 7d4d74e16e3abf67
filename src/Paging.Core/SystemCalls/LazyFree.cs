using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Implements madvise(MADV_FREE): the pages stay until memory is short or they are written again.</summary>
/// <remarks>
/// Private pages start dirty. A page that is dirty neither in its descriptor nor in an entry was given up here, and reclaim drops it.
/// If several processes map a page, each gives up its own entry only, and the other entries stay dirty.
/// Skipped: pages whose swap slot has other users, and pages that MREMAP_DONTUNMAP left locked. A snapshot keeps its pages dirty: the
/// process gives up its own entry, and reclaim then takes that one only.
/// Linux: mm/madvise.c madvise_free_pte_range, folio_mark_lazyfree.
/// </remarks>
internal sealed class LazyFree(FrameStore store, SwapSpace swap)
{
    public void Execute(Space space, PageRange part)
    {
        TlbGather gather = new(store.Lists, store.Allocator);
        foreach ((PageNumber page, PageTableEntry entry) in space.Tables.TouchedIn(part))
        {
            if (entry.IsPresent)
            {
                if (!MayGiveUp(entry.Frame)) continue;
                PageTableEntry clean = entry.WithoutAccessed().WithoutDirty();    // a write sets D again, and so keeps the page
                if (space.Tables.Journal is { } journal) clean = journal.Note(page, entry, clean);    // it may be equal
                space.Tables.Store(page, clean);
                GiveUp(entry.Frame);    // after the note, which tells by the flag that the page is dirty
            }
            else if (swap.From(entry) is { IsSwap: true } swapped)
            {
                space.Tables.Store(page, default);    // zeros cost less than reading the page back
                space.Statistics.Swapped--;
                swap.Release(swapped, ref gather);
            }
        }

        gather.Finish();    // frames are free only after their translations are gone (T12)
    }

    private bool MayGiveUp(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref store.Frames.Named(frame);
        if (!EntryWords.IsOwnPage(descriptor) || (descriptor.Flags & PageFlags.Pinned) != 0) return false;    // folio_mark_lazyfree
        if (FrameLists.IsBlock(in descriptor) || (descriptor.Flags & FrameFlags.OnList) == 0) return false;    // another's huge page
        bool hasCopy = descriptor.State == FrameState.SwapCache, isDirty = (descriptor.Flags & PageFlags.Dirty) != 0;
        if ((hasCopy || isDirty) && descriptor.MapCount != 1) return false;    // other entries are not dirty, and yet need the page
        return !hasCopy || swap.TryLeave(frame);
    }

    private void GiveUp(FrameNumber frame)
    {
        store.Lists.Move(frame, PageFlags.FileBacked);    // reclaim scans this list first, even without a swap device
        // A referenced page would stay for another round: lru_lazyfree.
        store.Frames.Named(frame).Flags &= ~(PageFlags.Dirty | PageFlags.Referenced);
    }
}
