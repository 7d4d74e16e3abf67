using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Collections;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Inspection;

/// <summary>Recounts the memory of the whole machine.</summary>
/// <remarks>
/// Cost: one pass over the frame descriptors, of which free blocks are one each, and one over the entries of locked areas.
/// Linux: fs/proc/meminfo.c meminfo_proc_show; mm/show_mem.c si_mem_available.
/// </remarks>
internal sealed class MachineCount(
    FrameStore store, Commitment commitment, OpenFileTable files, SpaceTable spaces, SwapSpace swap, PageCache cache,
    Reclaimer reclaimer, HugeBlocks blocks)
{
    /// <summary>Counts. Allocates one array with an element per frame of RAM.</summary>
    public MachineMemory Run()
    {
        FrameTally tally = new() { FramesOfBlock = blocks.FramesEach };
        bool[] locked = LockedFrames();    // a descriptor does not name the areas that map its frame
        for (uint number = 0; number < store.Frames.Count.Value;)
        {
            FrameDescriptor frame = store.Frames.Shown(new(number));
            tally.Count(frame, locked[number]);
            number += FrameTally.FreeFramesFrom(frame);
        }

        long dirty = 0, writeback = 0;
        foreach (FileObject file in files.Objects)
        {
            if (file.IsHuge) continue;    // its tree has blocks of the pool, which are no page cache
            dirty += CountTagged(file, RadixTag.Dirty);
            writeback += CountTagged(file, RadixTag.Writeback);
        }

        long cached = cache.PageCount;
        long free = store.Allocator.FreeFrames.Value;
        return new()
        {
            Frames = store.Frames.Count,
            Total = Frames(store.Frames.Count.Value - store.Frames.CountOf(FrameState.Reserved).Value),
            Free = Frames(free),
            Available = Frames(Available(free, tally.ActiveFile + tally.InactiveFile)),
            Cached = Frames(cached),
            SwapCached = store.Frames.CountOf(FrameState.SwapCache),
            ActiveAnonymous = Frames(tally.ActiveOwn),
            InactiveAnonymous = Frames(tally.InactiveOwn),
            ActiveFile = Frames(tally.ActiveFile),
            InactiveFile = Frames(tally.InactiveFile),
            Unevictable = Frames(tally.Unevictable),
            Dirty = Frames(dirty),
            Writeback = Frames(writeback),
            MappedAnonymous = Frames(tally.OwnMapped),
            MappedCached = Frames(tally.Mapped),
            Shared = Frames(tally.Shared),
            TransparentHuge = Frames(tally.HugeBlocks * blocks.FramesEach),
            SharedHugeMapped = Frames((long)CountSharedHuge() * blocks.FramesEach),
            PageTables = store.Frames.CountOf(FrameState.PageTable),
            SwapTotal = commitment.SwapPages,
            SwapFree = commitment.SwapPages - swap.UsedSlots,
            CommitLimit = commitment.Limit,
            Committed = commitment.Committed,
        };
    }

    /// <summary>Counts each zone. Allocates as <see cref="Run"/> does.</summary>
    public ZoneMemory[] RunZones()
    {
        bool[] locked = LockedFrames();
        ZoneMemory[] zones = new ZoneMemory[MemoryZones.ZoneCount];
        for (int zone = 0; zone < zones.Length; zone++)
            zones[zone] = ZoneCount.Of((MemoryZone)zone, store.Frames, locked, blocks.FramesEach);
        return zones;
    }

    private static FrameCount Frames(long count) => new((uint)count);

    /// <summary>Returns the free frames above all reserves, plus the cache that can be given up. Linux: si_mem_available.</summary>
    private long Available(long free, long cachePages)
    {
        uint low = reclaimer.Watermarks.Low.Value;    // half of the cache, or as much as this, is taken to be needed
        return Math.Max(0, free - TotalReserve(store.Frames.OrdinaryCount) + cachePages - Math.Min(cachePages / 2, low));
    }

    /// <summary>Counts the frames that no process gets: each zone's high mark, and its reserve against callers of higher zones.</summary>
    /// <remarks>Linux: calculate_totalreserve_pages.</remarks>
    private static long TotalReserve(FrameCount ram)
    {
        long total = 0;
        for (MemoryZone zone = MemoryZone.Dma; zone <= MemoryZone.HighMem; zone++)
        {
            FrameCount reserve = MemoryZones.ReserveOf(zone, MemoryZone.HighMem, ram) + ZoneMarks.Of(zone, ram).High;
            total += Math.Min(reserve.Value, zone.CountOf(ram).Value);
        }

        return total;
    }

    private long CountTagged(FileObject file, RadixTag tag)
    {
        long count = 0;
        for (FilePage from = default; cache.TryNextTagged(file, from, tag, out FilePage page); from = page.Next) count++;
        return count;
    }

    /// <summary>Counts the huge pages of shared memory that have a huge entry. Linux: NR_SHMEM_PMDMAPPED.</summary>
    private int CountSharedHuge()
    {
        HashSet<uint> found = [];    // two processes may map one
        foreach (Space space in spaces.Live)
        {
            if (space.Tables.Huge.Count == 0) continue;    // saves the walk
            for (PageNumber from = default; space.Tables.Huge.TryNext(from, space.Tables.End, out PageNumber page, out var leaf);)
            {
                from = page + space.Tables.Huge.CountEach;
                if (space.HugeLines.IsOfObject(leaf)) found.Add(leaf.Frame.Value);
            }
        }

        return found.Count;
    }

    private bool[] LockedFrames()
    {
        bool[] locked = new bool[store.Frames.Count.Value];
        foreach (Space space in spaces.Live)
        {
            for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
            {
                ref Area area = ref space.Areas[index];
                PageNumber from = area.First;
                while (area.Has(AreaFlags.Locked)
                    && space.Tables.TryNextTouched(from, area.End, out PageNumber page, out PageTableEntry entry))
                {
                    if (entry.IsPresent && entry.Frame.Value < (uint)locked.Length) locked[entry.Frame.Value] = true;
                    from = page + PageCount.One;
                }
            }
        }

        return locked;
    }
}
