using Paging.Core.Accounting;
using Paging.Core.Cache;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Core.ReverseMapping;

/// <summary>Takes translations away and gives back the frames that nothing else uses. The areas stay as they are.</summary>
/// <remarks>Linux: mm/memory.c zap_page_range_single, zap_pte_range. Cost: one step a present page; tables that are not there cost one look for 4 MiB.</remarks>
internal sealed class Zap(FrameTable frames, FrameLists lists, BuddyAllocator allocator, PageCache cache, SwapSpace swap)
{
    /// <summary>Every entry of the range.</summary>
    public void Range(Space space, PageRange range)
    {
        Sink sink = new(space, frames, cache, swap, new(lists, allocator));
        space.Tables.TakeRange(range, ref sink);
        sink.Finish();
    }

    /// <summary>The entries of the range that show the page cache; the process's own copies stay.</summary>
    public void CachedPages(Space space, PageRange range)
    {
        Sink sink = new(space, frames, cache, swap, new(lists, allocator));
        PageNumber from = range.First;
        while (space.Tables.TryNextTouched(from, range.End, out PageNumber page, out PageTableEntry entry))
        {
            if (entry.IsPresent && frames[entry.Frame].State == FrameState.PageCache) sink.Take(page, space.Tables.Take(page));
            from = page + PageCount.One;
        }

        sink.Finish();
    }

    private ref struct Sink(Space space, FrameTable frames, PageCache cache, SwapSpace swap, TlbGather gather) : IEntrySink
    {
        private TlbGather _gather = gather;
        private long _anonymous, _file, _shared, _swapped;

        public void Take(PageNumber page, PageTableEntry entry)
        {
            if (EntryWords.IsZeroPage(entry)) return;
            if (!entry.IsPresent)
            {
                TakeSwapped(SwapEntry.From(entry));
                return;
            }

            ref FrameDescriptor descriptor = ref frames[entry.Frame];
            switch ((ResidentKind)descriptor.Kind)
            {
                case ResidentKind.Anonymous: _anonymous++; break;
                case ResidentKind.File: _file++; break;
                default: _shared++; break;
            }

            bool isInSwapCache = descriptor.State == FrameState.SwapCache;
            if (entry.IsAccessed && descriptor.State == FrameState.PageCache) cache.MarkUsed(entry.Frame);    // the bit goes with the entry. Linux: zap_present_folio_ptes
            _gather.AddMappedInOrder(entry.Frame);
            if (isInSwapCache) swap.DropIfUnused(entry.Frame, ref _gather);
        }

        public void Finish()
        {
            space.Statistics.CountResident(ResidentKind.Anonymous, -_anonymous);
            space.Statistics.CountResident(ResidentKind.File, -_file);
            space.Statistics.CountResident(ResidentKind.Shared, -_shared);
            space.Statistics.Swapped -= _swapped;
            _gather.Finish();
        }

        private void TakeSwapped(SwapEntry entry)
        {
            if (!entry.IsSwap) return;    // a marker stands for nothing
            _swapped++;
            swap.Release(entry, ref _gather);
        }
    }
}
