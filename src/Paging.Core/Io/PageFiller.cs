using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Tables;

namespace Paging.Core.Io;

/// <summary>Brings a page into the cache: takes a frame, fills it, and puts it on its reclaim list.</summary>
/// <remarks>
/// The bytes come from the backing or from a swap device, or are zeros.
/// Linux: mm/filemap.c filemap_get_pages, filemap_add_folio; mm/shmem.c shmem_get_folio_gfp.
/// </remarks>
internal sealed class PageFiller(
    FrameStore store, PageCache cache, SharedMemorySwap sharedSwap, PageReader reader, MemoryGroups groups, Reclaimer reclaimer,
    MemoryPressure pressure)
{
    /// <summary>True if the next page takes a reclaim, which may change any mapping.</summary>
    public bool IsShort(FrameGroup charged) => pressure.IsShort(charged);

    /// <summary>Returns the frame of a page below the end of the file. Creates or reads the page if it is not cached.</summary>
    /// <returns>ENOMEM: no frame. EIO and others: the backing or the swap device failed. Nothing is cached then.</returns>
    public Errno FindOrFill(FrameGroup charged, FileObject file, FilePage page, out FrameNumber frame, out bool wasRead)
    {
        wasRead = false;
        if (cache.TryFind(file, page, out frame)) return Errno.None;
        if (!TryTakeFrame(charged, file, page, out frame)) return Errno.ENOMEM;
        Errno error = Errno.None;
        if (file.IsMemory)
        {
            error = sharedSwap.Fill(file, page, frame, out wasRead);
        }
        else
        {
            error = reader.Read(file, page, frame, 1, out _);
            wasRead = true;
        }

        if (error == Errno.None && !TryInsert(charged, file, page, frame)) error = Errno.ENOMEM;
        if (error != Errno.None) store.Allocator.Free(frame);
        return error;
    }

    /// <summary>Returns the frame of a page that need not be read, because it is all zeros or about to be overwritten.</summary>
    public bool TryFindOrCreate(FrameGroup charged, FileObject file, FilePage page, bool cleared, out FrameNumber frame)
    {
        if (cache.TryFind(file, page, out frame)) return true;
        if (!TryTakeFrame(charged, file, page, out frame)) return false;
        if (file.KeptCount != 0) cache.NoteSlots(file, FilePageRange.Of(page, 1));    // the page on the device will not be read
        if (cleared) store.Ram.Clear(frame);
        store.Ram.Observers.Note(frame);
        if (TryInsert(charged, file, page, frame)) return true;
        store.Allocator.Free(frame);
        return false;
    }

    /// <summary>
    /// Makes a page of zeros that holds nothing yet. One that an earlier call has made is filled, and a swapped-out one is read back.
    /// </summary>
    /// <remarks>Linux: shmem_get_folio(SGP_FALLOC).</remarks>
    public Errno SetAside(FrameGroup charged, FileObject file, FilePage page)
    {
        if (cache.TryFind(file, page, out FrameNumber frame))
        {
            cache.NoteUsed(frame);
            cache.SetDirty(file, page, frame);    // one that was only read was clean; from now on it may not be dropped
            return Errno.None;
        }

        if (sharedSwap.IsOut(file, page)) return FindOrFill(charged, file, page, out _, out _);
        if (!TryFindOrCreate(charged, file, page, cleared: true, out frame)) return Errno.ENOMEM;
        cache.MarkUnfilled(file, page, frame);
        return Errno.None;
    }

    /// <summary>Caches the frame that was filled for a page and puts it on its reclaim list.</summary>
    /// <returns>False if there is no memory for the tree.</returns>
    public bool TryInsert(FrameGroup charged, FileObject file, FilePage page, FrameNumber frame)
    {
        if (!cache.TryInsert(file, page, frame)) return false;
        if (!file.IsMemory)
        {
            reclaimer.AddFilePage(charged, frame, file.Number, page);
            return true;
        }

        SwapEntry from = sharedSwap.Forget(file, page);    // only now: until the page is cached, the slot is its only copy
        bool wasSupplied = SharedMemorySwap.TryTakeSupplied(file, page, out SuppliedRun run);
        reclaimer.AddSharedPage(charged, frame, from);
        if (wasSupplied && run.IsUnfilled) cache.MarkUnfilled(file, page, frame);
        else if (from.IsSwap || run.IsWritten) cache.SetDirty(file, page, frame);    // the only copy. Linux: shmem_swapin_folio
        return true;
    }

    /// <summary>Reads a page back that is only in swap. Returns false if no frame could be allocated.</summary>
    public bool TryBringBack(FrameGroup charged, FileObject file, FilePage page) =>
        cache.TryFind(file, page, out _) || !sharedSwap.IsOut(file, page)
            || FindOrFill(charged, file, page, out _, out _) != Errno.ENOMEM;

    /// <summary>Clears bytes of a cached page and makes it dirty. Does nothing if the page is not cached.</summary>
    /// <remarks>Reads a swapped-out page back first, which stays as it is if its device fails. Linux: shmem_get_partial_folio.</remarks>
    public void ZeroWithin(FrameGroup charged, FileObject file, FilePage page, int from, int byteCount)
    {
        if (!cache.TryFind(file, page, out FrameNumber frame)
            && (!sharedSwap.IsOut(file, page) || FindOrFill(charged, file, page, out frame, out _) != Errno.None)) return;
        cache.Contents.NoteWrite(file, page, frame);    // before the bytes change (J5)
        store.Ram.Bytes(frame).Slice(from, byteCount).Clear();
        store.Ram.Observers.Note(frame);
        cache.MarkDirty(file, page, frame);
    }

    private bool TryTakeFrame(FrameGroup charged, FileObject file, FilePage page, out FrameNumber frame)
    {
        pressure.MakeRoom(charged, 1);
        if (TryAllocate(charged, out frame)) return true;
        groups[charged.Number].Reclaim.Policy?.Announce(PageIdentity.OfObject(file.Number, page.Value));    // before TryFree
        return pressure.TryFree(charged) && TryAllocate(charged, out frame);
    }

    private bool TryAllocate(FrameGroup charged, out FrameNumber frame)
    {
        frame = default;
        return !charged.IsFull && store.Allocator.TryAllocate(FrameState.PageCache, out frame);
    }
}
