using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Tables;

namespace Paging.Core.Io;

/// <summary>Reads pages from swap before they are touched, while frames are free.</summary>
/// <remarks>
/// Reads a page's neighbours on the device, and the pages that MADV_WILLNEED names. They wait in the swap cache.
/// A fault that finds its page there is a minor one. A page that is never wanted is dropped without a write.
/// Linux: mm/swap_state.c swap_cluster_readahead; mm/madvise.c swapin_walk_pmd_entry, shmem_swapin_range.
/// </remarks>
internal sealed class SwapPrefetch(
    BuddyAllocator allocator, SwapSpace swap, SharedMemorySwap shared, Reclaimer reclaimer, int windowPages)
{
    private readonly uint _window = (uint)windowPages;

    private bool HasFramesToSpare(FrameGroup charged) => allocator.AvailableFrames.Value > _window && charged.Left > _window;

    /// <summary>Reads the neighbours of a page that was just read. They were probably swapped out together.</summary>
    public void Around(FrameGroup charged, SwapEntry read)
    {
        SwapDevice device = swap.DeviceOf(read);
        if (device.IsClosing || _window == 1) return;
        uint first = read.Slot & ~(_window - 1);    // aligned, as in swap_cluster_readahead: neighbours share a window
        uint end = Math.Min(first + _window, device.SlotCount);
        for (uint slot = first; slot < end; slot++)
        {
            if (device.UsersOf(slot) == 0 || device.FrameOf(slot).Value != 0) continue;    // nothing names it, or it is cached
            if (Read(charged, SwapEntry.ForSlot(device.Number, slot)) is not (Errno.None or Errno.EAGAIN)) return;
        }
    }

    /// <summary>Reads the swapped-out pages of a range of a process.</summary>
    public void Range(Space space, PageRange range)
    {
        foreach ((PageNumber page, PageTableEntry entry) in space.Tables.TouchedIn(range))
        {
            if (!entry.IsPresent && swap.From(entry) is { IsSwap: true } swapped && !TryHave(space.Group, swapped)) return;
        }
    }

    /// <summary>Reads the swapped-out pages of an object that lie in a range.</summary>
    public void Range(FrameGroup charged, FileObject file, FilePageRange range)
    {
        for (FilePage from = range.First; shared.TryNext(file, from, out FilePage page, out SwapEntry entry) && range.Includes(page);)
        {
            if (!TryHave(charged, entry)) return;
            from = page.Next;
        }
    }

    private bool TryHave(FrameGroup charged, SwapEntry entry) =>
        swap.TryFind(entry, out _) || Read(charged, entry.WithoutExclusive()) == Errno.None;

    /// <returns>ENOMEM: no frame to spare. EAGAIN: the fault being handled has requested it.</returns>
    private Errno Read(FrameGroup charged, SwapEntry entry)
    {
        if (!HasFramesToSpare(charged) || !allocator.TryAllocate(FrameState.SwapCache, out FrameNumber frame)) return Errno.ENOMEM;
        Errno error = swap.Insert(entry, frame);
        if (error == Errno.None) reclaimer.AddReadAhead(charged, frame);
        else allocator.Free(frame);
        return error;
    }
}
