using System.Numerics;
using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Native;

namespace Paging.Core.Io;

/// <summary>Observes how an open file is read and brings pages into the cache before they are needed.</summary>
/// <remarks><code>
///   a miss       at the start, or where the last read ended   →  a first window, with a mark in it
///                elsewhere, but just after cached pages       →  a window as long as that run of pages
///                elsewhere                                    →  only the requested pages
///   the mark     used                                         →  the next window, twice as wide, marked at its start
/// </code>
/// So a sequential reader finds each window cached before it has used up the previous one.
/// Linux: mm/readahead.c page_cache_sync_ra, page_cache_async_ra, get_init_ra_size, get_next_ra_size, do_page_cache_ra.
/// </remarks>
internal sealed class ReadAhead(PageCache cache, WindowReader window)
{
    private const ulong ForcedPagesMax = 1024;    // BLK_DEF_MAX_SECTORS_CAP, 4 MiB; wider than any window (io_pages)

    /// <summary>Reads a requested page that is not cached, and its window. Linux: page_cache_sync_ra.</summary>
    public void OnMiss(FrameGroup charged, FileObject file, ref ReadAheadState state, FilePage page, uint requested)
    {
        if (state.IsRandom || state.PagesMax == 0)
        {
            window.Load(charged, file, page, state.IsRandom ? requested : 1, marked: 0, page, requested);    // 1: the page at hand
            return;
        }

        bool followsOn = page.Value - ((ulong)state.PreviousEnd >> VirtualAddress.PageShift) <= 1;    // false if nothing was read before
        if (page == FilePage.First || requested > state.PagesMax || followsOn)
        {
            state.Start = page;
            state.Size = FirstSize(requested, state.PagesMax);
            state.AsyncSize = state.Size > requested ? state.Size - requested : state.Size >> 1;    // after the request, or halfway
        }
        else
        {
            uint trace = CountCachedBefore(file, page, state.PagesMax);
            if (trace <= requested)    // no longer run than the request itself: a random read
            {
                window.Load(charged, file, page, requested, marked: 0, page, requested);
                return;
            }

            if (trace == page.Value && trace < state.PagesMax) trace *= 2;    // cached from the start of the file: a long stream
            state.Start = page;
            state.Size = Math.Min(trace + requested, state.PagesMax);
            state.AsyncSize = 1;    // so the last page carries the mark
        }

        window.Load(charged, file, state.Start, state.Size, state.AsyncSize, page, requested);
    }

    /// <summary>Reads the window that follows a marked page when the page is used. Linux: page_cache_async_ra.</summary>
    public void OnMark(FrameGroup charged, FileObject file, ref ReadAheadState state, FilePage page, uint requested)
    {
        if (state.PagesMax == 0) return;
        if (page == state.Start + new PageCount(state.Size - state.AsyncSize))
        {
            state.Start += new PageCount(state.Size);
            state.Size = Math.Max(state.Size, NextSize(state.Size, state.PagesMax));
        }
        else
        {
            // The mark belongs to another reader or to an earlier stream. Continues after the cached pages.
            uint cached = CountCachedFrom(file, page.Next, state.PagesMax);
            if (cached >= state.PagesMax) return;    // enough is cached ahead of the reader
            state.Start = page.Next + new PageCount(cached);
            state.Size = NextSize(cached + 1 + requested, state.PagesMax);    // cached + 1: start - index in Linux
        }

        state.AsyncSize = state.Size;
        window.Load(charged, file, state.Start, state.Size, state.AsyncSize, page, 0);
    }

    /// <summary>Reads the missing pages of a range, as a hint requests. Stops without an error if the backing or memory fails.</summary>
    /// <remarks>
    /// Linux: force_page_cache_ra, which reads no more than the device's largest request, so that a hint for a hole of terabytes ends.
    /// </remarks>
    public void Force(FrameGroup charged, FileObject file, FilePageRange range)
    {
        ulong count = Math.Min(new FilePageRange(range.First, Math.Min(range.End, file.PageLimit)).Length, ForcedPagesMax);
        for (ulong done = 0; done < count; done += WindowReader.PagesMax)
        {
            uint part = (uint)Math.Min(WindowReader.PagesMax, count - done);
            if (!window.Load(charged, file, range.First + new PageCount((uint)done), part, marked: 0, range.First, 0)) return;
        }
    }

    /// <summary>Reads a window around a page of a mapping. Linux: do_sync_mmap_readahead, the part after "mmap read-around".</summary>
    public void Around(FrameGroup charged, FileObject file, ref ReadAheadState state, FilePage page)
    {
        uint before = Math.Min(page.Value, state.PagesMax / 2);    // half of the window lies before the page, but not before the file
        state.Start = page - new PageCount(before);
        state.Size = state.PagesMax;
        state.AsyncSize = state.PagesMax / 4;
        window.Load(charged, file, state.Start, state.Size, state.AsyncSize, page, 1);
    }

    /// <summary>Returns the first window for a request: four times a small one, twice a larger one. Linux: get_init_ra_size.</summary>
    private static uint FirstSize(uint requested, uint max)
    {
        uint size = BitOperations.RoundUpToPowerOf2(requested);
        if (size <= max / 32) return size * 4;
        return size <= max / 4 ? size * 2 : max;
    }

    /// <summary>Returns the window that follows one of this size. Linux: get_next_ra_size.</summary>
    private static uint NextSize(uint size, uint max)
    {
        if (size < max / 16) return size * 4;
        return size <= max / 2 ? size * 2 : max;
    }

    /// <summary>Counts the cached pages just before a page. Linux: page_cache_prev_miss.</summary>
    private uint CountCachedBefore(FileObject file, FilePage page, uint most)
    {
        uint count = 0;
        while (count < most && count < page.Value && cache.TryFind(file, page - new PageCount(count + 1), out _)) count++;
        return count;
    }

    /// <summary>Counts the cached pages from a page on. Linux: page_cache_next_miss.</summary>
    private uint CountCachedFrom(FileObject file, FilePage page, uint most)
    {
        uint count = 0;
        while (count < most && cache.TryFind(file, page + new PageCount(count), out _)) count++;
        return count;
    }
}
