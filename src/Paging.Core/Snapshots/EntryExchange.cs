using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

//                  Keep                      a kept entry holds a reference of its frame, a live one a reference and a mapping;
//   live entry ◄──────────► kept entry       a swap entry is one user of its slot on either side
//                 Return
/// <summary>Releases live entries and turns kept entries into live ones, and updates the statistics of the space.</summary>
/// <remarks>
/// A page of the page cache is not kept: going back maps the page that is cached now, or nothing. Its entry is writable and dirty only if
/// the cached page is dirty, so that the next write is noticed. A page of the host's frames is mapped again if its area still maps them.
/// A page that goes back counts as written in the dirty logs of its address space.
/// </remarks>
internal ref struct EntryExchange(Space space, SnapshotSupplies supplies) : IEntryExchange
{
    private readonly FrameTable _frames = supplies.Store.Frames;
    private readonly SwapSpace _swap = supplies.Swap;
    private TlbGather _gather = new(supplies.Store.Lists, supplies.Store.Allocator);
    private ref MemoryStatistics _statistics = ref space.Statistics;

    /// <summary>True until the areas are restored: pages of the page cache, which are found through them, have to wait.</summary>
    public bool DefersCached { get; set; }

    public bool TryExchange(PageNumber page, PageTableEntry live, PageTableEntry kept, out PageTableEntry entry)
    {
        bool isCached = IsCached(kept);
        space.Observers.Logs.Note(page.Value);    // going back writes; a log must not miss it
        if (live.IsPresent && kept.IsPresent && !isCached && live.Frame == kept.Frame && IsHeld(kept) && !IsReadBack(kept))
        {
            Release(kept);    // the same frame with other bits: its mapping stays
            entry = kept;
            return true;
        }

        if (!live.IsNeverTouched) Remove(live);
        bool waits = DefersCached && (isCached || IsReadBack(kept));
        entry = waits ? default : Return(page, kept);
        return !waits && !IsMissing(kept, entry);    // false keeps the note for the second pass
    }

    /// <summary>
    /// True if a page is not cached now, but a snapshot of the engine may restore it. Its entry then stays in the journal.
    /// </summary>
    public readonly bool IsMissing(PageTableEntry kept, PageTableEntry entry) =>
        entry.IsNeverTouched && IsCached(kept) && supplies.Observers.KeepsSharedMemory;

    /// <summary>Releases the page of a live entry, which is out of its table and of the translation cache.</summary>
    public void Remove(PageTableEntry live)
    {
        if (!live.IsPresent)
        {
            if (_swap.From(live) is not { IsSwap: true } swapped) return;
            _statistics.Swapped--;
            _swap.Release(swapped, ref _gather);
            return;
        }

        if (EntryWords.IsSpecial(live)) return;    // not counted
        ref FrameDescriptor descriptor = ref _frames.Named(live.Frame);
        _statistics.CountResident((ResidentKind)descriptor.Kind, -1);
        EntryWords.KeepDirty(live, ref descriptor);    // W6: the entry's D is lost with it
        bool isInSwapCache = descriptor.State == FrameState.SwapCache;    // before AddMapped, which may free the frame
        _gather.AddMapped(live.Frame);
        if (isInSwapCache) _swap.DropIfUnused(live.Frame, ref _gather);
    }

    /// <summary>Takes a huge leaf that was made since the snapshot out as a whole. The journal keeps its notes, and gets no more.</summary>
    public void RemoveLeaf(PageRange pages, PageTableEntry leaf)
    {
        HugeLines lines = space.HugeLines;
        for (PageNumber page = pages.First; page < pages.End; page += PageCount.One) space.Observers.Logs.Note(page.Value);
        if (lines.IsOfObject(leaf))
        {
            lines.SplitAround(pages.First);    // drops the leaf: its pages fault in again
            return;
        }

        space.Tables.Huge.Take(pages.First);
        lines.Release(pages.First);
        if (EntryWords.IsSpecial(leaf)) return;    // the huge page of zeros is not counted
        _statistics.CountResident(ResidentKind.Anonymous, -(long)pages.Count.Value);
        lines.Blocks.DropLeaf(leaf.Frame, ref _gather);
    }

    /// <summary>Turns a kept entry into a live one, to be stored for the page.</summary>
    public PageTableEntry Return(PageNumber page, PageTableEntry kept)
    {
        if (!kept.IsPresent)
        {
            if (SwapEntry.From(kept).IsSwap) _statistics.Swapped++;    // the slot's user was the kept entry
            return kept;
        }

        if (IsCached(kept)) return MapCached(page, kept);
        if (!IsHeld(kept)) return kept;
        ref FrameDescriptor descriptor = ref _frames.Named(kept.Frame);
        if (IsReadBack(kept)) kept = WithArea(page, kept, ref descriptor);
        descriptor.MapCount++;    // the reference was the kept entry's
        if (descriptor.State == FrameState.SwapCache) DropSlot(kept.Frame);    // Keep has taken one user for the kept entry
        _statistics.CountResident(ResidentKind.Anonymous, 1);
        return kept;
    }

    /// <summary>Releases the frame or slot that a kept entry holds.</summary>
    public void Release(PageTableEntry kept)
    {
        if (!kept.IsPresent)
        {
            if (SwapEntry.From(kept) is { IsSwap: true } swapped) _swap.Release(swapped, ref _gather);
            return;
        }

        if (IsCached(kept) || !IsHeld(kept)) return;
        bool isInSwapCache = _frames[kept.Frame].State == FrameState.SwapCache;
        if (isInSwapCache) DropSlot(kept.Frame);    // Keep has taken one user for the kept entry
        _gather.Add(kept.Frame);
        if (isInSwapCache) _swap.DropIfUnused(kept.Frame, ref _gather);
    }

    /// <summary>True if a kept entry holds a frame or a slot.</summary>
    public static bool Holds(PageTableEntry kept) =>
        kept.IsPresent ? !IsCached(kept) && IsHeld(kept) : SwapEntry.From(kept).IsSwap;

    /// <summary>Frees the frames that have lost their last reference.</summary>
    public void Finish() => _gather.Finish();

    private static bool IsCached(PageTableEntry kept) => kept.IsPresent && (kept.Word & EntryJournal.CachedMark) != 0;

    // A present entry that is not cached maps a private page, which is held, or the zero page, or a page of an image.
    private static bool IsHeld(PageTableEntry kept) => kept.Frame != EntryWords.ZeroFrame && !EntryWords.IsSpecial(kept);

    private static bool IsReadBack(PageTableEntry kept) => kept.IsPresent && (kept.Word & EntryJournal.ReadBackMark) != 0;

    /// <summary>The entry of a page that was read back for swapoff, by its area, which is back already. Linux: unuse_pte.</summary>
    private readonly PageTableEntry WithArea(PageNumber page, PageTableEntry kept, ref FrameDescriptor descriptor)
    {
        ref Area area = ref space.Areas[space.Areas.Tree.Covering(page)];
        (descriptor.Owner, descriptor.Index) = (space.Areas.Roots[area.Chain].Root.Value, area.OffsetOf(page).Value);
        PageTableEntry entry = PageTableEntry.Map(kept.Frame, area.IsAccessible ? PageAccess.User : PageAccess.None);
        entry = EntryWords.WithFetch(entry.WithDirty().WithSoftware2(), area.Flags);
        return kept.IsAttribute ? EntryWords.Protected(entry) : entry;
    }

    private readonly void DropSlot(FrameNumber frame)
    {
        SwapEntry entry = _swap.EntryOf(frame);
        _swap.DeviceOf(entry).DropUser(entry.Slot);
    }

    private PageTableEntry MapCached(PageNumber page, PageTableEntry kept)
    {
        AreaIndex index = space.Areas.Tree.Covering(page);
        if (index.IsNone || space.Areas[index].IsAnonymous) return default;
        ref Area area = ref space.Areas[index];
        FileObject file = supplies.Files.ObjectOf(area.File);
        FilePage filePage = area.OffsetOf(page);
        if (EntryWords.IsSpecial(kept)) return MapHost(file, filePage, kept);
        if (file.Kind == FileKind.Device) return default;    // another file has its place now
        if (!file.Contains(filePage) || !supplies.Cache.TryFind(file, filePage, out FrameNumber frame)) return default;
        PageTableEntry entry = new PageTableEntry(kept.Word & ~EntryJournal.CachedMark).WithFrame(frame);
        ref FrameDescriptor descriptor = ref _frames[frame];
        if (!file.IsMemory && (descriptor.Flags & PageFlags.Dirty) == FrameFlags.None) entry = entry.WithoutWritable().WithoutDirty();
        if (space.Observers.NeedFaults) entry = entry.WithoutWritable();    // D4, J5
        _frames.AddReferenceAndMapping(frame);
        _statistics.CountResident((ResidentKind)descriptor.Kind, 1);
        return entry;
    }

    private static PageTableEntry MapHost(FileObject file, FilePage filePage, PageTableEntry kept)
    {
        if (file.Kind != FileKind.Device || file.Device is not null || !file.Contains(filePage)) return default;
        PageTableEntry entry = new(kept.Word & ~EntryJournal.CachedMark);
        return entry.WithFrame(file.HostFrames + new FrameCount(filePage.Value)).WithoutWritable();    // the next write is noticed
    }
}
