namespace Paging.Core.Files;

//                       ├──── AsyncSize ────┤
//   ├────────────────── Size ───────────────┤
//   ├═══════════════════#═══════════════════┤
//   Start               └ the page that carries the mark
/// <summary>The window that was read ahead last for one open file, and what is known of its habits. Linux: struct file_ra_state.</summary>
internal struct ReadAheadState
{
    /// <summary>Where the window begins.</summary>
    public uint Start;
    /// <summary>Its pages.</summary>
    public uint Size;
    /// <summary>Its pages from the mark on.</summary>
    public uint AsyncSize;
    /// <summary>The widest window; 0: no read-ahead.</summary>
    public uint PagesMax;
    /// <summary>How much oftener mappings missed the cache than hit it, up to 1000.</summary>
    public uint MappedMisses;
    /// <summary>POSIX_FADV_RANDOM: each read brings what it asks for and no more.</summary>
    public bool IsRandom;
    /// <summary>The byte behind the last one read, or -1.</summary>
    public long PreviousEnd;

    /// <summary>A state without history.</summary>
    public static ReadAheadState New(uint pagesMax) => new() { PagesMax = pagesMax, PreviousEnd = -1 };
}
