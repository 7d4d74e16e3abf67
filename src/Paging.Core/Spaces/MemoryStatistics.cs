using System.Runtime.CompilerServices;
using Paging.Core.Frames;

namespace Paging.Core.Spaces;

/// <summary>The memory that a process has mapped, and the resident part of it, in pages.</summary>
/// <remarks>Linux: total_vm, data_vm, stack_vm, exec_vm, locked_vm and rss_stat of struct mm_struct. M1: each equals a recount.</remarks>
internal struct MemoryStatistics
{
    /// <summary>All areas.</summary>
    public long Total;
    /// <summary>Private writable areas that do not grow.</summary>
    public long Data;
    /// <summary>Growing areas.</summary>
    public long Stack;
    /// <summary>Executable areas that are not writable.</summary>
    public long Code;
    /// <summary>Locked areas, and <see cref="LockedForEver"/>.</summary>
    public long Locked;
    /// <summary>Pages that MREMAP_DONTUNMAP unlocked without subtracting them, as Linux does (mm/mremap.c dontunmap_complete).</summary>
    public long LockedForEver;
    /// <summary>Present private pages.</summary>
    public long ResidentAnonymous;
    /// <summary>Present pages of files with a backing.</summary>
    public long ResidentFile;
    /// <summary>Present pages of shared memory and memory files.</summary>
    public long ResidentShared;
    /// <summary>Private pages that are on a swap device.</summary>
    public long Swapped;
    /// <summary>Present pages of the pool of huge pages, in small pages. Not part of the resident set. Linux: hugetlb_usage.</summary>
    public long HugePool;
    /// <summary>The highest <see cref="Total"/> so far (VmPeak).</summary>
    public long PeakTotal;
    // The highest resident set before it last shrank. Linux: hiwater_rss, which is updated as late.
    private long _peakResident;

    public readonly long Resident => ResidentAnonymous + ResidentFile + ResidentShared;

    /// <summary>The highest resident set so far (VmHWM). Linux: get_mm_hiwater_rss.</summary>
    public long PeakResident
    {
        readonly get => Math.Max(_peakResident, Resident);
        set => _peakResident = value;
    }

    /// <summary>Adds an area of that many pages, or removes it if the number is negative. Linux: vm_stat_account.</summary>
    public void Account(AreaFlags flags, long pages)
    {
        if ((flags & AreaFlags.Foreign) != 0) return;    // the embedder's own: no limit counts it
        Total += pages;
        if ((flags & AreaFlags.Locked) != 0) Locked += pages;
        if (Area.IsCode(flags)) Code += pages;
        else if (Area.IsStack(flags)) Stack += pages;
        else if (Area.IsData(flags)) Data += pages;
        if (Total > PeakTotal) PeakTotal = Total;
    }

    /// <summary>Adds resident pages, or removes them if the number is negative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CountResident(ResidentKind kind, long pages)
    {
        if (pages < 0) _peakResident = PeakResident;    // a growing set needs no store: PeakResident computes the maximum
        switch (kind)
        {
            case ResidentKind.Anonymous: ResidentAnonymous += pages; break;
            case ResidentKind.File: ResidentFile += pages; break;
            default: ResidentShared += pages; break;
        }

    }
}
