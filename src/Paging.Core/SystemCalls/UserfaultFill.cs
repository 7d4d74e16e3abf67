using Paging.Core.Cache;
using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>The content that a page is filled with.</summary>
internal enum UserfaultContent
{
    /// <summary>UFFDIO_COPY: bytes.</summary>
    Bytes,
    /// <summary>UFFDIO_ZEROPAGE: zeros.</summary>
    Zeros,
    /// <summary>UFFDIO_CONTINUE: the page that is in the page cache.</summary>
    Cached,
    /// <summary>UFFDIO_POISON: nothing; each access is a SIGBUS.</summary>
    Poison,
}

/// <summary>Implements UFFDIO_COPY, UFFDIO_ZEROPAGE, UFFDIO_CONTINUE and UFFDIO_POISON, page by page.</summary>
/// <remarks>Linux: mm/userfaultfd.c mfill_atomic, mfill_atomic_install_pte; mm/shmem.c shmem_mfill_atomic_pte.</remarks>
internal sealed class UserfaultFill(
    FrameStore store, OpenFileTable files, PageCache cache, PageFiller filler, SharedMemorySwap sharedSwap, AnonymousFault anonymous,
    MemoryPressure pressure, WriteObservers observers)
{
    /// <summary>Checks that a range may be filled: it lies in one registered area.</summary>
    /// <returns>
    /// ENOENT: it does not. EAGAIN: an event of changed mappings is unread. EINVAL: the area does not report writes, or is of another kind.
    /// ENOMEM: no record for the area's history.
    /// </returns>
    public Errno Check(Space space, UserfaultContext context, PageRange range, UserfaultContent content, UserfaultFillFlags flags)
    {
        if (context.IsChanging) return Errno.EAGAIN;    // first: the unread event may say that the range has moved
        AreaIndex index = space.Areas.Tree.Covering(range.First);
        if (index.IsNone) return Errno.ENOENT;
        ref Area area = ref space.Areas[index];
        // Even a refused call leaves a private area with a history. Linux: uffd_lock_vma → find_vma_and_prepare_anon
        if (!area.Has(AreaFlags.Shared) && !AnonymousFault.TryPrepareRoot(space, ref area)) return Errno.ENOMEM;
        if (range.End > area.End || space.Userfaults?.Find(area) is null) return Errno.ENOENT;    // not registered at all
        if ((flags & UserfaultFillFlags.WriteProtect) != 0 && !area.Has(AreaFlags.ReportsWrites)) return Errno.EINVAL;
        bool isShared = area.File.IsSome && files.ObjectOf(area.File) is { IsSharedMemory: true, IsSegment: false };    // vma_is_shmem
        // UFFDIO_CONTINUE maps a page of the cache, which private memory does not have.
        return isShared || (area.IsAnonymous && content != UserfaultContent.Cached) ? Errno.None : Errno.EINVAL;
    }

    /// <summary>Fills a page of a range that was checked.</summary>
    /// <returns>EEXIST: the page exists. EFAULT: beyond the end of the object, or nothing is cached. ENOMEM: no frame.</returns>
    public Errno FillPage(
        Space space, PageNumber page, UserfaultContent content, ReadOnlySpan<byte> bytes, UserfaultFillFlags flags)
    {
        Errno error;
        int tries = 0;
        do
        {
            error = Try(space, page, content, bytes, (flags & UserfaultFillFlags.WriteProtect) != 0);
        }
        while (error == Errno.ENOMEM && ++tries <= TriesMax && pressure.IsShort(space.Group) && pressure.TryFree(space.Group));
        if (error == Errno.None) observers.NoteFilled(space, page);
        return error;
    }

    private const int TriesMax = 16;    // MAX_RECLAIM_RETRIES

    private Errno Try(Space space, PageNumber page, UserfaultContent content, ReadOnlySpan<byte> bytes, bool protect)
    {
        ref Area area = ref space.Areas[space.Areas.Tree.Covering(page)];
        if (!space.Tables.TryEnsureTable(page)) return Errno.ENOMEM;
        FileObject? file = area.File.IsSome ? files.ObjectOf(area.File) : null;
        bool isBeyondEnd = file is not null && area.OffsetOf(page).Value >= file.PageLimit;
        if (content == UserfaultContent.Poison) return Poison(space, page, isBeyondEnd);
        if (file is not null && content == UserfaultContent.Cached) return Continue(space, ref area, page, file, protect);
        if (isBeyondEnd) return Errno.EFAULT;
        if (file is not null && area.Has(AreaFlags.Shared)) return FillShared(space, ref area, page, file, bytes, protect);
        return content == UserfaultContent.Zeros ? ShowZeroPage(space, area, page) : FillOwn(space, ref area, page, bytes, protect);
    }

    /// <summary>True if the entry is empty, or only a mark, even of a guard. Linux: pte_none_mostly in mfill_atomic_install_pte.</summary>
    private static bool IsFree(PageTableEntry entry) => entry.IsNeverTouched
        || (!entry.IsPresent && SwapEntry.From(entry).Marker is PageMarker.WriteProtected or PageMarker.Poison or PageMarker.Guard);

    private static Errno Poison(Space space, PageNumber page, bool isBeyondEnd)
    {
        if (isBeyondEnd) return Errno.EFAULT;
        if (!space.Tables.Read(page).IsNeverTouched) return Errno.EEXIST;    // not even a mark is overwritten: mfill_atomic_pte_poison
        space.Tables.Store(page, SwapEntry.ForMarker(PageMarker.Poison).ToPageTableEntry());
        return Errno.None;
    }

    private static Errno ShowZeroPage(Space space, in Area area, PageNumber page)
    {
        if (!space.Tables.Read(page).IsNeverTouched) return Errno.EEXIST;    // mfill_atomic_pte_zeropage: pte_none
        space.Tables.Store(page, WithRights(EntryWords.ZeroPage(area.Flags), area));
        return Errno.None;
    }

    private Errno FillOwn(Space space, ref Area area, PageNumber page, ReadOnlySpan<byte> bytes, bool protect)
    {
        if (!IsFree(space.Tables.Read(page))) return Errno.EEXIST;
        if (!anonymous.TryTakeFrame(space, ref area, page, ofZeros: false, out FrameNumber frame)) return Errno.ENOMEM;
        bytes.CopyTo(store.Ram.Bytes(frame));
        // Dirty logs and soft-dirty marks need the first write to fault.
        bool isWritable = area.Has(AreaFlags.Write) && !protect && !space.Observers.NeedFaults && !area.Has(AreaFlags.SoftClean);
        Store(space, page, WithRights(EntryWords.Own(frame, area.Flags, isWritable), area), protect);
        space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        return Errno.None;
    }

    private Errno FillShared(Space space, ref Area area, PageNumber page, FileObject file, ReadOnlySpan<byte> bytes, bool protect)
    {
        FilePage filePage = area.OffsetOf(page);
        // The object has the page, although this process does not map it: shmem_add_to_page_cache.
        if (cache.TryFind(file, filePage, out _) || sharedSwap.IsOut(file, filePage)) return Errno.EEXIST;
        if (!IsFree(space.Tables.Read(page))) return Errno.EEXIST;
        if (!filler.TryFindOrCreate(space.Group, file, filePage, cleared: bytes.IsEmpty, out FrameNumber frame)) return Errno.ENOMEM;
        if (!bytes.IsEmpty) bytes.CopyTo(store.Ram.Bytes(frame));
        MapCached(space, ref area, page, file, frame, protect);
        return Errno.None;
    }

    /// <summary>Linux: mfill_atomic_pte_continue.</summary>
    private Errno Continue(Space space, ref Area area, PageNumber page, FileObject file, bool protect)
    {
        FilePage filePage = area.OffsetOf(page);
        if (filePage.Value >= file.PageLimit) return Errno.EINVAL;    // shmem_get_folio_gfp
        if (!cache.TryFind(file, filePage, out FrameNumber frame))
        {
            if (!sharedSwap.IsOut(file, filePage)) return Errno.EFAULT;    // a swapped-out page still belongs to the object
            Errno error = filler.FindOrFill(space.Group, file, filePage, out frame, out _);
            if (error != Errno.None) return error;
        }

        if (!IsFree(space.Tables.Read(page))) return Errno.EEXIST;
        cache.NoteUsed(frame);
        MapCached(space, ref area, page, file, frame, protect);
        return Errno.None;
    }

    private void MapCached(Space space, ref Area area, PageNumber page, FileObject file, FrameNumber frame, bool protect)
    {
        cache.MarkDirty(file, area.OffsetOf(page), frame);    // J5: before the entry allows to write it
        store.Frames.AddReferenceAndMapping(frame);
        bool isWritable = area.Has(AreaFlags.Shared | AreaFlags.Write) && !area.Has(AreaFlags.SoftClean)
            && !protect && !space.Observers.NeedFaults;
        Store(space, page, WithRights(EntryWords.Cached(frame, area.Flags, isWritable, written: true), area), protect);
        space.Statistics.CountResident((ResidentKind)store.Frames[frame].Kind, 1);
    }

    private static PageTableEntry WithRights(PageTableEntry entry, in Area area) => area.IsAccessible ? entry : entry.WithoutUser();

    private static void Store(Space space, PageNumber page, PageTableEntry entry, bool protect) =>
        space.Tables.Store(page, protect ? EntryWords.Protected(entry) : entry);
}
