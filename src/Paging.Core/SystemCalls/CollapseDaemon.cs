using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>The daemon that collapses small pages into transparent huge pages, a few lines in each tick of background work.</summary>
/// <remarks><code>
/// Order       processes by number, areas and lines by address; a tick goes on where the previous one ended
/// A line is   left alone if too much of it was never touched, is swapped out, or is shared; if a page is not private, is pinned, or its
///             writes are reported; if none of its pages was used recently; or, with swapped pages, fewer than half
/// Charged     the process's group
/// Linux       mm/khugepaged.c khugepaged_do_scan, khugepaged_scan_mm_slot, hpage_collapse_scan_pmd (6.18: rights do not matter)
/// </code></remarks>
internal sealed class CollapseDaemon(
    FrameTable frames, HugeBlocks blocks, SpaceTable spaces, CollapseOperation collapse, int scanPages)
{
    // The most pages of a line that may be untouched, swapped out, and mapped by other processes as well. Linux: khugepaged_init.
    private readonly uint _untouchedMax = blocks.FramesEach - 1;    // one touched page is enough
    private readonly uint _swappedMax = blocks.FramesEach / 8, _sharedMax = blocks.FramesEach / 2;

    private int _process;    // the process being scanned, or the first one after it; 0 to begin from the start
    private PageNumber _from;

    /// <summary>Makes one tick. Returns the number of small pages that became parts of huge pages, at most the budget.</summary>
    public uint Run(uint pageBudget)
    {
        if (blocks.FramesEach > pageBudget) return 0;
        uint scanned = 0, collapsed = 0;
        int starts = 0;
        while (scanned < (uint)scanPages && collapsed + blocks.FramesEach <= pageBudget)
        {
            if (_process == 0 && ++starts == 2) break;    // each process once in a tick. Linux: pass_through_head
            if (Find(_process) is not { } space)
            {
                if (_process != 0) blocks.Counters.FullScans++;
                _process = 0;
                _from = default;
                if (starts != 0) break;    // the round began in this tick, so it has met every process
                continue;
            }

            if (space.ProcessId != _process) (_process, _from) = (space.ProcessId, default);    // skips numbers without a process
            if (!TryScan(space, pageBudget, ref scanned, ref collapsed)) break;
        }

        return collapsed;
    }

    /// <summary>The running process with the lowest number from <paramref name="from"/> on.</summary>
    private Space? Find(int from)
    {
        Space? found = null;
        foreach (Space space in spaces.All)
        {
            bool isNext = space is { IsLive: true, IsTransparent: true, Foreign: null } && space.ProcessId >= from
                && (found is null || space.ProcessId < found.ProcessId);
            if (isNext) found = space;
        }

        return found;
    }

    /// <summary>Continues the scan of a process. Returns false if there is no memory for a huge page, so that the tick is over.</summary>
    private bool TryScan(Space space, uint pageBudget, ref uint scanned, ref uint collapsed)
    {
        AreaIndex index = space.Areas.Tree.FirstEndingAfter(_from);
        for (; index.IsSome; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            scanned++;    // an area counts as a page, or many small ones would take a tick for ever
            bool isEligible = area.IsAnonymous && area.Has(AreaFlags.HugePage) && CollapseOperation.MayCollapse(space, area);
            PageRange lines = isEligible ? space.WholeLinesIn(PageRange.Between(Later(area.First, _from), area.End)) : default;
            for (PageNumber line = lines.First; line < lines.End; line += space.Tables.Huge.CountEach)
            {
                if (scanned >= (uint)scanPages || collapsed + blocks.FramesEach > pageBudget) return true;
                PageRange pages = space.Tables.Huge.RangeOf(line);
                scanned += pages.Count.Value;
                _from = pages.End;    // first, so that a line that fails waits for the next round
                if (!IsWorthwhile(space, pages)) continue;
                Errno error = collapse.CollapsePrivate(space, ref area, pages);
                if (error is Errno.ENOMEM or Errno.EBUSY) return false;    // another line would get no block either
                if (error != Errno.None) continue;
                blocks.Counters.Collapsed++;    // pages_collapsed, which MADV_COLLAPSE leaves alone
                collapsed += pages.Count.Value;
            }

            _from = area.End;
        }

        (_process, _from) = (_process + 1, default);
        return true;
    }

    private static PageNumber Later(PageNumber one, PageNumber other) => one < other ? other : one;

    /// <summary>Linux: hpage_collapse_scan_pmd.</summary>
    private bool IsWorthwhile(Space space, PageRange line)
    {
        if (!space.Tables.HasTable(line.First)) return false;    // never touched, or mapped by a leaf
        ref HugeCounters counters = ref blocks.Counters;
        uint untouched = 0, swapped = 0, shared = 0, used = 0;
        for (PageNumber page = line.First; page < line.End; page += PageCount.One)
        {
            PageTableEntry entry = space.Tables.Read(page);
            if (entry.IsNeverTouched || EntryWords.IsSpecial(entry))
            {
                if (++untouched <= _untouchedMax) continue;
                counters.ScansExceedNone++;
                return false;
            }

            if (EntryWords.HasProtection(entry)) return false;    // a leaf cannot report the writes to one of its pages
            if (!entry.IsPresent)
            {
                if (++swapped <= _swappedMax) continue;
                counters.ScansExceedSwap++;
                return false;
            }

            ref FrameDescriptor descriptor = ref frames.Named(entry.Frame);
            if (EntryWords.IsOwnPage(descriptor) && blocks.MappingsOf(entry.Frame) > 1 && ++shared > _sharedMax)
            {
                counters.ScansExceedShared++;
                return false;
            }

            if (!IsFree(in descriptor)) return false;
            if (entry.IsAccessed || (descriptor.Flags & PageFlags.Referenced) != FrameFlags.None) used++;
        }

        return used != 0 && (swapped == 0 || used >= line.Count.Value / 2);
    }

    /// <summary>True for a private page held only by entries and the swap cache. Linux: folio_expected_ref_count.</summary>
    private static bool IsFree(ref readonly FrameDescriptor descriptor)
    {
        uint caches = descriptor.State == FrameState.SwapCache ? 1u : 0;
        return EntryWords.IsOwnPage(descriptor) && (descriptor.Flags & FrameFlags.OnList) != FrameFlags.None
            && !FrameLists.IsBlock(in descriptor) && descriptor.ReferenceCount == descriptor.MapCount + caches;
    }
}
