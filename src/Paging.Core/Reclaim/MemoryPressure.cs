using Paging.Core.Cache;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Reclaim;

/// <summary>What is done when frames are short: the page cache, which fills RAM up to here, gives way, and what was not used for long goes to swap.</summary>
/// <remarks><code>
///   frames free   0 ├──── Reserve ────┤───────────── RAM
///                 │                   └ below it the cache grows only by what it gives up itself
///                 └ an allocation has failed: TryFree, then look again
/// </code>
/// MakeRoom takes only pages that nobody maps and that can be read again; TryFree goes through <see cref="Reclaimer"/>, over all pages.
/// Linux: watermarks of mm/page_alloc.c, try_to_free_pages (mm/vmscan.c).</remarks>
internal sealed class MemoryPressure(
    FrameLists lists, BuddyAllocator allocator, PageCache cache, MemoryGroups groups, Reclaimer reclaimer)
{
    private const uint Batch = 32;            // SWAP_CLUSTER_MAX
    private const uint ScanForRoom = 2 * Batch;

    private bool _isFreeing;

    /// <summary>Frames that the cache leaves to page tables and programs. Linux: min_free_kbytes, four times the root of RAM in KiB.</summary>
    public uint Reserve { get; } = ReserveOf(lists.Frames.Count);

    /// <summary>Ends processes when nothing can be reclaimed. Set once, when there are processes.</summary>
    public ILastResort? LastResort { get; set; }

    /// <summary>Ends a process other than the one that asks. False: there is no such process, or the policy forbids it.</summary>
    public bool TryKill(Space asking) => LastResort is { } lastResort && lastResort.TryKill(asking);

    /// <summary>An allocation has found no frame: frees some. False: nothing can be freed.</summary>
    public bool TryFree(uint wanted = Batch)
    {
        if (_isFreeing) return false;    // a backing that is being written to has touched memory
        _isFreeing = true;
        MemoryGroup group = groups.Current;
        if (group.Reclaim.Policy is not null) wanted = 1;    // a policy is asked when a frame is needed, not ahead of it
        uint freed = IsGroupFull ? reclaimer.FreeOfGroup(group, Math.Min(wanted, 1 + (group.Usage.Value >> 3))) : reclaimer.Free(wanted);
        _isFreeing = false;
        return freed != 0;
    }

    /// <summary>As <see cref="TryFree"/>, but only where frames are what was short: records of the host's memory do not come from RAM.</summary>
    /// <param name="needed">How many the operation takes at once; one that failed has given back what it had of them.</param>
    public bool TryFreeFor(uint needed) =>
        (allocator.FreeFrames.Value < needed || groups.Current.Frames.Left < needed) && TryFree(Math.Max(needed, Batch));

    /// <summary>Frames are what is short: there is none, or whoever runs may not have another.</summary>
    public bool IsShort => allocator.FreeFrames.Value == 0 || IsGroupFull;

    /// <summary>The group of whoever runs is at its limit.</summary>
    public bool IsGroupFull => lists.IsCurrentFull;

    /// <summary>The cache is about to grow: gives up as many of its pages as the reserve is short of. Does what little effort can.</summary>
    public void MakeRoom(uint pages)
    {
        uint free = allocator.FreeFrames.Value;
        if (free >= Reserve + pages || _isFreeing) return;
        cache.Reclaim(Reserve + pages - free, ScanForRoom + pages);
    }

    private static uint ReserveOf(FrameCount ram)
    {
        double kibibytes = ram.Value * 4.0;
        return (uint)Math.Sqrt(kibibytes * 16) / 4;
    }
}
