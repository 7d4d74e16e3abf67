using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Inspection;

/// <summary>The huge pages in reports: the figures of an area, and the kind of each line of the page tables.</summary>
/// <remarks>Cost: O(present pages). Linux: fs/proc/task_mmu.c smaps_hugetlb_range, smaps_pmd_entry; mm/huge_memory.c.</remarks>
internal sealed class HugeLook(FrameTable frames, HugeBlocks blocks)
{
    /// <summary>The figures of one area.</summary>
    public HugeFootprint Of(Space space, in Area area)
    {
        long transparent = 0, shared = 0, alone = 0, ofObjects = 0, each = (long)space.Tables.Huge.CountEach.Bytes;
        PageNumber from = area.First;
        while (space.Tables.Huge.TryNext(from, area.End, out PageNumber page, out PageTableEntry entry))
        {
            from = page + space.Tables.Huge.CountEach;
            if (EntryWords.IsSpecial(entry)) continue;    // the huge zero page
            if (space.HugeLines.IsOfObject(entry)) ofObjects += each;
            else if (!space.HugeLines.IsOfPool(entry)) transparent += each;
            else if (frames[entry.Frame].MapCount > 1) shared += each;    // Linux: smaps_hugetlb_range
            else alone += each;
        }

        FileObject? file = space.Areas.PoolObject(area);
        bool isEligible = area.IsAnonymous && area.Has(AreaFlags.HugePage) && space.IsTransparent
            && space.HugeLines.Policy != TransparentPolicy.Off && !space.WholeLinesIn(area.Range).IsEmpty;
        return new(file is null ? VirtualAddress.PageSize : (ulong)file.HugeBytes, transparent, shared, alone, ofObjects, isEligible);
    }

    /// <summary>Classifies the entries of the line around a page.</summary>
    public HugeLine LineOf(Space space, PageNumber page)
    {
        PageRange line = space.Tables.Huge.RangeOf(page);
        if (space.Tables.Huge.TryRead(page, out PageTableEntry leaf))
        {
            if (EntryWords.IsSpecial(leaf)) return HugeLine.HugeZero;    // the only special frame that a leaf maps
            ref FrameDescriptor first = ref frames.Named(leaf.Frame);
            return first.State == FrameState.PageCache
                || (first.State == FrameState.Kernel && (first.Private & HugePool.InObject) != 0)
                ? HugeLine.HugeOfFile : HugeLine.HugePrivate;
        }

        Kinds kinds = default;
        foreach ((PageNumber touched, PageTableEntry entry) in space.Tables.TouchedIn(line))
            Classify(line, touched, entry, ref kinds);
        return kinds switch
        {
            { IsOwn: true, IsOther: false } => HugeLine.PartsOfOneBlock,
            { IsOwn: true } => HugeLine.SmallPrivate,
            { IsShown: true } => HugeLine.SmallOfFile,
            { IsZero: true } => HugeLine.SmallZero,
            _ => HugeLine.Empty,
        };
    }

    /// <summary>The pages of page tables that a 64-bit kernel has for the process beyond those of its start.</summary>
    public static long CountTables(Space space)
    {
        long count = space.HugeLines.Count;    // the table that is deposited for each leaf. Linux: pgtable_trans_huge_deposit
        int regions = 0;
        for (PageNumber line = default; line < space.Tables.End; line += space.Tables.Huge.CountEach)
        {
            PageRange range = space.Tables.Huge.RangeOf(line);
            if (!space.Tables.HasTable(line) || HasForeign(space, range)) continue;    // the embedder's areas are not the program's
            count++;
            regions |= 1 << (int)(line.Value >> Space.RegionShift);
        }

        regions |= space.Regions;
        for (int region = 0; region < 3; region++)    // the gigabytes of the user half
        {
            PageRange whole = new(new((uint)region << Space.RegionShift), new(1u << Space.RegionShift));
            if ((regions & (1 << region)) != 0 && !HasForeign(space, whole)) count++;
        }

        return count;
    }

    private void Classify(PageRange line, PageNumber page, PageTableEntry entry, ref Kinds kinds)
    {
        if (!entry.IsPresent)
        {
            bool isSwapped = SwapEntry.From(entry).IsSwap;
            kinds.IsOwn |= isSwapped;
            kinds.IsOther |= isSwapped;    // it has no place in a block
            return;
        }

        if (EntryWords.IsSpecial(entry))
        {
            kinds.IsZero = true;
            return;
        }

        ref FrameDescriptor frame = ref frames.Named(entry.Frame);
        if (!EntryWords.IsOwnPage(frame))
        {
            kinds.IsShown = true;
            return;
        }

        FrameNumber block = blocks.FirstOf(entry.Frame);
        bool isPart = HugeBlocks.IsPart(frame) && entry.Frame.Value - block.Value == (page - line.First).Value;
        kinds.IsOther |= !isPart || (kinds.IsOwn && kinds.Block != block);
        kinds.Block = block;
        kinds.IsOwn = true;
    }

    private static bool HasForeign(Space space, PageRange range)
    {
        for (AreaIndex index = space.Areas.Tree.FirstIn(range); index.IsSome && space.Areas[index].First < range.End;
            index = space.Areas[index].Next)
            if (space.Areas[index].Has(AreaFlags.Foreign)) return true;
        return false;
    }

    private struct Kinds
    {
        public bool IsOwn, IsOther, IsShown, IsZero;
        public FrameNumber Block;
    }
}
