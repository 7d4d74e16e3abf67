using Paging.Core.Faults;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Collapses small pages into transparent huge pages: at once for madvise(MADV_COLLAPSE), and for the daemon.</summary>
/// <remarks>Linux: mm/khugepaged.c madvise_collapse, hpage_collapse_scan_pmd, collapse_huge_page.</remarks>
internal sealed class CollapseOperation(PhysicalMemory ram, PageFaultHandler faults, Zap zap, PinTable pins, CollapseOfObject objects)
{
    /// <summary>
    /// Collapses the whole lines of a part of one area. Most failures of a line end the call; earlier lines stay collapsed.
    /// </summary>
    /// <returns>
    /// EINVAL: the area cannot have a huge page, the part touches neither border of its line, or a line has nothing
    /// to collapse. ENOMEM: no block. EBUSY: the group is at its limit.
    /// EAGAIN: memory of a line is pinned, or was evicted while the rest was read back.
    /// </returns>
    public Errno Execute(Space space, ref Area area, PageRange part)
    {
        if (!MayCollapse(space, area)) return Errno.EINVAL;
        PageRange around = space.Tables.Huge.RangeOf(part.First);
        if (part.First > around.First && part.End < around.End) return Errno.EINVAL;    // hend < hstart, and their difference is unsigned
        PageRange lines = space.WholeLinesIn(part);    // may be empty: then the call does nothing, and succeeds
        Errno result = Errno.None;
        for (PageNumber line = lines.First; line < lines.End; line += space.Tables.Huge.CountEach)
        {
            if (space.Tables.Huge.Has(line)) continue;    // SCAN_PMD_MAPPED counts as success
            PageRange pages = space.Tables.Huge.RangeOf(line);
            bool isPinned = area.IsAnonymous ? pins.HoldsIn(space, pages) : pins.HoldsIn(space);    // SCAN_PAGE_COUNT; an object may be
            bool goesOn = isPinned || (area.IsAnonymous && !space.HasRegion(line));                 // pinned elsewhere. SCAN_PMD_NULL
            Errno error = isPinned ? Errno.EAGAIN : area.IsAnonymous ? CollapsePrivate(space, ref area, pages)
                : objects.Collapse(space, ref area, pages, out goesOn);
            if (error != Errno.None && !goesOn) return error;
            if (error != Errno.None) result = error;
        }

        return result;
    }

    /// <summary>Linux: thp_vma_allowable_order for TVA_FORCED_COLLAPSE, which requires an anonymous root of private memory.</summary>
    public static bool MayCollapse(Space space, in Area area)
    {
        if (!space.IsTransparent || space.HugeLines.Policy == TransparentPolicy.Off) return false;
        if (area.HasAny(AreaFlags.NoHugePage | AreaFlags.Reports | AreaFlags.Device)) return false;    // reports are by small page
        if (space.WholeLinesIn(area.Range).IsEmpty) return false;
        if (area.IsAnonymous) return area.Root.IsSome;    // without one nothing was written, so there is nothing to copy
        return ((area.First.Value - area.PageOffset.Value) & (space.Tables.Huge.CountEach.Value - 1)) == 0;    // the object's line
    }

    /// <summary>Collapses one line of private memory.</summary>
    /// <returns>As above. After an error only read-back pages of the line have changed.</returns>
    public Errno CollapsePrivate(Space space, ref Area area, PageRange line)
    {
        if (!space.Tables.HasTable(line.First)) return Errno.EINVAL;    // no page of the line was touched
        HugeBlocks blocks = space.HugeLines.Blocks;
        if (!blocks.TryTake(space.Group, area.Root.Value, area.OffsetOf(line.First), out FrameNumber block))
        {
            blocks.Counters.CollapsePagesRefused++;
            return !space.Group.HasRoomFor(blocks.FramesEach) ? Errno.EBUSY : Errno.ENOMEM;
        }

        blocks.Counters.CollapsePagesMade++;
        Errno error = BringIn(space, ref area, line);    // first, as it may reclaim, and evict pages of the line
        if (error == Errno.None && !IsPresent(space, line)) error = Errno.EAGAIN;
        if (error == Errno.None && !TryStopWriters(space)) error = Errno.EAGAIN;    // last, so that no store falls between it and the copy
        if (error != Errno.None)
        {
            blocks.GiveBack(block);
            return error;
        }

        for (uint i = 0; i < line.Count.Value; i++)
        {
            PageTableEntry entry = space.Tables.Read(line.First + new PageCount(i));
            FrameNumber part = block + new FrameCount(i);
            if (entry.IsPresent && entry.Frame != EntryWords.ZeroFrame) ram.Copy(entry.Frame, part);
            else ram.Clear(part);    // untouched pages and the zero page read as zeros
        }

        ram.Observers.Note(block, new(line.Count.Value));    // moved bytes, as PageMover reports them
        zap.Range(space, line);    // after the copy, as it frees the old frames
        blocks.AddFirstLeaf(space.Group, block, space.Index.Value);
        PageTableEntry leaf = EntryWords.Own(block, area.Flags, area.Has(AreaFlags.Write) && !space.Observers.SeesEachPage);
        space.Tables.Huge.Collapse(line.First, area.IsAccessible ? leaf : leaf.WithoutUser(), out FrameNumber table);
        space.HugeLines.Keep(table);    // K5: the leaf's reserve is the table that it replaces
        space.Statistics.CountResident(ResidentKind.Anonymous, line.Count.Value);
        return Errno.None;
    }

    /// <summary>Makes the stores of other threads miss, so that none is lost while the pages are copied.</summary>
    /// <remarks>Linux: pmdp_collapse_flush.</remarks>
    private bool TryStopWriters(Space space)
    {
        if (zap.Shootdown is not { } shootdown) return true;
        space.Translations.ForgetWrites();
        return shootdown.TrySettle();
    }

    /// <summary>True if no page of a line is swapped out: reading one page back may have evicted another.</summary>
    private static bool IsPresent(Space space, PageRange line)
    {
        foreach ((_, PageTableEntry entry) in space.Tables.TouchedIn(line))
            if (!entry.IsPresent) return false;
        return true;
    }

    /// <summary>Reads back swapped-out pages. A guard cannot be part of a huge page. Linux: __collapse_huge_page_swapin.</summary>
    private Errno BringIn(Space space, ref Area area, PageRange line)
    {
        foreach ((PageNumber page, PageTableEntry entry) in space.Tables.TouchedIn(line))
        {
            if (entry.IsPresent) continue;
            if (!SwapEntry.From(entry).IsSwap) return Errno.EINVAL;
            FaultAttempts attempts = faults.BeginAttempts(space, page);
            FaultOutcome outcome;
            do outcome = faults.Resolve(space, ref area, new(page, AccessKind.Read));
            while (attempts.MustLookAgain(ref outcome));
            if (!space.Tables.Read(page).IsPresent) return Errno.ENOMEM;
        }

        return Errno.None;
    }
}
