using System.Runtime.CompilerServices;
using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

/// <summary>Handles the first touch of a page of a file or of shared memory.</summary>
/// <remarks>
/// Maps the page from the page cache. A write to a private mapping gets a copy at once.
/// A page that is not cached is read first and mapped in the next attempt, because reading may take time and frames.
/// Linux: mm/memory.c do_read_fault, do_cow_fault, do_shared_fault, fault_dirty_shared_page;
/// mm/filemap.c filemap_fault; mm/shmem.c shmem_fault.
/// </remarks>
internal sealed class FileFault(
    FrameTable frames, OpenFileTable files, PageCache cache, PageFiller filler, MappedReadAhead mappedReadAhead,
    BackgroundWriteback background, CopyOnWriteFault copyOnWrite, FaultAround around, PoolFault pool, CollapsedPages collapsed)
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public FaultOutcome Fill(Space space, ref Area area, PageFault fault, EntrySlot slot)
    {
        FileObject file = files.ObjectOf(area.File);
        FilePage filePage = area.OffsetOf(fault.Page);
        if (file.Kind >= FileKind.Device) return FillOther(space, ref area, fault, file, filePage);
        bool copies = fault.IsWrite && !area.Has(AreaFlags.Shared);
        space.NoteRegion(fault.Page);    // even if the fault is refused: pmd_alloc comes before every handler
        if (space.Tables.Huge.Count != 0) space.HugeLines.SplitAround(fault.Page);    // a write copies one small page of it

        // The root precedes the check of the file's end, so a write beyond the end leaves a root after (dialect, section 6, rule 4).
        if (copies && !AnonymousFault.TryPrepareRoot(space, ref area)) return FaultOutcome.OutOfMemory;
        if (file.HasCollapsed && !copies && TryMapCollapsed(space, area, fault, file)) return FaultOutcome.Resolved;
        if (!file.Contains(filePage)) return fault.IsWrite ? FaultOutcome.BusError : ReadBeyondEnd(space, ref area, fault, file);
        if (!slot.HasTable)
        {
            slot = space.Tables.AddTableFor(fault.Page);
            if (!slot.HasTable) return FaultOutcome.OutOfMemory;
        }

        if (!fault.IsWrite && around.TryMap(space, ref area, fault, file)) return FaultOutcome.Resolved;

        if (!cache.TryFind(file, filePage, out FrameNumber cached))
        {
            if (!file.IsMemory) return Read(space, ref area, fault, slot, file, filePage);
            FaultOutcome made = Make(space, file, filePage, out cached);
            if (made != FaultOutcome.Resolved) return made;
        }
        else if (!file.IsMemory && mappedReadAhead.OnHit(space.Group, file, ref files[area.File].ReadAhead, area.Flags, filePage, cached))
        {
            return file.IsAwaited ? AwaitWindow(file, filePage) : FaultOutcome.LookAgain;    // the window may have evicted the page
        }

        cache.NoteUsed(cached);
        if (copies) return Copy(space, ref area, fault.Page, slot, cached);
        if (fault.IsWrite && !PermitsStore(file, filePage)) return FaultOutcome.BusError;    // page_mkwrite: VM_FAULT_SIGBUS
        if (fault.IsWrite && !file.IsMemory) background.Balance();    // frees no frame, so the page stays cached
        if (file.HasCollapsed && TryMapFolio(space, area, fault, file)) return FaultOutcome.Resolved;
        Map(space, ref area, fault, slot, file, filePage, cached);
        return FaultOutcome.Resolved;
    }

    /// <summary>
    /// Maps a huge page of shared memory as one. A read beyond the end maps it too if it would map pages before the end.
    /// </summary>
    /// <remarks>Linux: filemap_map_pmd, which fault-around calls; finish_fault.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryMapCollapsed(Space space, in Area area, PageFault fault, FileObject file)
    {
        bool isReached = file.Contains(area.OffsetOf(fault.Page)) || (!fault.IsWrite && around.Reaches(area, fault.Page, file));
        if (!isReached || !collapsed.TryMap(space, area, fault.Page, file, fault.IsWrite)) return false;
        space.Faults.File++;
        return true;
    }

    /// <summary>Maps the whole folio of a page of shared memory, if the area and the table have room for it.</summary>
    /// <remarks>A write makes all entries dirty. Most reads never come here (<see cref="FaultAround"/>). Linux: finish_fault.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryMapFolio(Space space, in Area area, PageFault fault, FileObject file)
    {
        if (!file.IsSharedMemory || file.IsSegment || area.IsReported || space.Observers.NeedFaults) return false;
        PageRange folio = around.FolioAround(area, fault.Page, file);
        if (folio.Count == PageCount.One) return false;
        for (PageNumber page = folio.First; page < folio.End; page++)
        {
            if (!space.Tables.Read(page).IsNeverTouched) return false;    // pte_range_none
            if (!cache.TryFind(file, area.OffsetOf(page), out FrameNumber frame) || !space.Observers.MayOpen(frame)) return false;
        }

        bool writable = area.Has(AreaFlags.Shared | AreaFlags.Write) && (fault.IsWrite || !area.Has(AreaFlags.SoftClean));
        for (PageNumber page = folio.First; page < folio.End; page++)
        {
            FilePage filePage = area.OffsetOf(page);
            cache.TryFind(file, filePage, out FrameNumber frame);
            if (fault.IsWrite) cache.MarkDirty(file, filePage, frame);    // before the entry allows to write it
            frames.AddReferenceAndMapping(frame);
            space.Tables.Store(page, EntryWords.Cached(frame, area.Flags, writable, fault.IsWrite));
        }

        space.Statistics.CountResident(ResidentKind.Shared, folio.Count.Value);
        space.Faults.File++;
        return true;
    }

    /// <summary>A read beyond the end still maps the cached neighbours before it, and itself if it is in the same folio.</summary>
    /// <remarks>Linux: do_read_fault maps around first; filemap_map_pages.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome ReadBeyondEnd(Space space, ref Area area, PageFault fault, FileObject file)
    {
        if (!around.TryMapNeighbours(space, ref area, fault, file, out bool isMapped)) return FaultOutcome.OutOfMemory;
        return isMapped ? FaultOutcome.Resolved : FaultOutcome.BusError;
    }

    /// <summary>Maps a huge page of the pool or a frame of the host, or leaves the access to the device.</summary>
    /// <remarks>Linux: hugetlb_fault, remap_pfn_range, vmf_insert_pfn.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome FillOther(Space space, ref Area area, PageFault fault, FileObject file, FilePage filePage)
    {
        if (file.IsHuge) return pool.Fill(space, ref area, fault);
        if (!file.Contains(filePage)) return FaultOutcome.BusError;
        if (file.Device is not null || (fault.IsWrite && file.IsRom)) return FaultOutcome.Device;
        if (!space.Tables.TryEnsureTable(fault.Page)) return FaultOutcome.OutOfMemory;    // no root and no count: the frames are the host's
        space.Tables.Store(fault.Page, HostEntry(space, area, file, filePage, fault.IsWrite));
        space.Faults.File++;
        return FaultOutcome.Resolved;
    }

    /// <summary>The entry of a frame of the host. Without a write it stays read-only where the first one is observed.</summary>
    private static PageTableEntry HostEntry(Space space, in Area area, FileObject file, FilePage page, bool isWrite)
    {
        bool writable = area.Has(AreaFlags.Write) && !file.IsRom
            && (isWrite || (!area.Has(AreaFlags.SoftClean) && !space.Observers.NeedFaults));
        return EntryWords.OfHost(file.HostFrames + new FrameCount(page.Value), area.Flags, writable, isWrite);
    }

    /// <summary>Maps all frames of the host after a part of an area, as MAP_POPULATE asks. A device has none.</summary>
    /// <remarks>No fault happens, so none is counted. Linux: a driver's mmap, which calls remap_pfn_range for all of them.</remarks>
    public void ShowHost(Space space, in Area area, PageRange range)
    {
        FileObject file = files.ObjectOf(area.File);
        if (file.Device is not null || !area.IsAccessible) return;
        PageRange part = area.Range.Intersect(range);
        for (PageNumber page = part.First; page < part.End && file.Contains(area.OffsetOf(page)); page++)
        {
            EntrySlot slot = space.Tables.SlotOf(page);
            if (!slot.HasTable) slot = space.Tables.AddTableFor(page);
            if (!slot.HasTable) return;
            if (slot.Word != 0) continue;
            PageTableEntry entry = HostEntry(space, area, file, area.OffsetOf(page), isWrite: false);
            space.Tables.StoreFirst(slot, entry);
            if (!space.Translations.HasUncached) space.Translations.Fill(page, entry, space.Tables.Ram);    // the first read is a hit
        }
    }

    /// <summary>Handles the first write to a clean page of a shared mapping. Linux: do_wp_page → wp_page_shared, page_mkwrite.</summary>
    public FaultOutcome MakeWritable(Space space, ref Area area, PageNumber page, PageTableEntry entry)
    {
        if (EntryWords.IsSpecial(entry))    // a frame of the host: the cache has no page to mark
        {
            if (files.ObjectOf(area.File).IsRom) return FaultOutcome.Device;    // a device gets the store
            space.Tables.Store(page, EntryWords.Written(entry));
            return FaultOutcome.Resolved;
        }

        FileObject file = files.ObjectOf(area.File);
        FilePage filePage = area.OffsetOf(page);
        ref readonly FrameDescriptor descriptor = ref frames.Named(entry.Frame);
        bool isCached = descriptor.State == FrameState.PageCache && descriptor.Owner == file.Number && descriptor.Index == filePage.Value;
        if (!isCached || !PermitsStore(file, filePage)) return FaultOutcome.BusError;    // not cached: a host wrote the entry
        background.Balance();
        cache.MarkDirty(file, filePage, entry.Frame);    // before the entry: E5, and a snapshot keeps the page as it was
        space.Tables.Store(page, EntryWords.Written(entry));
        return FaultOutcome.Resolved;
    }

    private static bool PermitsStore(FileObject file, FilePage page) =>
        file.Backing is null || file.Backing.PermitStore(page.ByteOffset) == Errno.None;

    /// <summary>Reads the page, and the pages that read-ahead adds. The next attempt finds it cached.</summary>
    /// <remarks>A read of a pager's page needs no such attempt: unless frames are short, nothing else has changed.</remarks>
    private FaultOutcome Read(Space space, ref Area area, PageFault fault, EntrySlot slot, FileObject file, FilePage filePage)
    {
        ref ReadAheadState state = ref files[area.File].ReadAhead;
        ReadAheadState before = state;
        bool isPaged = file.IsPaged, mapsNow = isPaged && !fault.IsWrite && !area.IsReported && !filler.IsShort(space.Group);
        // A pager supplies only pages that are touched.
        if (!isPaged) mappedReadAhead.OnMiss(space.Group, file, ref state, area.Flags, filePage);
        Errno error = filler.FindOrFill(space.Group, file, filePage, out FrameNumber frame, out _);
        if (error == Errno.EAGAIN) state = before;    // the fault is repeated once the page is there
        if (error == Errno.None && mapsNow)
        {
            state.IsMadeAgain = false;
            Map(space, ref area, fault, slot, file, filePage, frame);
            return FaultOutcome.ResolvedByReading;
        }

        state.IsMadeAgain = error == Errno.None;    // the next attempt finds the page, and must not count that as a hit
        return error switch
        {
            Errno.None => FaultOutcome.LookAgainHavingRead,
            Errno.ENOMEM => FaultOutcome.OutOfMemory,
            Errno.EAGAIN => FaultOutcome.Pending,
            _ => FaultOutcome.BusError,    // Linux: vmf_error
        };
    }

    /// <summary>Waits for a read-ahead window that is read outside the slow path: the repeated fault must find the mark again.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome AwaitWindow(FileObject file, FilePage filePage)
    {
        if (cache.TryFind(file, filePage, out FrameNumber frame)) frames[frame].Flags |= PageFlags.ReadAheadMark;
        return FaultOutcome.Pending;
    }

    /// <summary>Fills a page of shared memory that is not cached, with zeros or from a swap device.</summary>
    private FaultOutcome Make(Space space, FileObject file, FilePage filePage, out FrameNumber cached) =>
        filler.FindOrFill(space.Group, file, filePage, out cached, out bool wasRead) switch
        {
            Errno.None => wasRead ? FaultOutcome.LookAgainHavingRead : FaultOutcome.Resolved,    // a page of zeros is a minor fault
            Errno.ENOMEM => FaultOutcome.OutOfMemory,
            Errno.EAGAIN => FaultOutcome.Pending,
            _ => FaultOutcome.BusError,
        };

    private FaultOutcome Copy(Space space, ref Area area, PageNumber page, EntrySlot slot, FrameNumber cached)
    {
        // Out of memory: the fault reclaims nothing.
        if (!copyOnWrite.TryInstallCopy(space, ref area, page, slot, cached, isPresent: false)) return FaultOutcome.OutOfMemory;
        space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        return FaultOutcome.Resolved;
    }

    private void Map(
        Space space, ref Area area, PageFault fault, EntrySlot slot, FileObject file, FilePage filePage, FrameNumber cached)
    {
        // A page of a file stays read-only until it is written, so that the write is noticed. Memory is always dirty.
        bool sharedWritable = area.Has(AreaFlags.Shared | AreaFlags.Write);
        bool writable = sharedWritable
            && (fault.IsWrite || (file.IsMemory && !area.Has(AreaFlags.SoftClean) && space.Observers.MayOpen(cached)));
        if (fault.IsWrite) cache.MarkDirty(file, filePage, cached);

        frames.AddReferenceAndMapping(cached);
        space.Tables.StoreFirst(slot, EntryWords.Cached(cached, area.Flags, writable, fault.IsWrite));
        space.Statistics.CountResident((ResidentKind)frames[cached].Kind, 1);    // MM_SHMEMPAGES for memory files: mm_counter_file
        space.Faults.File++;
    }
}
