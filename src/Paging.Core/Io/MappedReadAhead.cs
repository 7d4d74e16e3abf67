using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Native;

namespace Paging.Core.Io;

/// <summary>Read-ahead for mappings, which show no reads but only faults.</summary>
/// <remarks><code>
///   a miss    MADV_RANDOM: the page alone · MADV_SEQUENTIAL: as read(2) · otherwise a window around the page,
///             unless the file was missed a hundred times more than it was hit
///   a hit     on the page with the mark: the next window
/// </code>Linux: mm/filemap.c do_sync_mmap_readahead, do_async_mmap_readahead.</remarks>
internal sealed class MappedReadAhead(FrameTable frames, ReadAhead readAhead)
{
    private const uint LotsOfMisses = 100;    // MMAP_LOTSAMISS
    private const uint MissesMax = 10 * LotsOfMisses;

    /// <summary>The page of a fault is not cached. It may still not be afterwards.</summary>
    public void OnMiss(FileObject file, ref ReadAheadState state, AreaFlags advice, uint page)
    {
        if ((advice & AreaFlags.RandomRead) != 0 || state.PagesMax == 0) return;
        if ((advice & AreaFlags.SequentialRead) != 0)
        {
            readAhead.OnMiss(file, ref state, page, state.PagesMax);
            return;
        }

        if (state.MappedMisses < MissesMax) state.MappedMisses++;
        if (state.MappedMisses <= LotsOfMisses) readAhead.Around(file, ref state, page);
    }

    /// <summary>The page of a fault is cached. True: its mark has started the next window, and the page may have given way meanwhile.</summary>
    public bool OnHit(FileObject file, ref ReadAheadState state, AreaFlags advice, uint page, FrameNumber frame)
    {
        if ((advice & AreaFlags.RandomRead) != 0) return false;
        CountMapped(ref state, 1);
        ref FrameDescriptor descriptor = ref frames[frame];
        if ((descriptor.Flags & PageFlags.ReadAheadMark) == 0) return false;
        descriptor.Flags &= ~PageFlags.ReadAheadMark;
        readAhead.OnMark(file, ref state, page, state.PagesMax);
        return true;
    }

    /// <summary>Pages were there when a fault came near them: so many misses are forgiven. Linux: mmap_miss in filemap_map_pages.</summary>
    public static void CountMapped(ref ReadAheadState state, uint pages) =>
        state.MappedMisses -= Math.Min(state.MappedMisses, pages);
}
