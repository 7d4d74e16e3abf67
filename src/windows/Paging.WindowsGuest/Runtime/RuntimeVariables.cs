using Paging.WindowsGuest.Images;

namespace Paging.WindowsGuest.Runtime;

/// <summary>The variables that the C library exports.</summary>
internal static class RuntimeVariables
{
    /// <summary>The number of streams, and the length of a FILE in bytes.</summary>
    public const uint StreamCount = 20, StreamLength = 32;    // _IOB_ENTRIES, sizeof(FILE)

    /// <summary>The number of locks for <c>_lock</c>; each is a critical section.</summary>
    public const uint LockCount = 64;

    public static IReadOnlyList<LibraryVariable> All { get; } =
    [
        new("_iob", StreamCount * StreamLength), new("__initenv", 4), new("_environ", 4), new("__mb_cur_max", 4), new("_acmdln", 4),
        new("_fmode", 4), new("_commode", 4), new("__argc", 4), new("__argv", 4), new("_HUGE", 8), new("_adjust_fdiv", 4),
        new("_pctype", 4), new("_sys_nerr", 4), new("_pgmptr", 4), new("_timezone", 4), new("_daylight", 4),
        new("_osver", 4), new("_winver", 4), new("_winmajor", 4), new("_winminor", 4), new("__winitenv", 4), new("_wcmdln", 4),
    ];
}
