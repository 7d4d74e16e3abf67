using System.Numerics;
using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;

namespace Paging.Core.Io;

/// <summary>Reads a window of a file into the cache: each run of missing pages in one call, into consecutive frames.</summary>
/// <remarks>
/// The frames come as one block if there is one, otherwise in smaller blocks. Pages that are cached already are skipped.
/// An error or a shortage ends the window silently, because these pages have not been requested yet.
/// A later reader finds its page missing, reads it alone and gets the error.
/// Linux: mm/readahead.c page_cache_ra_unbounded, read_pages.
/// </remarks>
internal sealed class WindowReader(
    FrameTable frames, BuddyAllocator allocator, PageCache cache, PageReader reader, PageFiller filler, MemoryPressure pressure)
{
    /// <summary>The widest window: 2 MiB.</summary>
    public const uint PagesMax = 1 << OrderMax;

    private const int OrderMax = 9;    // twice the largest ReadAheadPages, which FileHints doubles

    /// <summary>Reads the pages of a window that are not cached, up to the end of the file.</summary>
    /// <param name="charged">The group that is charged for the frames.</param>
    /// <param name="file">The file. One without a backing has nothing to read.</param>
    /// <param name="first">The first page.</param>
    /// <param name="count">The number of pages, at most <see cref="PagesMax"/>.</param>
    /// <param name="marked">The number of pages from the mark on; 0 for no mark. A page that is cached already gets no mark.</param>
    /// <param name="asked">The first page that was requested. All others are read ahead.</param>
    /// <param name="askedCount">The number of pages requested.</param>
    /// <returns>False if the window ended early.</returns>
    public bool Load(FrameGroup charged, FileObject file, FilePage first, uint count, uint marked, FilePage asked, uint askedCount)
    {
        if (file.IsMemory || !file.Contains(first)) return true;
        FilePage end = first + new PageCount((uint)Math.Min(count, file.PageLimit - first.Value));
        FilePage? mark = marked == 0 || marked > count ? null : first + new PageCount(count - marked);
        pressure.MakeRoom(charged, (end - first).Value);    // before the search: it may evict pages of this very window
        for (FilePage page = first; page < end;)
        {
            if (cache.TryFind(file, page, out _))
            {
                page++;
                continue;
            }

            FilePage next = cache.TryNext(file, page, out FilePage cached, out _) && cached < end ? cached : end;
            Ahead ahead = new(asked, askedCount, mark);
            if (!TryLoadRun(charged, file, page, (next - page).Value, ahead)) return false;
            page = next;
        }

        return true;
    }

    private bool TryLoadRun(FrameGroup charged, FileObject file, FilePage page, uint count, in Ahead ahead)
    {
        while (count != 0)
        {
            if (!TryTakeBlock(charged, ref count, out FrameNumber first, out uint taken)) return false;
            Errno error = reader.Read(file, page, first, taken, out uint whole);
            uint kept = 0;
            while (kept < whole && filler.TryInsert(charged, file, page + new PageCount(kept), first + new FrameCount(kept))) kept++;
            for (uint i = 0; i < kept; i++) Describe(first + new FrameCount(i), page + new PageCount(i), ahead);
            for (uint i = kept; i < taken; i++) allocator.Free(first + new FrameCount(i));    // not read, or not cached
            if (error != Errno.None || kept != taken) return false;
            page += new PageCount(taken);
        }

        return true;
    }

    /// <summary>Takes consecutive frames for as many pages of the run as possible. Frees the surplus frames of a block.</summary>
    private bool TryTakeBlock(FrameGroup charged, ref uint count, out FrameNumber first, out uint taken)
    {
        first = default;
        taken = 0;
        count = (uint)Math.Clamp(charged.Left, 0, count);    // the frames are charged when they are cached
        if (count == 0) return false;
        int order = Math.Min(OrderMax, BitOperations.Log2(BitOperations.RoundUpToPowerOf2(count)));
        while (order > 0 && !allocator.TryAllocateBlock(order, FrameState.PageCache, out first)) order--;
        taken = Math.Min(count, 1u << order);
        if (order == 0 && !allocator.TryAllocate(FrameState.PageCache, out first)) return false;
        for (uint i = taken; i < 1u << order; i++) allocator.Free(first + new FrameCount(i));
        count -= taken;
        return true;
    }

    private void Describe(FrameNumber frame, FilePage page, in Ahead ahead)
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        if (page == ahead.Mark) descriptor.Flags |= PageFlags.ReadAheadMark;
        if (page.Value - ahead.Asked.Value < ahead.AskedCount) return;    // wraps for pages before the request
        descriptor.Private = 1;
        cache.Counters.ReadAhead++;
    }

    /// <summary>The pages of a window that were requested, and the one that carries the mark.</summary>
    private readonly record struct Ahead(FilePage Asked, uint AskedCount, FilePage? Mark);
}
