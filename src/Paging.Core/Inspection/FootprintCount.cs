using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Inspection;

/// <summary>Counts the memory that an area or a whole process occupies, page by page.</summary>
/// <remarks>Cost: O(present pages). Linux: fs/proc/task_mmu.c.</remarks>
internal sealed class FootprintCount(
    FrameTable frames, OpenFileTable files, SwapSpace swap, PageCache cache, SharedMemorySwap shared, HugeBlocks blocks,
    ForkLoans loans)
{
    /// <summary>Counts the whole process. Linux: smaps_rollup.</summary>
    public MemoryFootprint Of(Space space)
    {
        MemoryFootprint sum = default;
        if (space.Foreign is { } foreign) foreach (AreaSnapshot area in foreign.Describe()) sum += OfForeign(space, area);
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next) sum += Of(space, space.Areas[index]);
        return sum;
    }

    /// <summary>Counts one area. Linux: smap_gather_stats, smaps_pte_entry.</summary>
    public MemoryFootprint Of(Space space, in Area area)
    {
        loans.CopyAll();    // P8: a page's share depends on the exact count of its mappings
        MemoryFootprint sum = default;
        foreach ((_, PageTableEntry entry) in space.Tables.TouchedIn(area.Range))
        {
            if (entry.IsPresent && EntryWords.IsSpecial(entry)) continue;    // as vm_normal_page has no page for it
            sum += OfPage(entry, area.Has(AreaFlags.Locked), swap.From(entry));
        }

        return area.IsAnonymous ? sum : sum with { Swapped = sum.Swapped + SwappedOfObject(space, area) };
    }

    /// <summary>Counts one area of a space of another system.</summary>
    public MemoryFootprint OfForeign(Space space, AreaSnapshot area)
    {
        MemoryFootprint sum = default;
        foreach ((_, PageTableEntry entry) in space.Tables.TouchedIn(area.Range))
            sum += OfPage(entry, area.IsLocked, swap.UsedOrNone(space.Foreign!.SlotOf(entry)));
        return sum;
    }

    /// <summary>Returns the bytes of swapped-out shared memory in the area that the process has no private copy of.</summary>
    /// <remarks>Linux: mm/shmem.c shmem_swap_usage, shmem_partial_swap_usage.</remarks>
    private ulong SwappedOfObject(Space space, in Area area)
    {
        FileObject file = files.ObjectOf(area.File);
        FilePageRange range = FilePageRange.Of(area.PageOffset, area.Count.Value);
        ulong pages = 0;
        for (FilePage from = range.First; shared.TryNext(file, from, out FilePage page, out _) && range.Includes(page); from = page.Next)
        {
            if (space.Tables.Read(area.First + (page - range.First)).IsNeverTouched) pages++;
        }

        return new PageCount((uint)pages).Bytes;
    }

    private MemoryFootprint OfSwapped(SwapEntry entry)
    {
        const ulong page = VirtualAddress.PageSize;
        uint users = Math.Max(swap.DeviceOf(entry).UsersOf(entry.Slot), 1);
        return new() { Swapped = page, ProportionalSwappedFixedPoint = (page << MemoryFootprint.FractionBits) / users };
    }

    /// <param name="entry">The page's entry.</param>
    /// <param name="isLocked">True if its area is locked.</param>
    /// <param name="swapped">The slot that an entry without P names.</param>
    private MemoryFootprint OfPage(PageTableEntry entry, bool isLocked, SwapEntry swapped)
    {
        const ulong page = VirtualAddress.PageSize;
        if (!entry.IsPresent) return swapped.IsSwap ? OfSwapped(swapped) : default;
        FrameDescriptor frame = frames.Shown(entry.Frame);
        if (frame.State == FrameState.Kernel) return default;    // of the pool
        bool isOwn = EntryWords.IsOwnPage(frame);
        uint mappings = HugeBlocks.IsPart(frame) ? blocks.MappingsOf(entry.Frame) : frame.MapCount;    // a leaf maps each part
        bool isShared = mappings > 1;
        bool isDirty = entry.IsDirty || IsPageDirty(frame);
        bool isReferenced = entry.IsAccessed || (frame.Flags & PageFlags.Referenced) != 0;    // as in smaps_account
        ulong share = (page << MemoryFootprint.FractionBits) / Math.Max(mappings, 1);    // shifted first: less is lost to rounding
        ResidentKind kind = (ResidentKind)frame.Kind;
        return new()
        {
            Resident = page,
            ProportionalFixedPoint = share,
            ProportionalDirtyFixedPoint = isDirty ? share : 0,
            ProportionalAnonymousFixedPoint = isOwn ? share : 0,
            ProportionalFileFixedPoint = !isOwn && kind == ResidentKind.File ? share : 0,
            ProportionalSharedFixedPoint = !isOwn && kind == ResidentKind.Shared ? share : 0,
            ProportionalLockedFixedPoint = isLocked ? share : 0,
            SharedClean = isShared && !isDirty ? page : 0,
            SharedDirty = isShared && isDirty ? page : 0,
            PrivateClean = !isShared && !isDirty ? page : 0,
            PrivateDirty = !isShared && isDirty ? page : 0,
            Referenced = isReferenced ? page : 0,
            Anonymous = isOwn ? page : 0,
            LazyFree = frame.State == FrameState.Anonymous && !isDirty ? page : 0,    // in the swap cache it has a slot
        };
    }

    /// <summary>Returns true if the page has no up-to-date copy on a device. A page of a file is dirty while tagged.</summary>
    /// <remarks>A page of memory is clean until it is written for the first time. Linux: folio_test_dirty.</remarks>
    private bool IsPageDirty(in FrameDescriptor frame)
    {
        if (frame.State != FrameState.PageCache) return (frame.Flags & PageFlags.Dirty) != 0;
        FileObject file = files.Object(frame.Owner);
        return file.IsMemory ? (frame.Flags & PageFlags.Dirty) != 0 : cache.HasTag(file, new(frame.Index), RadixTag.Dirty);
    }
}
