using Paging.Native;

namespace Paging.Windows.Spaces;

//               2 GB / 2 GB                                  3 GB / 1 GB (/3GB, and an image that is large-address-aware)
//  00000000  ┌ 64 KB, never given out                     ┌
//  00010000  │ memory of the program                      │ memory of the program
//  7FFE0000  │ shared user page, then reserved            │ shared user page, then reserved
//  7FFF0000  └ 64 KB that are never valid                 │ memory of the program
//  80000000    the system's                               │
//  BFFE0000                                               │ reserved
//  BFFF0000                                               └ 64 KB that are never valid
//  C0000000    page tables                                  the system's, page tables first
/// <summary>The extent of the user half of a process.</summary>
/// <param name="End">The page after the highest that is given out. Windows: MM_HIGHEST_VAD_ADDRESS + 1.</param>
/// <remarks>Windows: MmUserProbeAddress, MmHighestUserAddress; the boot option increaseuserva. Linux: TASK_SIZE, 3 GB.</remarks>
internal readonly record struct UserRange(PageNumber End)
{
    /// <summary>Pages of an allocation granule: 64 KB.</summary>
    public const uint GranulePages = 16;    // so that an image moved on the Alpha only changed upper halves

    /// <summary>The lowest page that is given out. Windows: MM_LOWEST_USER_ADDRESS.</summary>
    public static PageNumber Lowest => new(0x10);    // below, null pointers with offsets fault

    /// <summary>The shared user page.</summary>
    public static PageNumber SharedPage => new(0x7FFE0);    // MM_SHARED_USER_DATA_VA

    /// <summary>The page after the highest that any process can have.</summary>
    public static PageNumber EndOfAll => Large.Probe;

    /// <summary>2 GB.</summary>
    public static UserRange Standard => new(new(0x7FFE0));

    /// <summary>3 GB.</summary>
    public static UserRange Large => new(new(0xBFFE0));

    /// <summary>The page from which on no address is the user's. Windows: MmUserProbeAddress.</summary>
    public PageNumber Probe => End + new PageCount(GranulePages);
}
