using System.Numerics;
using Paging.Core.Cache;
using Paging.Core.Files;

namespace Paging.Core.Io;

/// <summary>Sees how an open file is read and brings pages into the cache before they are asked for.</summary>
/// <remarks><code>
///   a miss       at the start, or where the last read ended   →  a first window, and a mark in it
///                elsewhere, but behind cached pages           →  a window as long as that trace
///                elsewhere                                    →  what was asked for, nothing more
///   the mark     used                                         →  the next window, twice as wide, marked at its start
/// </code>
/// So a reader in sequence finds each window there before it has used up the one before it.
/// Linux: mm/readahead.c page_cache_sync_ra, page_cache_async_ra, get_init_ra_size, get_next_ra_size, do_page_cache_ra.</remarks>
internal sealed class ReadAhead(PageCache cache, WindowReader window)
{
    /// <summary>A page that is asked for is not cached: reads it, and what should come with it. Linux: page_cache_sync_ra.</summary>
    public void OnMiss(FileObject file, ref ReadAheadState state, uint page, uint requested)
    {
        if (state.IsRandom || state.PagesMax == 0)
        {
            window.Load(file, page, state.IsRandom ? requested : 1, marked: 0, page, requested);
            return;
        }

        bool followsOn = page - ((ulong)state.PreviousEnd >> 12) <= 1;    // of a state without history: no
        if (page == 0 || requested > state.PagesMax || followsOn)
        {
            state.Start = page;
            state.Size = FirstSize(requested, state.PagesMax);
            state.AsyncSize = state.Size > requested ? state.Size - requested : state.Size >> 1;
        }
        else
        {
            uint trace = CountCachedBefore(file, page, state.PagesMax);
            if (trace <= requested)
            {
                window.Load(file, page, requested, marked: 0, page, requested);
                return;
            }

            if (trace == page && page < state.PagesMax) trace *= 2;    // cached from its beginning: a long stream
            state.Start = page;
            state.Size = Math.Min(trace + requested, state.PagesMax);
            state.AsyncSize = 1;
        }

        window.Load(file, state.Start, state.Size, state.AsyncSize, page, requested);
    }

    /// <summary>The page with the mark is used: reads the window behind it. Linux: page_cache_async_ra.</summary>
    public void OnMark(FileObject file, ref ReadAheadState state, uint page, uint requested)
    {
        if (state.PagesMax == 0) return;
        if (page == state.Start + state.Size - state.AsyncSize)
        {
            state.Start += state.Size;
            state.Size = Math.Max(state.Size, NextSize(state.Size, state.PagesMax));
        }
        else
        {
            // Somebody else's mark, or one of an earlier stream: go on behind what is cached.
            uint cached = CountCachedFrom(file, page + 1, state.PagesMax);
            if (cached >= state.PagesMax) return;
            state.Start = page + 1 + cached;
            state.Size = NextSize(cached + 1 + requested, state.PagesMax);
        }

        state.AsyncSize = state.Size;
        window.Load(file, state.Start, state.Size, state.AsyncSize, page, 0);
    }

    /// <summary>Reads what of the range is not cached yet, as a hint asks for. Stops quietly at an error or when memory is short.</summary>
    /// <remarks>Linux: force_page_cache_ra, which stops after the largest request of the device; here there is none.</remarks>
    public void Force(FileObject file, uint firstPage, ulong pageCount)
    {
        ulong count = Math.Min(pageCount, file.PageLimit > firstPage ? file.PageLimit - firstPage : 0);
        for (ulong done = 0; done < count; done += WindowReader.PagesMax)
        {
            uint part = (uint)Math.Min(WindowReader.PagesMax, count - done);
            if (!window.Load(file, firstPage + (uint)done, part, marked: 0, firstPage, 0)) return;
        }
    }

    /// <summary>Reads a window around a page of a mapping. Linux: do_sync_mmap_readahead, the part behind "mmap read-around".</summary>
    public void Around(FileObject file, ref ReadAheadState state, uint page)
    {
        state.Start = page > state.PagesMax / 2 ? page - (state.PagesMax / 2) : 0;
        state.Size = state.PagesMax;
        state.AsyncSize = state.PagesMax / 4;
        window.Load(file, state.Start, state.Size, state.AsyncSize, page, 1);
    }

    /// <summary>The first window for a request: four times a small one, twice a larger one. Linux: get_init_ra_size.</summary>
    private static uint FirstSize(uint requested, uint max)
    {
        uint size = BitOperations.RoundUpToPowerOf2(requested);
        if (size <= max / 32) return size * 4;
        return size <= max / 4 ? size * 2 : max;
    }

    /// <summary>Linux: get_next_ra_size.</summary>
    private static uint NextSize(uint size, uint max)
    {
        if (size < max / 16) return size * 4;
        return size <= max / 2 ? size * 2 : max;
    }

    /// <summary>Linux: page_cache_prev_miss.</summary>
    private uint CountCachedBefore(FileObject file, uint page, uint most)
    {
        uint count = 0;
        while (count < most && count < page && cache.TryFind(file, page - 1 - count, out _)) count++;
        return count;
    }

    /// <summary>Linux: page_cache_next_miss.</summary>
    private uint CountCachedFrom(FileObject file, uint page, uint most)
    {
        uint count = 0;
        while (count < most && cache.TryFind(file, page + count, out _)) count++;
        return count;
    }
}
