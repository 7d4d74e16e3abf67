namespace Paging.Core;

/// <summary>The resident and swapped pages of an area or a process: the figures of smaps, in bytes.</summary>
/// <remarks>
/// A page is shared if its frame is mapped more than once. It is dirty if its entry or its frame is marked dirty. The zero page belongs to
/// no process and is not counted. <see cref="Shared"/> + <see cref="Private"/> = <see cref="Resident"/>. ps and smem call
/// <see cref="Unique"/> USS.
/// Linux: struct mem_size_stats (fs/proc/task_mmu.c).
/// </remarks>
public readonly record struct MemoryFootprint
{
    /// <summary>Present pages (Rss).</summary>
    public ulong Resident { get; init; }
    /// <summary>
    /// Present pages, each divided by the number of its mappings (Pss), in 4096ths of a byte: 12 binary places, as in the kernel.
    /// </summary>
    public ulong ProportionalFixedPoint { get; init; }
    /// <summary>The dirty part of Pss (Pss_Dirty), in the same unit.</summary>
    public ulong ProportionalDirtyFixedPoint { get; init; }
    /// <summary>The private pages in Pss (Pss_Anon), in the same unit.</summary>
    public ulong ProportionalAnonymousFixedPoint { get; init; }
    /// <summary>The pages of files in Pss (Pss_File), in the same unit.</summary>
    public ulong ProportionalFileFixedPoint { get; init; }
    /// <summary>The pages of shared memory and memory files in Pss (Pss_Shmem), in the same unit.</summary>
    public ulong ProportionalSharedFixedPoint { get; init; }
    /// <summary>The locked part of Pss (Locked), in the same unit.</summary>
    public ulong ProportionalLockedFixedPoint { get; init; }
    /// <summary>Mapped more than once, not written.</summary>
    public ulong SharedClean { get; init; }
    /// <summary>Mapped more than once, written.</summary>
    public ulong SharedDirty { get; init; }
    /// <summary>Mapped once, not written.</summary>
    public ulong PrivateClean { get; init; }
    /// <summary>Mapped once, written.</summary>
    public ulong PrivateDirty { get; init; }
    /// <summary>Pages used since clear_refs or reclaim last cleared their mark.</summary>
    public ulong Referenced { get; init; }
    /// <summary>The program's private pages.</summary>
    public ulong Anonymous { get; init; }
    /// <summary>Private pages that MADV_FREE gave up and that were not written since.</summary>
    public ulong LazyFree { get; init; }
    /// <summary>Pages on a swap device (Swap), including pages of shared memory that the process has not mapped.</summary>
    public ulong Swapped { get; init; }
    /// <summary>
    /// The private pages in Swap, each divided by the number of entries that name its slot (SwapPss), in 4096ths of a byte.
    /// </summary>
    public ulong ProportionalSwappedFixedPoint { get; init; }

    /// <summary>Mapped more than once.</summary>
    public ulong Shared => SharedClean + SharedDirty;

    /// <summary>Mapped once.</summary>
    public ulong Private => PrivateClean + PrivateDirty;

    /// <summary>The memory that would be freed if the process ended: its private pages.</summary>
    public ulong Unique => Private;

    /// <summary>Pss in whole bytes.</summary>
    public ulong Proportional => ProportionalFixedPoint >> FractionBits;

    /// <summary>Binary places of the proportional figures. Linux: PSS_SHIFT.</summary>
    public const int FractionBits = 12;

    /// <summary>Adds two footprints, figure by figure.</summary>
    public static MemoryFootprint operator +(in MemoryFootprint left, in MemoryFootprint right)
    {
        MemoryFootprint sum = left;
        CounterRecords.Add(ref sum, right);
        return sum;
    }
}
