using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Reports which pages are in memory, for mincore(2) and /proc/PID/pagemap.</summary>
internal sealed class Residency(FrameTable frames, OpenFileTable files, PageCache cache, SwapSpace swap, SharedMemorySwap sharedSwap,
    HugeObjects huge)
{
    /// <summary>Implements mincore(2): writes one byte per page, 1 if the page is in memory. Linux: mm/mincore.c.</summary>
    /// <remarks>
    /// A page of a file is in memory if it is cached, mapped or not.
    /// A private anonymous page is in memory if this process has touched it, and it is mapped or in the swap cache.
    /// </remarks>
    public Errno InCore(Space space, VirtualAddress start, uint byteLength, Span<byte> result)
    {
        if (!start.IsPageAligned) return Errno.EINVAL;
        if (byteLength == 0) return Errno.None;    // at any address, as access_ok of a 64-bit kernel does for a 32-bit process
        PageRange range = new(start.Page, PageCount.Covering(byteLength));
        if (!space.Holds(range)) return Errno.ENOMEM;
        if (result.Length < (int)range.Count.Value) return Errno.EFAULT;    // the whole vector is checked first
        for (PageNumber page = range.First; page < range.End;)
        {
            AreaIndex index = space.Areas.Tree.Covering(page);
            if (index.IsNone) return Errno.ENOMEM;
            ref Area area = ref space.Areas[index];
            PageNumber end = area.End < range.End ? area.End : range.End;
            for (; page < end; page++) result[(int)(page - range.First).Value] = IsInCore(space, area, page) ? (byte)1 : (byte)0;
        }

        return Errno.None;
    }

    /// <summary>Returns true if the process has a private copy of the page, in memory or on a swap device.</summary>
    /// <remarks>A write, populating for write or a copy on write makes one. The zero page and cached pages of files do not count.</remarks>
    public bool HasOwnPage(Space space, PageNumber page)
    {
        PageTableEntry entry = space.Tables.Read(page);
        if (EntryWords.IsSpecial(entry)) return false;    // the zero page, or a page of the host
        if (space.Statistics.HugePool != 0 && space.Tables.Huge.TryRead(page, out PageTableEntry leaf)
            && frames.Named(leaf.Frame) is { State: FrameState.Kernel } block) return (block.Private & HugePool.InObject) == 0;
        return entry.IsPresent ? EntryWords.IsOwnPage(frames.Shown(entry.Frame)) : SwapEntry.From(entry).IsSwap;
    }

    /// <summary>Returns true if no other process has a page of <see cref="HasOwnPage"/> since a fork, in memory or swapped out.</summary>
    public bool IsUnshared(Space space, PageNumber page)
    {
        PageTableEntry entry = space.Tables.Read(page);
        if (!entry.IsPresent)
        {
            SwapEntry swapped = swap.From(entry);
            bool isCached = swap.TryFind(swapped, out FrameNumber cached);
            return swap.DeviceOf(swapped).UsersOf(swapped.Slot) == 1 && !(isCached && frames[cached].MapCount != 0);
        }

        if (frames.Named(entry.Frame).MapCount != 1) return false;
        if (frames.Shown(entry.Frame).State != FrameState.SwapCache) return true;
        SwapEntry slot = swap.EntryOf(entry.Frame);
        return swap.DeviceOf(slot).UsersOf(slot.Slot) == 0;    // entries of others that are swapped out
    }

    private bool IsInCore(Space space, in Area area, PageNumber page)
    {
        PageTableEntry entry = space.Tables.Read(page);
        if (entry.IsPresent) return true;
        SwapEntry swapped = swap.From(entry);
        if (swapped.IsSwap) return swap.TryFind(swapped, out _);
        if (area.IsAnonymous) return false;
        FileObject file = files.ObjectOf(area.File);
        // Linux asks the cache only where there is no directory. Otherwise the entry decides: mincore_hugetlb.
        if (file.IsHuge) return !space.HasRegion(page) && huge.TryFind(file, file.HugeIndexOf(area, page), out _);
        if (cache.TryFind(file, area.OffsetOf(page), out FrameNumber frame)) return !cache.IsUnfilled(frame);
        SwapEntry shared = sharedSwap.EntryOf(file, area.OffsetOf(page));
        return shared.IsSwap && swap.TryFind(shared, out _);    // swapped out, but its frame may still be in the swap cache
    }
}
