using System.Runtime.CompilerServices;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

/// <summary>Handles faults in lines without a table of small pages, which have a huge leaf or may get one.</summary>
/// <remarks>
/// A line is the range that one entry of a directory covers. A read maps the huge page of zeros, a write takes a huge page. A write to a
/// huge page that another process maps as well, or that a snapshot keeps, splits the leaf, and the next attempt copies one small page.
/// Linux: mm/huge_memory.c do_huge_pmd_anonymous_page, do_huge_pmd_wp_page, do_huge_zero_wp_pmd.
/// </remarks>
internal sealed class TransparentFault(FrameTable frames)
{
    /// <summary>Handles the fault, or leaves it to the small pages.</summary>
    /// <returns>False: the line gets a table.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool TryFill(Space space, ref Area area, PageFault fault, out FaultOutcome outcome)
    {
        outcome = FaultOutcome.Resolved;
        space.NoteRegion(fault.Page);
        HugeLines lines = space.HugeLines;
        if (space.Tables.Huge.TryRead(fault.Page, out PageTableEntry entry))
        {
            if (fault.IsWrite && !entry.IsWritable) outcome = Write(space, ref area, fault.Page, entry);
            return true;
        }

        PageNumber first = space.Tables.Huge.RangeOf(fault.Page).First;
        if (!MayBeHuge(space, area, first) || !AnonymousFault.TryPrepareRoot(space, ref area)) return false;    // reads get a root as well
        return fault.IsWrite ? TryMake(space, area, first) : TryShowZeros(space, area, first);
    }

    /// <summary>True if the area and the process want huge pages, and the line lies in the area. Linux: thp_vma_allowable_order.</summary>
    private static bool MayBeHuge(Space space, in Area area, PageNumber first)
    {
        if ((area.Flags & (AreaFlags.HugePage | AreaFlags.Reports)) != AreaFlags.HugePage) return false;
        bool isWhole = area.First <= first && first + space.Tables.Huge.CountEach <= area.End;    // thp_vma_suitable_order
        return isWhole && space.IsTransparent && space.HugeLines.Policy != TransparentPolicy.Off && !space.Observers.SeesEachPage;
    }

    private static bool TryShowZeros(Space space, in Area area, PageNumber first)
    {
        HugeLines lines = space.HugeLines;
        if (!lines.Blocks.TryPrepareZeros() || !lines.TryReserve()) return false;
        space.Tables.Huge.Store(first, EntryWords.ZeroPage(area.Flags).WithFrame(lines.Blocks.ZeroBlock));
        space.Faults.ZeroPage++;
        return true;
    }

    private static bool TryMake(Space space, in Area area, PageNumber first)
    {
        HugeLines lines = space.HugeLines;
        if (!lines.TryReserve()) return false;    // the table for a later split, which may not fail (K5)
        if (!lines.Blocks.TryTake(space.Group, area.Root.Value, area.OffsetOf(first), out FrameNumber block))
        {
            lines.Blocks.Counters.FaultsRefused++;    // Linux: THP_FAULT_FALLBACK
            bool isOverLimit = !space.Group.HasRoomFor(lines.Blocks.FramesEach);
            if (isOverLimit) lines.Blocks.Counters.FaultsOverLimit++;    // Linux: THP_FAULT_FALLBACK_CHARGE
            lines.Release(first);
            return false;
        }

        lines.Blocks.Counters.FaultsServed++;
        lines.Blocks.Clear(block);
        // Charges the group for every frame, so not before the last failure.
        lines.Blocks.AddFirstLeaf(space.Group, block, space.Index.Value);
        space.Tables.Huge.Store(first, EntryWords.Own(block, area.Flags, writable: true));
        space.Statistics.CountResident(ResidentKind.Anonymous, space.Tables.Huge.CountEach.Value);
        space.Faults.Anonymous++;
        return true;
    }

    private FaultOutcome Write(Space space, ref Area area, PageNumber page, PageTableEntry entry)
    {
        HugeLines lines = space.HugeLines;
        PageNumber first = space.Tables.Huge.RangeOf(page).First;
        bool isEachNoticed = space.Observers.SeesEachPage;    // the first write to each small page
        if (EntryWords.IsSpecial(entry) && !isEachNoticed) return ReplaceZeros(space, ref area, first, entry);
        if (isEachNoticed || space.Tables.IsKept(page) || !(EntryWords.IsExclusive(entry) || lines.Blocks.IsAlone(entry.Frame)))
        {
            lines.SplitAround(page);
            return FaultOutcome.LookAgain;
        }

        frames[entry.Frame].Owner = area.Root.Value;    // later searches skip the parent's areas: folio_move_anon_rmap
        space.Tables.Huge.Store(first, EntryWords.Own(entry.Frame, area.Flags, writable: true));
        space.Faults.Reused++;
        return FaultOutcome.Resolved;
    }

    private static FaultOutcome ReplaceZeros(Space space, ref Area area, PageNumber first, PageTableEntry zeros)
    {
        if (!AnonymousFault.TryPrepareRoot(space, ref area)) return FaultOutcome.OutOfMemory;
        space.Tables.Huge.Take(first);
        space.HugeLines.Release(first);    // the zeros' table: TryMake reserves one for its own leaf (K5)
        if (TryMake(space, area, first)) return FaultOutcome.Resolved;
        if (!space.HugeLines.TryReserve()) return FaultOutcome.OutOfMemory;    // an empty line reads as zeros too
        space.Tables.Huge.Store(first, zeros);
        space.HugeLines.SplitAround(first);
        return FaultOutcome.LookAgain;
    }
}
