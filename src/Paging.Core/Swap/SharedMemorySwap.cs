using Paging.Core.Accounting;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Native;

namespace Paging.Core.Swap;

/// <summary>Pages of shared memory and memory files on swap devices: the object remembers the slot, as no entry does.</summary>
/// <remarks><code>
///   file.Pages    page → frame          out: the slot is written, then Swapped names it, then the entries go, then the frame
///   file.Swapped  page → swap entry     in:  a frame is filled and joins Pages, then the slot is given back
/// </code>
/// Z5: a page is in one of the two trees, never in both. A slot has one user, its object; its entries in page tables are simply gone, as any
/// touch finds the object. Linux: mm/shmem.c shmem_writeout, shmem_swapin_folio, shmem_unuse; there both lie in one xarray.</remarks>
internal sealed class SharedMemorySwap(
    PhysicalMemory ram, FrameLists lists, BuddyAllocator allocator, RadixForest forest, SwapSpace swap, ReclaimStatistics statistics)
{
    /// <summary>The slot of a page that is out; the empty entry for one that is not.</summary>
    public SwapEntry EntryOf(FileObject file, uint page) => new(file.Swapped.Count == 0 ? 0 : forest.Find(in file.Swapped, page));

    /// <summary>Brings a cached page to a slot and makes the object remember it. False: no room, or the device failed; all is as it was.</summary>
    public bool TryPutOut(FileObject file, uint page, FrameNumber frame, ref ReclaimCounters counters, out SwapEntry entry)
    {
        if (!swap.TryTakeSlot(frame, out entry)) return false;
        SwapDevice device = swap.DeviceOf(entry);
        bool isWritten = device.Write(entry.Slot, ram, frame, out bool isZero) == Errno.None;
        if (!isWritten) counters.WriteErrors++;
        else if (isZero) counters.ZeroPages++;
        else counters.SwapWrites++;
        bool isRemembered = isWritten && forest.TryInsert(ref file.Swapped, page, entry.Word);
        if (isRemembered) device.AddUser(entry.Slot);
        device.Uncache(entry.Slot);
        return isRemembered;
    }

    /// <summary>Fills a fresh frame with what the page holds: the bytes of its slot, or zeros. The slot stays until <see cref="Forget"/>.</summary>
    /// <returns>EIO: the device failed; the page is where it was.</returns>
    public Errno Fill(FileObject file, uint page, FrameNumber frame, out bool wasRead)
    {
        wasRead = false;
        SwapEntry entry = EntryOf(file, page);
        if (entry.IsNone)
        {
            ram.Clear(frame);
            return Errno.None;
        }

        if (swap.TryFind(entry, out FrameNumber readAhead))
        {
            ram.Copy(readAhead, frame);    // came with a neighbour on the device
            return Errno.None;
        }

        wasRead = true;
        statistics.Counters.SwapReads++;
        return swap.DeviceOf(entry).Read(entry.Slot, ram, frame);
    }

    /// <summary>The page is in a frame again, or gone: its slot, if it has one, is given back.</summary>
    /// <returns>The slot it had.</returns>
    public SwapEntry Forget(FileObject file, uint page)
    {
        if (file.Swapped.Count == 0) return default;
        SwapEntry entry = new(forest.Remove(ref file.Swapped, page));
        if (entry.IsNone) return default;
        TlbGather gather = new(lists, allocator);
        swap.Release(entry, ref gather);
        gather.Finish();
        return entry;
    }

    /// <summary>Forgets the pages from <paramref name="first"/> up to, not including, <paramref name="end"/>.</summary>
    public void Drop(FileObject file, uint first, ulong end)
    {
        while (file.Swapped.Count != 0 && forest.TryNext(in file.Swapped, first, out uint page, out _) && page < end) Forget(file, page);
    }
}
