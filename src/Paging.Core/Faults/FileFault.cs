using Paging.Native;

namespace Paging.Core;

/// <summary>The first touch of a page with an object behind it: straight onto the page cache, or, for a write to a private mapping, a copy at once.</summary>
/// <remarks>Linux: mm/memory.c do_read_fault, do_cow_fault, do_shared_fault; mm/filemap.c filemap_fault; mm/shmem.c shmem_fault.</remarks>
internal sealed class FileFault(PagingEngine engine)
{
    private readonly AnonymousFault _anonymous = new(engine);

    public FaultOutcome Fill(AddressSpace space, AreaIndex index, ref Area area, in PageFault fault)
    {
        FileObject file = engine.Files.ObjectOf(area.File);
        uint filePage = area.OffsetOf(fault.Page);
        bool copies = fault.IsWrite && !area.Has(AreaFlags.Shared);

        // The history comes before the look at the file's end: a write beyond it leaves one (dialect, section 6, rule 4).
        if (copies && area.Root.IsNone && !space.Areas.Roots.TryPrepare(space.Areas.Tree, index)) return FaultOutcome.OutOfMemory;
        if (filePage >= file.PageLimit) return FaultOutcome.BusError;

        Errno error = engine.Cache.FindOrFill(file, filePage, out FrameNumber cached, out bool wasRead);
        if (error != Errno.None) return error == Errno.ENOMEM ? FaultOutcome.OutOfMemory : FaultOutcome.BusError;
        if (copies ? !TryCopy(space, index, ref area, fault.Page, cached) : !TryMap(space, ref area, fault, file, filePage, cached)) return FaultOutcome.OutOfMemory;
        return wasRead ? FaultOutcome.ResolvedByReading : FaultOutcome.Resolved;
    }

    /// <summary>The first write to a clean page of a shared mapping. Linux: do_wp_page → wp_page_shared, page_mkwrite.</summary>
    public FaultOutcome MakeWritable(AddressSpace space, ref Area area, PageNumber page, PageTableEntry entry)
    {
        engine.Cache.MarkDirty(engine.Files.ObjectOf(area.File), area.OffsetOf(page));
        space.Tables.Store(page, entry.WithWritable().WithDirty().WithAccessed());
        return FaultOutcome.Resolved;
    }

    private bool TryCopy(AddressSpace space, AreaIndex index, ref Area area, PageNumber page, FrameNumber cached)
    {
        if (!_anonymous.TryTakeFrame(space, index, ref area, page, out FrameNumber frame)) return false;
        engine.Ram.Copy(cached, frame);
        space.Tables.Store(page, EntryWords.Own(frame, writable: true));
        space.Faults.Copied++;
        return true;
    }

    private bool TryMap(AddressSpace space, ref Area area, in PageFault fault, FileObject file, uint filePage, FrameNumber cached)
    {
        if (!space.Tables.TryEnsureTable(fault.Page)) return false;

        // A page with a backing stays read-only until it is written, so that the write is noticed; memory is always dirty.
        bool sharedWritable = area.Has(AreaFlags.Shared | AreaFlags.Write);
        bool writable = sharedWritable && (fault.IsWrite || file.IsMemory);
        if (fault.IsWrite) engine.Cache.MarkDirty(file, filePage);

        engine.Frames.AddReferenceAndMapping(cached);
        space.Tables.Store(fault.Page, EntryWords.Cached(cached, writable, fault.IsWrite));
        space.Statistics.CountResident((ResidentKind)engine.Frames[cached].Spare, 1);
        space.Faults.File++;
        return true;
    }
}
