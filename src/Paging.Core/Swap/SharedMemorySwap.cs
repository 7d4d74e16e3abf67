using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Collections;
using Paging.Native.Tables;

namespace Paging.Core.Swap;

/// <summary>
/// Pages of shared memory and memory files on swap devices. The object records the slot of such a page; page table entries do not.
/// </summary>
/// <remarks><code>
///   file.Pages    page → frame          out: the slot is written, Swapped gets it, the entries are cleared, the frame is freed
///   file.Swapped  page → swap entry     in:  a frame is filled and added to Pages, then the slot is freed
/// </code>
///   file.Supplied page → image        in:  a frame is filled with a copy; out again, the page goes to a slot
/// Z5: a page is in at most one of the two trees. A slot has one user, its object. Entries in page tables are cleared, because any access
/// finds the object. Linux: mm/shmem.c shmem_writeout, shmem_swapin_folio, shmem_unuse; Linux keeps both in one xarray.</remarks>
internal sealed class SharedMemorySwap(FrameStore store, RadixForest forest, SwapSpace swap, ReclaimStatistics statistics)
{
    /// <summary>The swap entry of a page that is swapped out; otherwise the empty entry.</summary>
    public SwapEntry EntryOf(FileObject file, FilePage page) =>
        SwapEntry.FromKey(file.Swapped.Count == 0 ? 0 : forest.Find(in file.Swapped, page.Value));

    /// <summary>
    /// True for a page that has content outside of RAM: on a swap device, or in the image that the memory was cloned from.
    /// </summary>
    public bool IsOut(FileObject file, FilePage page) => EntryOf(file, page).IsSwap || file.Supplied?.TryFind(page, out _) == true;

    /// <summary>
    /// Writes a cached page to a slot and records the slot in the object. Returns false, with everything as before, if no slot is free or
    /// the device fails.
    /// </summary>
    public bool TryPutOut(FileObject file, FilePage page, FrameNumber frame, ref ReclaimCounters counters, out SwapEntry entry)
    {
        if (!swap.TryTakeSlot(frame, out entry)) return false;
        SwapDevice device = swap.DeviceOf(entry);
        bool isWritten = device.Write(entry.Slot, store.Ram, frame, out bool isZero) == Errno.None;
        if (!isWritten) counters.WriteErrors++;
        else if (isZero) counters.ZeroPages++;
        else counters.SwapWrites++;
        bool isRemembered = isWritten && forest.TryInsert(ref file.Swapped, page.Value, entry.Key);
        if (isRemembered) device.AddUser(entry.Slot);    // before Uncache, which frees a slot without a user
        device.Uncache(entry.Slot);    // without a user, this frees the slot again
        return isRemembered;
    }

    /// <summary>Gives a page that is neither cached nor swapped out a slot that its device already holds.</summary>
    /// <returns>False if there is no memory for the tree; nothing has changed.</returns>
    public bool TryAdopt(FileObject file, FilePage page, SwapDevice device, uint slot)
    {
        if (!forest.TryInsert(ref file.Swapped, page.Value, SwapEntry.ForSlot(device.Number, slot).Key)) return false;
        device.TakeWritten(slot);
        return true;
    }

    /// <summary>
    /// Fills a new frame with the page: the bytes of its slot or of the image, or zeros. The page keeps its slot until
    /// <see cref="Forget"/>.
    /// </summary>
    /// <returns>EIO if the device failed; the page is still in its slot.</returns>
    public Errno Fill(FileObject file, FilePage page, FrameNumber frame, out bool wasRead)
    {
        wasRead = false;
        store.Ram.Observers.Note(frame);
        SwapEntry entry = EntryOf(file, page);
        if (entry.IsNone)
        {
            if (file.Supplied?.TryFind(page, out SuppliedRun run) == true) store.Ram.Copy(run.FrameOf(page), frame);
            else store.Ram.Clear(frame);
            return Errno.None;
        }

        if (swap.TryFind(entry, out FrameNumber readAhead))
        {
            store.Ram.Copy(readAhead, frame);    // it was read ahead with a neighbouring slot
            return Errno.None;
        }

        Errno error = swap.DeviceOf(entry).Read(entry.Slot, store.Ram, frame);
        if (error == Errno.EAGAIN) return error;    // the page is read first, outside the slow path
        wasRead = true;
        statistics.Counters.SwapReads++;
        return error;
    }

    /// <summary>Frees the slot of a page that is in a frame again or is dropped, if the page has one.</summary>
    /// <returns>The swap entry it had, or the empty entry.</returns>
    public SwapEntry Forget(FileObject file, FilePage page)
    {
        if (file.Swapped.Count == 0) return default;
        SwapEntry entry = SwapEntry.FromKey(forest.Remove(ref file.Swapped, page.Value));
        if (entry.IsNone) return default;
        TlbGather gather = new(store.Lists, store.Allocator);
        swap.Release(entry, ref gather);
        gather.Finish();
        return entry;
    }

    /// <summary>Takes a page out of the image that the memory was cloned from, because it is in a frame now.</summary>
    /// <returns>False if it did not lie there.</returns>
    public static bool TryTakeSupplied(FileObject file, FilePage page, out SuppliedRun run)
    {
        run = default;
        return file.Supplied?.TryTake(page, out run) == true;
    }

    /// <summary>Finds the first page from a page on that is swapped out, in the order of the object.</summary>
    public bool TryNext(FileObject file, FilePage from, out FilePage page, out SwapEntry entry)
    {
        (page, entry) = (default, default);
        if (file.Swapped.Count == 0 || !forest.TryNext(in file.Swapped, from.Value, out uint index, out uint key)) return false;
        (page, entry) = (new(index), SwapEntry.FromKey(key));
        return true;
    }

    /// <summary>
    /// Finds the first page from a page on that is on a swap device or in the image that the memory was cloned from. No entry: in the
    /// image.
    /// </summary>
    public bool TryNextOut(FileObject file, FilePage from, out FilePage page, out SwapEntry entry, out SuppliedRun run)
    {
        bool isSwapped = TryNext(file, from, out page, out entry);
        run = default;
        if (file.Supplied?.TryNext(from, out FilePage supplied, out run) != true || (isSwapped && page < supplied)) return isSwapped;
        (page, entry) = (supplied, default);    // Z6: it is not swapped out as well
        return true;
    }

    /// <summary>Frees the slots of the pages of a range, and forgets those that lie in an image.</summary>
    public void Drop(FileObject file, FilePageRange range)
    {
        while (file.Supplied?.TryNext(range.First, out FilePage supplied, out _) == true && range.Includes(supplied))
            file.Supplied.TryTake(supplied, out _);
        while (TryNext(file, range.First, out FilePage page, out _) && range.Includes(page)) Forget(file, page);
    }
}
