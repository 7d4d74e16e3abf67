using Paging.Native;

namespace Paging.Core;

/// <summary>What is there of an area, or of a whole process, page by page: the figures of smaps, in bytes.</summary>
/// <remarks>
/// Shared and private follow the map counts of the frames; dirty follows the entry and the page. The zero page is nobody's and counts nowhere.
/// <see cref="Shared"/> + <see cref="Private"/> = <see cref="Resident"/>; <see cref="Unique"/> is what ps and smem call USS.
/// Linux: struct mem_size_stats (fs/proc/task_mmu.c).
/// </remarks>
public readonly record struct MemoryFootprint
{
    /// <summary>Present pages (Rss).</summary>
    public ulong Resident { get; init; }
    /// <summary>The same, each page divided by how often it is mapped (Pss), in 4096ths of a byte: 12 binary places, as the kernel keeps it.</summary>
    public ulong ProportionalFixedPoint { get; init; }
    /// <summary>The part of it that is dirty (Pss_Dirty), in the same unit.</summary>
    public ulong ProportionalDirtyFixedPoint { get; init; }
    /// <summary>The program's own pages of it (Pss_Anon), in the same unit.</summary>
    public ulong ProportionalAnonymousFixedPoint { get; init; }
    /// <summary>Pages of files of it (Pss_File), in the same unit.</summary>
    public ulong ProportionalFileFixedPoint { get; init; }
    /// <summary>Shared memory and memory files of it (Pss_Shmem), in the same unit.</summary>
    public ulong ProportionalSharedFixedPoint { get; init; }
    /// <summary>The locked part of it (Locked), in the same unit.</summary>
    public ulong ProportionalLockedFixedPoint { get; init; }
    /// <summary>Mapped more than once, not written.</summary>
    public ulong SharedClean { get; init; }
    /// <summary>Mapped more than once, written.</summary>
    public ulong SharedDirty { get; init; }
    /// <summary>Mapped once, not written.</summary>
    public ulong PrivateClean { get; init; }
    /// <summary>Mapped once, written.</summary>
    public ulong PrivateDirty { get; init; }
    /// <summary>Used since clear_refs or reclaim last looked.</summary>
    public ulong Referenced { get; init; }
    /// <summary>The program's own pages.</summary>
    public ulong Anonymous { get; init; }
    /// <summary>Own pages that MADV_FREE gave away and nobody wrote since.</summary>
    public ulong LazyFree { get; init; }
    /// <summary>Pages on a swap device (Swap), those of shared memory that it does not have itself included.</summary>
    public ulong Swapped { get; init; }
    /// <summary>The program's own of them, each slot divided by how many entries name it (SwapPss), in 4096ths of a byte.</summary>
    public ulong ProportionalSwappedFixedPoint { get; init; }

    /// <summary>Mapped more than once.</summary>
    public ulong Shared => SharedClean + SharedDirty;

    /// <summary>Mapped once.</summary>
    public ulong Private => PrivateClean + PrivateDirty;

    /// <summary>What would come free if the process ended: its private pages.</summary>
    public ulong Unique => Private;

    /// <summary>Pss in whole bytes.</summary>
    public ulong Proportional => ProportionalFixedPoint >> FractionBits;

    /// <summary>Binary places of the proportional figures. Linux: PSS_SHIFT.</summary>
    internal const int FractionBits = 12;

    /// <summary>Adds two, figure by figure.</summary>
    public static MemoryFootprint operator +(in MemoryFootprint left, in MemoryFootprint right) => new()
    {
        Resident = left.Resident + right.Resident,
        ProportionalFixedPoint = left.ProportionalFixedPoint + right.ProportionalFixedPoint,
        ProportionalDirtyFixedPoint = left.ProportionalDirtyFixedPoint + right.ProportionalDirtyFixedPoint,
        ProportionalAnonymousFixedPoint = left.ProportionalAnonymousFixedPoint + right.ProportionalAnonymousFixedPoint,
        ProportionalFileFixedPoint = left.ProportionalFileFixedPoint + right.ProportionalFileFixedPoint,
        ProportionalSharedFixedPoint = left.ProportionalSharedFixedPoint + right.ProportionalSharedFixedPoint,
        ProportionalLockedFixedPoint = left.ProportionalLockedFixedPoint + right.ProportionalLockedFixedPoint,
        SharedClean = left.SharedClean + right.SharedClean,
        SharedDirty = left.SharedDirty + right.SharedDirty,
        PrivateClean = left.PrivateClean + right.PrivateClean,
        PrivateDirty = left.PrivateDirty + right.PrivateDirty,
        Referenced = left.Referenced + right.Referenced,
        Anonymous = left.Anonymous + right.Anonymous,
        LazyFree = left.LazyFree + right.LazyFree,
        Swapped = left.Swapped + right.Swapped,
        ProportionalSwappedFixedPoint = left.ProportionalSwappedFixedPoint + right.ProportionalSwappedFixedPoint,
    };

    /// <summary>The whole process. Linux: smaps_rollup.</summary>
    internal static MemoryFootprint Of(AddressSpace space)
    {
        MemoryFootprint sum = default;
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next) sum += Of(space, space.Areas[index]);
        return sum;
    }

    /// <summary>One area. Linux: smap_gather_stats, smaps_pte_entry.</summary>
    internal static MemoryFootprint Of(AddressSpace space, in Area area)
    {
        MemoryFootprint sum = default;
        PageNumber from = area.First;
        while (space.Tables.TryNextTouched(from, area.End, out PageNumber page, out PageTableEntry entry))
        {
            sum += OfPage(space.Engine, area, entry);
            from = page + PageCount.One;
        }

        return area.IsAnonymous ? sum : sum with { Swapped = sum.Swapped + SwappedOfObject(space, area) };
    }

    /// <summary>Shared memory that is out, where the process has nothing of its own instead. Linux: mm/shmem.c shmem_swap_usage, shmem_partial_swap_usage.</summary>
    private static ulong SwappedOfObject(AddressSpace space, in Area area)
    {
        FileObject file = space.Engine.Files.ObjectOf(area.File);
        uint from = area.OffsetOf(area.First);
        ulong end = (ulong)from + area.Count.Value;
        ulong pages = 0;
        while (file.Swapped.Count != 0 && space.Engine.Cache.Forest.TryNext(in file.Swapped, from, out uint page, out _) && page < end)
        {
            if (space.Tables.Read(area.First + new PageCount(page - area.OffsetOf(area.First))).IsNeverTouched) pages++;
            if (page == uint.MaxValue) break;
            from = page + 1;
        }

        return pages << 12;
    }

    private static MemoryFootprint OfSwapped(PagingEngine engine, SwapEntry entry)
    {
        const ulong page = 4096;
        uint users = Math.Max(engine.Swap.DeviceOf(entry).UsersOf(entry.Slot), 1);
        return new() { Swapped = page, ProportionalSwappedFixedPoint = (page << FractionBits) / users };
    }

    private static MemoryFootprint OfPage(PagingEngine engine, in Area area, PageTableEntry entry)
    {
        const ulong page = 4096;
        if (!entry.IsPresent) return SwapEntry.From(entry) is { IsSwap: true } swapped ? OfSwapped(engine, swapped) : default;
        if (EntryWords.IsZeroPage(entry)) return default;

        ref FrameDescriptor frame = ref engine.Frames[entry.Frame];
        bool isOwn = EntryWords.IsOwnPage(frame);
        bool isShared = frame.MapCount > 1;
        bool isDirty = entry.IsDirty || IsPageDirty(engine, frame);
        bool isReferenced = entry.IsAccessed || (frame.Flags & PageFlags.Referenced) != 0;
        ulong share = (page << FractionBits) / Math.Max(frame.MapCount, 1);
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
    private static bool IsPageDirty(PagingEngine engine, in FrameDescriptor frame)
    {
        if (frame.State != FrameState.PageCache) return (frame.Flags & PageFlags.Dirty) != 0;
        FileObject file = engine.Files.Object(frame.Owner);
        return file.IsMemory || engine.Cache.Forest.HasTag(in file.Pages, frame.Index, RadixTag.Dirty);
    }
}
