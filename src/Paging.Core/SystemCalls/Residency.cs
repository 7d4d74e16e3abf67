using Paging.Core.Areas;
using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Core.SystemCalls;

/// <summary>mincore(2) and /proc/PID/pagemap: which pages are there.</summary>
internal sealed class Residency(FrameTable frames, OpenFileTable files, PageCache cache, SwapSpace swap, SharedMemorySwap sharedSwap)
{
    /// <summary>One byte a page: 1 if it is in memory. Linux: mm/mincore.c.</summary>
    /// <remarks>A page of a file is when it is cached, mapped or not; one of private anonymous memory when it was read, written or filled here.</remarks>
    public Errno InCore(Space space, VirtualAddress start, uint byteLength, Span<byte> result)
    {
        if (!start.IsPageAligned) return Errno.EINVAL;
        if (byteLength == 0) return Errno.None;    // wherever it is: access_ok of a 64-bit kernel, for a 32-bit process
        PageRange range = new(start.Page, PageCount.Covering(byteLength));
        if (!range.IsInUserHalf) return Errno.ENOMEM;
        if (result.Length < (int)range.Count.Value) return Errno.EFAULT;
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

    /// <summary>The process has a page of its own there: written, filled for writing, or copied on write; be it swapped out. Not the zero page, not the cache.</summary>
    public bool HasOwnPage(Space space, PageNumber page)
    {
        PageTableEntry entry = space.Tables.Read(page);
        return entry.IsPresent ? EntryWords.IsOwnPage(frames[entry.Frame]) : SwapEntry.From(entry).IsSwap;
    }

    private bool IsInCore(Space space, in Area area, PageNumber page)
    {
        PageTableEntry entry = space.Tables.Read(page);
        if (entry.IsPresent) return true;
        SwapEntry swapped = SwapEntry.From(entry);
        if (swapped.IsSwap) return swap.TryFind(swapped, out _);
        if (area.IsAnonymous) return false;
        FileObject file = files.ObjectOf(area.File);
        if (cache.TryFind(file, area.OffsetOf(page), out _)) return true;
        SwapEntry shared = sharedSwap.EntryOf(file, area.OffsetOf(page));
        return shared.IsSwap && swap.TryFind(shared, out _);
    }
}
