using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Frames;

namespace Paging.Core.Io;

/// <summary>Does read-ahead for mappings, where only faults show which pages are read.</summary>
/// <remarks><code>
///   a miss    MADV_RANDOM: the page alone · MADV_SEQUENTIAL: as read(2) · otherwise a window around the page,
///             unless the file has had a hundred more misses than hits
///   a hit     on the page with the mark: the next window
/// </code>
/// Linux: mm/filemap.c do_sync_mmap_readahead, do_async_mmap_readahead.
/// </remarks>
internal sealed class MappedReadAhead(FrameTable frames, ReadAhead readAhead)
{
    private const uint LotsOfMisses = 100;    // MMAP_LOTSAMISS
    private const uint MissesMax = 10 * LotsOfMisses;    // Linux's cap: later hits bring the count down again

    /// <summary>Reads ahead for a fault whose page is not cached. The page may still be missing afterwards.</summary>
    public void OnMiss(FrameGroup charged, FileObject file, ref ReadAheadState state, AreaFlags advice, FilePage page)
    {
        if ((advice & AreaFlags.RandomRead) != 0 || state.PagesMax == 0) return;    // the fault itself reads its page
        if ((advice & AreaFlags.SequentialRead) != 0)
        {
            readAhead.OnMiss(charged, file, ref state, page, state.PagesMax);
            return;
        }

        if (state.MappedMisses < MissesMax) state.MappedMisses++;
        if (state.MappedMisses <= LotsOfMisses) readAhead.Around(charged, file, ref state, page);
    }

    /// <summary>Reads ahead for a fault whose page is cached, unless it has just read the page: that was a miss.</summary>
    /// <returns>True if the page carried the mark and the next window was read, which may have evicted the page.</returns>
    public bool OnHit(FrameGroup charged, FileObject file, ref ReadAheadState state, AreaFlags advice, FilePage page, FrameNumber frame)
    {
        bool isMadeAgain = state.IsMadeAgain;
        state.IsMadeAgain = false;
        if (isMadeAgain || (advice & AreaFlags.RandomRead) != 0) return false;
        CountMapped(ref state, 1);
        ref FrameDescriptor descriptor = ref frames[frame];
        if ((descriptor.Flags & PageFlags.ReadAheadMark) == 0) return false;
        descriptor.Flags &= ~PageFlags.ReadAheadMark;    // before the window, whose frames may displace this page
        ReadAheadState before = state;
        readAhead.OnMark(charged, file, ref state, page, state.PagesMax);
        if (file.IsAwaited) state = before;    // the fault is repeated once the window is there
        return true;
    }

    /// <summary>Lowers the count of misses by the pages that fault-around found cached. Linux: mmap_miss in filemap_map_pages.</summary>
    public static void CountMapped(ref ReadAheadState state, uint pages)
    {
        state.MappedMisses -= Math.Min(state.MappedMisses, pages);
        state.IsMadeAgain = false;
    }
}
