using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Frames;

namespace Paging.Core.Reclaim;

/// <summary>Finds the frames of one group that will be missed least, by active and inactive lists or a plugged policy.</summary>
/// <remarks><code>
///                     used twice                              not used since
///   new page ─► inactive ◄────────────────────► active           inactive end ─► evicted ─► remembered
///               head      oldest, deactivated   head                                            │
///                                               ▲                       came back soon          │
///                                               └───────────────────────────────────────────────┘
/// </code>
/// Linux: mm/vmscan.c shrink_lruvec, shrink_inactive_list, shrink_active_list, folio_check_references.
/// </remarks>
internal sealed class GroupReclaim(ReclaimContext context, byte group)
{
    private const uint BatchSize = 32;              // SWAP_CLUSTER_MAX

    private readonly FrameTable _frames = context.Frames;
    private readonly FrameLists _lists = context.Lists;
    private readonly ScanBalance _balance = new(context.Lists, group, context.Swappiness);

    /// <summary>The policy that chooses victims instead of the lists; null: the lists choose.</summary>
    public PluggedPolicy? Policy { get; set; }

    /// <summary>Frees frames in turns of rising urgency until enough are free. Returns the number of frames freed.</summary>
    public uint Free(uint target)
    {
        if (Policy is { IsBroken: false } policy) return policy.Free(target, ref context.Statistics.Counters);
        uint freed = 0;
        for (int priority = Reclaimer.PriorityMax; priority > -Reclaimer.HardRoundCount && freed < target; priority--)
        {
            freed += ShrinkOnce(Math.Max(priority, 0), target - freed);
            freed += context.Kept.Kept?.EvictWanted(isPressed: freed == 0) ?? 0;
        }

        return freed;
    }

    /// <summary>Makes one pass over 1/2^priority of the group's frames. Linux: shrink_lruvec.</summary>
    public uint ShrinkOnce(int priority, uint target)
    {
        if (_lists.Group(group).PageCount == 0) return 0;
        if (Policy is { IsBroken: false } policy)
            return policy.Free(Math.Min(target, 1 + (_lists.Group(group).PageCount >> priority)), ref context.Statistics.Counters);

        Span<uint> left = stackalloc uint[FrameLists.ListCount];
        bool canSwap = context.Swap.HasRoom;    // full devices are as good as none. Linux: can_reclaim_anon_pages
        for (int list = 0; list < left.Length; list++) left[list] = _balance.ScanCount(ScanBalance.Lists[list], priority, canSwap);

        uint freed = 0;
        while (freed < target && (left[0] | left[1] | left[2] | left[3]) != 0)
        {
            for (int list = 0; list < left.Length; list++)
            {
                uint count = Math.Min(left[list], BatchSize);
                left[list] -= count;
                FrameFlags which = ScanBalance.Lists[list];
                if (count == 0) continue;
                if ((which & PageFlags.Active) == FrameFlags.None) freed += ShrinkInactive(which, count, target - Math.Min(freed, target));
                else if (IsInactiveLow(which & PageFlags.FileBacked)) ShrinkActive(which, count);    // Linux: shrink_list
            }
        }

        return freed;
    }

    /// <summary>Accounts for an evicted page that has come back, and returns true if it belongs to the working set.</summary>
    /// <remarks>The return counts as I/O cost for pages of its kind. Linux: workingset_refault, workingset_test_recent.</remarks>
    public bool IsRecent(uint distance, FrameFlags kind)
    {
        _balance.Note(kind, ioPages: 1, keptPages: 0);
        bool isFile = kind != FrameFlags.None;
        ulong workingSet = CountOf(PageFlags.FileBacked | PageFlags.Active);
        if (!isFile) workingSet += CountOf(PageFlags.FileBacked);
        if (context.Swap.HasRoom) workingSet += CountOf(PageFlags.Active) + (isFile ? CountOf(FrameFlags.None) : 0);
        return distance <= workingSet;
    }

    private uint CountOf(FrameFlags list) => _lists.CountOf(group, list);

    /// <summary>Returns true if the inactive list is short compared with the active one. Linux: inactive_is_low.</summary>
    private bool IsInactiveLow(FrameFlags kind)
    {
        ulong inactive = CountOf(kind), active = CountOf(kind | PageFlags.Active);
        ulong gibibytes = (inactive + active) >> 18;    // 2^18 pages; Linux lets the active share grow with the root of memory
        ulong ratio = gibibytes == 0 ? 1 : (ulong)Math.Sqrt(10.0 * gibibytes);
        return inactive * ratio < active;
    }

