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
        new("_iob", StreamCount * StreamLength), new("__initenv", 4), new("__mb_cur_max", 4), new("_acmdln", 4), new("_fmode", 4),
        new("_commode", 4),
    ];
}
