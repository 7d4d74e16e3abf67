using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

//   snapshot   note of the page ──► [ a copy, made when it was taken ]
//   process    entry ──► [ the pinned frame ] ◄── the pin          going back copies the bytes, and the entry stays
/// <summary>Private pages of a process that the host has pinned: a snapshot gets copies, and the pins stay with the process.</summary>
/// <remarks>
/// The host may write a pinned frame at any time, without a fault, so no snapshot can share it. Cost: a frame and 4 KiB copied for each
/// pinned page at every snapshot and every restore; without pins a test.
/// Linux: a fork copies such pages: copy_present_page (mm/memory.c), page_needs_cow_for_dma (include/linux/mm.h).
/// </remarks>
internal sealed class PinnedPages(Space space, SnapshotSupplies supplies)
{
    private readonly FrameTable _frames = supplies.Store.Frames;
    private readonly List<KeptPage> _copies = [];

    /// <summary>Copies the pinned pages, for a snapshot that is being taken. Returns false, with nothing changed, without frames.</summary>
    public bool TryCopy()
    {
        foreach (PinTable.Pin pin in supplies.Pins.All)
        {
            if (pin.Space != space || !IsPinnedHere(pin.Page, out PageTableEntry entry) || Has(pin.Page)) continue;
            if (!TryCopy(entry.Frame, out FrameNumber copy))    // pin.Frame may be of an earlier mapping of the page
            {
                Release();
                return false;
            }

            const ulong owned = EntryBits.Writable | EntryBits.Software1;    // J1
            PageTableEntry kept = new((entry.WithFrame(copy).Word & ~owned) | EntryBits.Dirty);    // no device has the copy
            _copies.Add(new(pin.Page, kept));
        }

        return true;
    }

    /// <summary>Hands the copies to the journal of a snapshot that was just taken. The pages count as changed from now on.</summary>
    public void MoveTo(EntryJournal journal)
    {
        foreach (KeptPage copy in _copies)
        {
            space.HugeLines.SplitAround(copy.Page);    // a note is of a small page; a fork splits it as well
            journal.Put(copy.Page, copy.Entry);
        }

        _copies.Clear();
    }

    /// <summary>Writes the bytes of the snapshot into the pinned frames, and takes their notes out of the journal for the time.</summary>
    public void Restore(EntryJournal journal)
    {
        foreach (PinTable.Pin pin in supplies.Pins.All)
        {
            if (pin.Space != space || !journal.Has(pin.Page) || !TryRestore(pin.Page, journal[pin.Page])) continue;
            _copies.Add(new(pin.Page, journal[pin.Page]));
            journal.Forget(pin.Page);    // or its entry would go back as well
        }
    }

    /// <summary>
    /// Writes the bytes of a kept page into the frame that the page maps, if that is pinned. Its entry gets the rights and marks of the
    /// kept one.
    /// </summary>
    /// <returns>
    /// False: the page maps no pinned frame, another process or snapshot has it too, or the snapshot has no private page in RAM there. The
    /// pin then keeps its frame, and the process does not.
    /// </returns>
    public bool TryRestore(PageNumber page, PageTableEntry kept)
    {
        const ulong marks = EntryJournal.CachedMark | EntryJournal.ReadBackMark;
        bool hasPage = kept.IsPresent && (kept.Word & marks) == 0 && !EntryWords.IsSpecial(kept) && kept.Frame != EntryWords.ZeroFrame;
        if (!hasPage || !IsPinnedHere(page, out PageTableEntry live)) return false;
        if (space.Tables.Huge.Has(page) || kept.Frame == live.Frame) return false;
        ref FrameDescriptor descriptor = ref _frames[live.Frame];
        if (descriptor.MapCount != 1 || (descriptor.State == FrameState.SwapCache && !supplies.Swap.TryLeave(live.Frame))) return false;
        if (descriptor.ReferenceCount != 1 + CountPins(live.Frame)) return false;    // a snapshot holds these bytes
        supplies.Store.Ram.Copy(kept.Frame, live.Frame);
        supplies.Store.Ram.Observers.Note(live.Frame);
        space.Observers.Logs.Note(page.Value);    // going back writes; a log must not miss it
        descriptor.Flags |= PageFlags.Dirty;
        EntryJournal? journal = space.Tables.Journal;
        space.Tables.Journal = null;    // the note stays as it is
        space.Tables.Store(page, kept.WithFrame(live.Frame).WithSoftware1());    // exclusive: its next write must not leave the pin
        space.Tables.Journal = journal;
        return true;
    }

    /// <summary>Frees the copies of a snapshot that could not be taken.</summary>
    public void Release()
    {
        EntryExchange exchange = new(space, supplies);
        foreach (KeptPage copy in _copies) exchange.Release(copy.Entry);
        exchange.Finish();
        _copies.Clear();
    }

    private uint CountPins(FrameNumber frame)
    {
        uint count = 0;
        foreach (PinTable.Pin pin in supplies.Pins.All)
            if (pin.Frame == frame) count++;
        return count;
    }

    private bool TryCopy(FrameNumber source, out FrameNumber copy)
    {
        copy = default;
        while (space.Group.IsFull || !supplies.Store.Allocator.TryTake(out copy))
            if (!supplies.Pressure.TryFreeFor(space.Group, 1)) return false;
        FrameDescriptor pinned = _frames.Shown(source);
        supplies.Store.Lists.AddAnonymous(space.Group, copy, pinned.Kind, pinned.Owner, new(pinned.Index));
        ref FrameDescriptor descriptor = ref _frames[copy];
        descriptor.MapCount = 0;    // its one reference is the kept entry's
        descriptor.Flags |= PageFlags.Dirty;
        supplies.Store.Ram.Copy(source, copy);
        supplies.Store.Ram.Observers.Note(copy);
        return true;
    }

    private bool IsPinnedHere(PageNumber page, out PageTableEntry entry)
    {
        entry = space.Tables.Read(page);
        if (!entry.IsPresent || EntryWords.IsSpecial(entry) || entry.Frame.Value >= _frames.Count.Value) return false;
        if (!EntryWords.IsOwnPage(_frames.Shown(entry.Frame))) return false;
        foreach (PinTable.Pin pin in supplies.Pins.All)
            if (pin.Space == space && pin.Page == page && pin.Frame == entry.Frame) return true;
        return false;
    }

    private bool Has(PageNumber page)
    {
        foreach (KeptPage copy in _copies)
            if (copy.Page == page) return true;
        return false;
    }
}
