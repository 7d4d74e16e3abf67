using Paging.Core.Accounting;
using Paging.Core.Areas;
using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Core.SystemCalls;
using Paging.Native;

namespace Paging.Core.Inspection;

/// <summary>Counts what is there of an area or of a whole process, page by page.</summary>
/// <remarks>Cost: O(present pages). Linux: fs/proc/task_mmu.c.</remarks>
internal sealed class FootprintCount(FrameTable frames, OpenFileTable files, SwapSpace swap, PageCache cache)
{
    /// <summary>The whole process. Linux: smaps_rollup.</summary>
    public MemoryFootprint Of(Space space)
    {
        MemoryFootprint sum = default;
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next) sum += Of(space, space.Areas[index]);
        return sum;
    }

    /// <summary>One area. Linux: smap_gather_stats, smaps_pte_entry.</summary>
    public MemoryFootprint Of(Space space, in Area area)
    {
        MemoryFootprint sum = default;
        PageNumber from = area.First;
        while (space.Tables.TryNextTouched(from, area.End, out PageNumber page, out PageTableEntry entry))
        {
            sum += OfPage(area, entry);
            from = page + PageCount.One;
        }

        return area.IsAnonymous ? sum : sum with { Swapped = sum.Swapped + SwappedOfObject(space, area) };
    }

    /// <summary>Shared memory that is out, where the process has nothing of its own instead. Linux: mm/shmem.c shmem_swap_usage, shmem_partial_swap_usage.</summary>
    private ulong SwappedOfObject(Space space, in Area area)
    {
        FileObject file = files.ObjectOf(area.File);
        uint from = area.OffsetOf(area.First);
        ulong end = (ulong)from + area.Count.Value;
        ulong pages = 0;
        while (file.Swapped.Count != 0 && cache.Forest.TryNext(in file.Swapped, from, out uint page, out _) && page < end)
        {
            if (space.Tables.Read(area.First + new PageCount(page - area.OffsetOf(area.First))).IsNeverTouched) pages++;
            if (page == uint.MaxValue) break;
            from = page + 1;
        }

        return pages << 12;
    }

    private MemoryFootprint OfSwapped(SwapEntry entry)
    {
        const ulong page = 4096;
        uint users = Math.Max(swap.DeviceOf(entry).UsersOf(entry.Slot), 1);
        return new() { Swapped = page, ProportionalSwappedFixedPoint = (page << MemoryFootprint.FractionBits) / users };
    }

    private MemoryFootprint OfPage(in Area area, PageTableEntry entry)
    {
        const ulong page = 4096;
        if (!entry.IsPresent) return SwapEntry.From(entry) is { IsSwap: true } swapped ? OfSwapped(swapped) : default;
        if (EntryWords.IsZeroPage(entry)) return default;

        ref FrameDescriptor frame = ref frames[entry.Frame];
        bool isOwn = EntryWords.IsOwnPage(frame);
        bool isShared = frame.MapCount > 1;
        bool isDirty = entry.IsDirty || IsPageDirty(frame);
        bool isReferenced = entry.IsAccessed || (frame.Flags & PageFlags.Referenced) != 0;
        ulong share = (page << MemoryFootprint.FractionBits) / Math.Max(frame.MapCount, 1);
        ResidentKind kind = (ResidentKind)frame.Kind;
        return new()
        {
            Resident = page,
            ProportionalFixedPoint = share,
            ProportionalDirtyFixedPoint = isDirty ? share : 0,
            ProportionalAnonymousFixedPoint = isOwn ? share : 0,
            ProportionalFileFixedPoint = !isOwn && kind == ResidentKind.File ? share : 0,
            ProportionalSharedFixedPoint = !isOwn && kind == ResidentKind.Shared ? share : 0,
            ProportionalLockedFixedPoint = area.Has(AreaFlags.Locked) ? share : 0,
            SharedClean = isShared && !isDirty ? page : 0,
            SharedDirty = isShared && isDirty ? page : 0,
            PrivateClean = !isShared && !isDirty ? page : 0,
            PrivateDirty = !isShared && isDirty ? page : 0,
            Referenced = isReferenced ? page : 0,
            Anonymous = isOwn ? page : 0,
            LazyFree = frame.State == FrameState.Anonymous && !isDirty ? page : 0,    // one in the swap cache has its slot
        };
    }

    /// <summary>Memory files and shared memory are all there is of them, and so never clean; a page with a backing is dirty while it is tagged.</summary>
    private bool IsPageDirty(in FrameDescriptor frame)
    {
        if (frame.State != FrameState.PageCache) return (frame.Flags & PageFlags.Dirty) != 0;
        FileObject file = files.Object(frame.Owner);
        return file.IsMemory || cache.Forest.HasTag(in file.Pages, frame.Index, RadixTag.Dirty);
    }
}
