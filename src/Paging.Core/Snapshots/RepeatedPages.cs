using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Maps pages of one process of a saved engine in another one that shared them, as a fork does.</summary>
/// <remarks>
/// Neither side may write before a copy, and the reverse map finds both through the oldest root of their areas.
/// Linux: copy_present_page, copy_nonpresent_pte.
/// </remarks>
internal readonly struct RepeatedPages(SnapshotSupplies supplies, Space source, Space target)
{
    /// <summary>Maps a page that was never touched and has a page table.</summary>
    /// <param name="from">The page in the source.</param>
    /// <param name="area">The area in the target.</param>
    /// <param name="page">The page in the target.</param>
    /// <param name="bits">The saved bits of its entry.</param>
    /// <returns>False if the target's page is not such a page, the source has none, or the areas have nothing in common: the saved form
    /// is damaged.</returns>
    public bool TryRepeat(PageNumber from, in Area area, PageNumber page, uint bits)
    {
        AreaIndex index = source.Areas.Tree.Covering(from);
        EntrySlot slot = target.Tables.SlotOf(page);
        if (index.IsNone || !slot.HasTable || slot.Word != 0) return false;
        ref readonly Area origin = ref source.Areas[index];
        bool isCommon = !origin.HasAny(AreaFlags.Shared | AreaFlags.Foreign) && origin.Chain.IsSome
            && source.Areas.Roots[origin.Chain].Root == target.Areas.Roots[area.Chain].Root && origin.OffsetOf(from) == area.OffsetOf(page);
        if (!isCommon) return false;
        PageTableEntry entry = source.Tables.Read(from);
        if (!entry.IsPresent) return TryRepeatSlot(from, page, supplies.Swap.From(entry));
        bool isOwn = EntryWords.IsOwnPage(supplies.Store.Frames.Shown(entry.Frame));
        if (!isOwn && !EntryWords.IsZeroPage(entry) && !EntryWords.IsImagePage(entry, supplies.Store.Frames)) return false;
        if (isOwn) Share(from, entry);
        PageTableEntry shown = isOwn
            ? EntryWords.Own(entry.Frame, area.Flags, writable: false).WithoutSoftware1()
            : EntryWords.OfHost(entry.Frame, area.Flags, writable: false, written: false);
        if (isOwn) shown = new((shown.Word & ~(ulong)SnapshotFormat.SavedBits) | bits);
        target.Tables.StoreFirst(target.Tables.SlotOf(page), area.IsAccessible ? shown : shown.WithoutUser());    // E2
        return true;
    }

    private void Share(PageNumber from, PageTableEntry entry)
    {
        source.Tables.Store(from, entry.WithoutWritable().WithoutSoftware1());
        supplies.Store.Frames[entry.Frame].Counts += FrameTable.OneReferenceAndMapping;
        target.Statistics.CountResident(ResidentKind.Anonymous, 1);
    }

    private bool TryRepeatSlot(PageNumber from, PageNumber page, SwapEntry entry)
    {
        if (!entry.IsSwap) return false;
        entry = entry.WithoutExclusive();    // two entries name the slot now (E3)
        supplies.Swap.DeviceOf(entry).AddUser(entry.Slot);
        source.Tables.Store(from, entry.ToPageTableEntry());
        target.Tables.StoreFirst(target.Tables.SlotOf(page), entry.ToPageTableEntry());
        target.Statistics.Swapped++;
        return true;
    }
}
