namespace Paging.WindowsGuest.Runtime;

/// <summary>The variables that the C library exports.</summary>
internal static class RuntimeVariables
{
    /// <summary>The number of streams, and the length of a FILE in bytes.</summary>
    public const uint StreamCount = 20, StreamLength = 32;    // _IOB_ENTRIES, sizeof(FILE)

    /// <summary>The number of locks for <c>_lock</c>; each is a critical section.</summary>
    public const uint LockCount = 64;

    public static IReadOnlyList<(string Name, uint ByteLength)> All { get; } =
    [
        ("_iob", StreamCount * StreamLength), ("__initenv", 4), ("__mb_cur_max", 4), ("_acmdln", 4), ("_fmode", 4), ("_commode", 4),
    ];
}