    private uint ShrinkInactive(FrameFlags list, uint count, uint target)
    {
        ref ReclaimCounters counters = ref context.Statistics.Counters;
        uint freed = 0, kept = 0;
        long writes = counters.SwapWrites + counters.FileWrites;
        while (count != 0 && freed < target)
        {
            FrameNumber frame = _lists.OldestOf(group, list);
            if (frame.Value == 0) break;
            uint pages = PagesOf(frame);
            count -= Math.Min(count, pages);
            counters.Scanned += pages;
            if ((list & PageFlags.FileBacked) != FrameFlags.None) counters.ScannedFile++;
            EvictionResult result = Decide(frame, out References references);
            if (result == EvictionResult.Freed && pages != 1)
            {
                if (context.Swap.HasRoom && (_frames[frame].Flags & PageFlags.Pinned) == FrameFlags.None)
                {
                    freed += EvictBlock(frame, pages, ref counters);
                    continue;
                }

                result = EvictionResult.Activated;    // splitting it would free nothing
            }

            if (result == EvictionResult.Freed) result = context.Eviction.Evict(frame, references.IsWritten, ref counters);
            if (result == EvictionResult.Freed)
            {
                freed++;
                continue;
            }

            kept += pages;
            if (result == EvictionResult.Activated) Activate(frame);
            else _lists.Move(frame, list);
        }

        _balance.Note(list, counters.SwapWrites + counters.FileWrites - writes, kept);    // nr_pageout, nr_scanned - nr_reclaimed
        return freed;
    }

    /// <summary>Splits an unused huge page and evicts its pages, each by its own use. Returns the number of frames freed.</summary>
    /// <remarks>Pages that stay are on the list of the huge page. Linux: the split folios join folio_list in shrink_folio_list.</remarks>
    private uint EvictBlock(FrameNumber first, uint pages, ref ReclaimCounters counters)
    {
        uint freed = 0;
        context.Eviction.SplitBlock(first);
        for (uint i = 0; i < pages; i++)
        {
            FrameNumber part = first + new FrameCount(i);
            ref FrameDescriptor descriptor = ref _frames[part];
            bool isThere = HugeBlocks.IsPart(descriptor) && (descriptor.Flags & FrameFlags.OnList) != FrameFlags.None;
            if (!isThere || Decide(part, out References references) != EvictionResult.Freed) continue;    // unmapped parts are free
            if (context.Eviction.Evict(part, references.IsWritten, ref counters) == EvictionResult.Freed) freed++;
        }

        return freed;
    }

    /// <summary>The number of frames that a listed frame represents: those of a huge page, or one.</summary>
    private uint PagesOf(FrameNumber frame) => FrameLists.IsBlock(ref _frames[frame]) ? _lists.FramesOfBlock : 1;

    /// <summary>Decides by the use of a frame if it may be evicted (Freed), stays or is activated. Linux: folio_check_references.</summary>
    private EvictionResult Decide(FrameNumber frame, out References references)
    {
        references = context.Use.CollectReferences(frame);
        ref FrameDescriptor descriptor = ref _frames[frame];
        if (references.IsLocked) return EvictionResult.Activated;    // away from the oldest end: no list of locked pages exists here
        bool wasReferenced = (descriptor.Flags & PageFlags.Referenced) != FrameFlags.None;
        descriptor.Flags &= ~PageFlags.Referenced;
        bool isFile = IsFilePage(descriptor);
        if (references.AccessedCount == 0)
        {
            bool isDirty = (descriptor.Flags & PageFlags.Dirty) != FrameFlags.None;    // E5: no entry has D without it
            return wasReferenced && isFile && isDirty ? EvictionResult.Kept : EvictionResult.Freed;    // FOLIOREF_RECLAIM_CLEAN
        }

        descriptor.Flags |= PageFlags.Referenced;    // one A may be that of the first fault, so a second use must follow
        bool isActive = wasReferenced || references.AccessedCount > 1 || (isFile && references.IsExecutable);
        return isActive ? EvictionResult.Activated : EvictionResult.Kept;
    }

    private void ShrinkActive(FrameFlags list, uint count)
    {
        while (count != 0)
        {
            FrameNumber frame = _lists.OldestOf(group, list);
            if (frame.Value == 0) return;
            uint pages = PagesOf(frame);
            count -= Math.Min(count, pages);
            References references = context.Use.CollectReferences(frame);
            bool stays = references is { AccessedCount: > 0, IsExecutable: true } && (list & PageFlags.FileBacked) != FrameFlags.None;
            if (!stays) context.Statistics.Counters.Deactivated += pages;
            _lists.Move(frame, stays ? list : list & ~PageFlags.Active);    // used data gets its second chance on the inactive list
        }
    }

    /// <summary>Moves a frame to an active list. A page that was written after MADV_FREE becomes swap-backed again.</summary>
    /// <remarks>Linux: folio_activate, workingset_activation.</remarks>
    private void Activate(FrameNumber frame)
    {
        context.Statistics.Counters.Activated += PagesOf(frame);
        context.History.Advance(group);
        bool isFile = IsFilePage(_frames[frame]);
        _lists.Move(frame, isFile ? PageFlags.FileBacked | PageFlags.Active : PageFlags.Active);
    }

    /// <summary>Returns true for a page of a file with a backing. Shared memory goes to swap, as private pages do.</summary>
    /// <remarks>Linux: folio_is_file_lru.</remarks>
    private static bool IsFilePage(in FrameDescriptor descriptor) =>
        descriptor is { State: FrameState.PageCache, Kind: (byte)ResidentKind.File };
}
