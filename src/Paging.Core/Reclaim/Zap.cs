using Paging.Core.Cache;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Reclaim;

/// <summary>Clears page table entries and frees the frames that lose their last user. The areas stay as they are.</summary>
/// <remarks>
/// Cost: one step per present page; one lookup per 4 MiB where there is no page table.
/// Linux: mm/memory.c zap_page_range_single, zap_pte_range.
/// </remarks>
internal sealed class Zap(FrameStore store, PageCache cache, SwapSpace swap, HugeBlocks blocks)
{
    /// <summary>Waits for other threads; null if the engine has one.</summary>
    public Shootdown? Shootdown => store.Lists.Shootdown;

    /// <summary>Clears every entry of the range, because the area is removed.</summary>
    public void Range(Space space, PageRange range) => Range(space, range, keepsGuards: false);

    /// <summary>Discards the pages of the range. Guards stay. Linux: zap_nonpresent_ptes without ZAP_FLAG_DROP_MARKER.</summary>
    public void Pages(Space space, PageRange range) => Range(space, range, keepsGuards: true);

    /// <summary>Clears every entry of the range in an area of a file. Protected pages stay protected when they fault in again.</summary>
    /// <remarks>Linux: zap_install_uffd_wp_if_needed, without ZAP_FLAG_DROP_MARKER.</remarks>
    public void RangeKeepingProtection(Space space, PageRange range)
    {
        Sink sink = new(space, store.Frames, cache, swap, new(store.Lists, store.Allocator), blocks, keepsGuards: true);
        foreach ((PageNumber page, PageTableEntry entry) in space.Tables.TouchedIn(range))
        {
            if (entry == EntryWords.ProtectionMarker) continue;
            TakeKeepingProtection(space, page, entry, ref sink);
        }

        sink.Finish();
    }

    /// <summary>Clears the entries of the range that map the page cache. The process's private pages stay.</summary>
    public void CachedPages(Space space, PageRange range)
    {
        Sink sink = new(space, store.Frames, cache, swap, new(store.Lists, store.Allocator), blocks, keepsGuards: true);
        PageNumber from = range.First;
        space.HugeLines.SplitAll(range);    // entries are taken one by one
        while (space.Tables.TryNextTouched(from, range.End, out PageNumber page, out PageTableEntry entry))
        {
            if (entry.IsPresent && store.Frames.Named(entry.Frame).State == FrameState.PageCache)
                TakeKeepingProtection(space, page, entry, ref sink);
            from = page + PageCount.One;
        }

        sink.Finish();
    }

    private static void TakeKeepingProtection(Space space, PageNumber page, PageTableEntry entry, ref Sink sink)
    {
        sink.Take(page, space.Tables.Take(page));
        if (EntryWords.HasProtection(entry)) space.Tables.Store(page, EntryWords.ProtectionMarker);
    }

    private void Range(Space space, PageRange range, bool keepsGuards)
    {
        Sink sink = new(space, store.Frames, cache, swap, new(store.Lists, store.Allocator), blocks, keepsGuards);
        space.Tables.TakeRange(range, ref sink);
        sink.Finish();
    }

    private ref struct Sink(
        Space space, FrameTable frames, PageCache cache, SwapSpace swap, TlbGather gather, HugeBlocks blocks, bool keepsGuards)
        : IEntrySink
    {
        private TlbGather _gather = gather;
        private long _anonymous, _file, _shared, _swapped;

        public void Take(PageNumber page, PageTableEntry entry)
        {
            if (EntryWords.IsSpecial(entry)) return;
            if (!entry.IsPresent)
            {
                TakeAbsent(page, swap.From(entry));
                return;
            }

            ref FrameDescriptor descriptor = ref frames.Named(entry.Frame);
            Count(descriptor.Kind, 1);    // before the frame may be freed
            bool isInSwapCache = descriptor.State == FrameState.SwapCache;

            if (descriptor.State == FrameState.PageCache) cache.KeepBits(entry, ref descriptor);
            _gather.AddMappedInOrder(entry.Frame);
            if (isInSwapCache) swap.DropIfUnused(entry.Frame, ref _gather);
        }

        public bool TryTakeEight(PageTableEntry first)
        {
            FrameNumber frame = first.Frame;
            if (EntryWords.IsSpecial(first) && frame.Value >= frames.Count.Value) return true;    // like all beyond RAM: uncounted
            byte kind = frames.Named(frame).Kind;
            if (!frames.TryUnshareEight(frame) && !_gather.TryAddEightInOrder(frame)) return false;
            Count(kind, 8);
            return true;
        }

        public void TakeHuge(PageRange pages, PageTableEntry entry)
        {
            if (space.HugeLines.IsOfObject(entry))
            {
                Count(frames.Named(entry.Frame).Kind, pages.Count.Value);
                for (uint i = 0; i < pages.Count.Value; i++)
                {
                    EntryWords.KeepDirty(entry, ref frames.Named(entry.Frame + new FrameCount(i)));
                    _gather.AddMapped(entry.Frame + new FrameCount(i));
                }

                return;
            }

            space.HugeLines.Release(pages.First);    // K5: no leaf, no table in reserve
            if (EntryWords.IsSpecial(entry)) return;    // the huge page of zeros
            Count(frames.Named(entry.Frame).Kind, pages.Count.Value);
            blocks.DropLeaf(entry.Frame, ref _gather);
        }

        public void Finish()
        {
            space.Statistics.CountResident(ResidentKind.Anonymous, -_anonymous);
            space.Statistics.CountResident(ResidentKind.File, -_file);
            space.Statistics.CountResident(ResidentKind.Shared, -_shared);
            space.Statistics.Swapped -= _swapped;
            _gather.Finish();
        }

        private void Count(byte kind, long pages)
        {
            switch ((ResidentKind)kind)
            {
                case ResidentKind.Anonymous: _anonymous += pages; break;
                case ResidentKind.File: _file += pages; break;
                default: _shared += pages; break;
            }
        }

        private void TakeAbsent(PageNumber page, SwapEntry entry)
        {
            // The entry is cleared already, so a guard is put back.
            if (entry.Marker == PageMarker.Guard && keepsGuards) space.Tables.Store(page, entry.ToPageTableEntry());
            if (!entry.IsSwap) return;    // a marker has no slot
            _swapped++;
            swap.Release(entry, ref _gather);
        }
    }
}
