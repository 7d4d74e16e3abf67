using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Allocation;

namespace Paging.Core.Reclaim;

/// <summary>Finds frames when they are short: shrinks the page cache first, then evicts pages that were not used recently.</summary>
/// <remarks><code>
///   frames free   0 ├──── Reserve ────┤───────────── RAM
///                 │                   └ below it the cache grows only by evicting its own pages
///                 └ an allocation has failed: call TryFree, then start over
/// </code>
/// MakeRoom takes only pages that are not mapped and can be read again. TryFree goes through <see cref="Reclaimer"/>, over all pages.
/// Linux: watermarks of mm/page_alloc.c, try_to_free_pages (mm/vmscan.c).
/// </remarks>
internal sealed class MemoryPressure(
    FrameLists lists, BuddyAllocator allocator, OpenFileTable files, PageCache cache, MemoryGroups groups, Reclaimer reclaimer)
{
    private const uint Batch = 32;            // SWAP_CLUSTER_MAX
    private const uint ScanForRoom = 2 * Batch;

    private ILastResort? _lastResort;
    private IUnmappedFrames? _unmapped;
    private IKeptPages? _kept;

    /// <summary>The frames that the cache leaves to page tables and programs.</summary>
    /// <remarks>Linux: min_free_kbytes, four times the square root of RAM in KiB.</remarks>
    public uint Reserve { get; } = ReserveOf(lists.Frames.OrdinaryCount);

    /// <summary>Registers what ends processes when nothing can be reclaimed. Called by that part when it is made.</summary>
    public void EndProcessesBy(ILastResort lastResort) => _lastResort = lastResort;

    /// <summary>Registers frames that are released before any process loses a page; null when their owner is disposed.</summary>
    public void ReleaseFirst(IUnmappedFrames? unmapped) => _unmapped = unmapped;

    /// <summary>Registers the pages of snapshots, which are evicted when no others can be. Called by that part when it is made.</summary>
    public void EvictKept(IKeptPages kept) => _kept = kept;

    /// <summary>Ends a process other than the asking one. Returns false if there is none or the policy forbids it.</summary>
    public bool TryKill(Space asking) => _lastResort is { } lastResort && lastResort.TryKill(asking);

    /// <summary>Frees some frames after an allocation has failed. Returns false if nothing can be freed.</summary>
    public bool TryFree(FrameGroup charged, uint wanted = Batch)
    {
        MemoryGroup group = groups[charged.Number];
        if (group.Reclaim.Policy is not null) wanted = 1;    // a policy chooses when a frame is needed, not ahead of time
        uint freed = charged.IsFull
            ? reclaimer.FreeOfGroup(group, Math.Min(wanted, 1 + (group.Usage.Value >> 3)))    // a batch may be most of a small group
            : _unmapped?.Release(wanted) ?? 0;
        if (freed == 0 && !charged.IsFull) freed = reclaimer.Free(wanted);    // no process loses a page while unmapped frames suffice
        if (freed == 0 && _kept is not null) freed = _kept.Evict(charged.IsFull ? charged : null, wanted);
        if (lists.Shootdown is { } shootdown) freed |= FreeLimbo(shootdown);    // T12: evicted frames may be in limbo, not free yet
        return freed != 0;
    }

    /// <summary>Frees some frames of a group. Returns false if nothing in it can be freed.</summary>
    public bool TryFreeOfGroup(FrameGroup charged, uint wanted)
    {
        uint freed = reclaimer.FreeOfGroup(groups[charged.Number], wanted);
        if (freed == 0 && _kept is not null) freed = _kept.Evict(charged, wanted);
        if (lists.Shootdown is { } shootdown) freed |= FreeLimbo(shootdown);
        return freed != 0;
    }

    /// <summary>Same as <see cref="TryFree"/>, but only if frames are short, because reclaim cannot free host memory for records.</summary>
    /// <param name="charged">The group that the frames are charged to.</param>
    /// <param name="needed">The number of frames that the operation takes at once. If it failed, it has given back its frames.</param>
    public bool TryFreeFor(FrameGroup charged, uint needed) =>
        (allocator.AvailableFrames.Value < needed || charged.Left < needed) && TryFree(charged, Math.Max(needed, Batch));

    /// <summary>True if frames are short: none is free, or the group is at its limit.</summary>
    public bool IsShort(FrameGroup charged) => allocator.AvailableFrames.Value == 0 || charged.IsFull;

    /// <summary>Reports the missing page of a fault that got no frame to a plugged policy, which counts the miss.</summary>
    /// <remarks>An anonymous area already has its root: the fault assigns one before it requests a frame.</remarks>
    public void Announce(Space space, PageNumber page)
    {
        if (groups[space.Group.Number].Reclaim.Policy is not { } policy) return;
        if (space.Foreign is not null)
        {
            policy.Announce(PageIdentity.OfPrivate(SpaceOwner.Of(space.Index), page.Value));    // it has no areas and roots (E9)
            return;
        }

        ref readonly Area area = ref space.Areas[space.Areas.Tree.Covering(page)];
        uint index = area.OffsetOf(page).Value;
        policy.Announce(area.IsAnonymous
            ? PageIdentity.OfPrivate(area.Root.Value, index)
            : PageIdentity.OfObject(files.ObjectOf(area.File).Number, index));
    }

    /// <summary>Evicts as many cached pages as the reserve is short of, before the cache grows.</summary>
    /// <remarks>Scans few pages, so it may evict fewer.</remarks>
    public void MakeRoom(FrameGroup charged, uint pages)
    {
        uint free = allocator.AvailableFrames.Value;
        if (free >= Reserve + pages) return;
        cache.Reclaim(charged, Reserve + pages - free, ScanForRoom + pages);
        lists.Shootdown?.TrySettle();    // the dropped frames may be in limbo, where no allocation finds them
    }

    /// <summary>Frees the frames in limbo: waits until no thread can access them. Returns their number, or 0 after a timeout.</summary>
    private static uint FreeLimbo(Shootdown shootdown)
    {
        uint waiting = shootdown.Limbo.Count;    // before settling, which empties it
        return shootdown.TrySettle() ? waiting : 0;
    }

    private static uint ReserveOf(FrameCount ram)
    {
        double kibibytes = ram.Value * 4.0;
        return (uint)Math.Sqrt(kibibytes * 16) / 4;    // in KiB, and 4 KiB are a page
    }
}
