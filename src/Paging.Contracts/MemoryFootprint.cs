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
    public const int FractionBits = 12;

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
}
