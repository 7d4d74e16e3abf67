namespace Paging.Core.Files;

//                       ├──── AsyncSize ────┤
//   ├────────────────── Size ───────────────┤
//   ├═══════════════════#═══════════════════┤
//   Start               └ the page with the mark
/// <summary>
/// The window that was read ahead last for an open file, and the history that decides the next one. Linux: struct file_ra_state.
/// </summary>
internal struct ReadAheadState
{
    /// <summary>The first page of the window.</summary>
    public FilePage Start;
    /// <summary>The number of pages in the window.</summary>
    public uint Size;
    /// <summary>The number of pages from the marked one on.</summary>
    public uint AsyncSize;
    /// <summary>The widest window in pages; 0 for no read-ahead.</summary>
    public uint PagesMax;
    /// <summary>The misses of mappings in the cache less the hits, 0 to 1000. Linux: mmap_miss, 10 * MMAP_LOTSAMISS.</summary>
    public uint MappedMisses;
    /// <summary>POSIX_FADV_RANDOM: each read brings only the pages that it requests.</summary>
    public bool IsRandom;
    /// <summary>True if a fault of a mapping has just read its page and is being retried. Linux: FAULT_FLAG_TRIED.</summary>
    public bool IsMadeAgain;
    /// <summary>The offset after the last byte read, or -1.</summary>
    public long PreviousEnd;

    /// <summary>A state without history.</summary>
    public static ReadAheadState New(uint pagesMax) => new() { PagesMax = pagesMax, PreviousEnd = -1 };
}
