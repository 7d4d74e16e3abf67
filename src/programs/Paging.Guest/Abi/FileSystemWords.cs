namespace Paging.Guest.Abi;

/// <summary>The result of statfs(2), as fifteen words of struct statfs on 64 bits. Linux: fs/libfs.c simple_statfs.</summary>
internal static class FileSystemWords
{
    public const int Count = 15;

    /// <summary>The index of the first word of free blocks and files.</summary>
    public const int Free = 3;

    /// <summary>The magic number of tmpfs: TMPFS_MAGIC.</summary>
    public const long Tmpfs = 0x0102_1994;

    /// <summary>The index of the file system's number, f_fsid.</summary>
    public const int Number = 7;

    /// <summary>
    /// The flags of every mount here, as /proc/self/mounts shows them: ST_VALID, ST_RELATIME. Linux: fs/statfs.c calculate_f_flags.
    /// </summary>
    public const long MountFlags = 0x1020;

    /// <summary>The flags of a file system that only the kernel has mounted: ST_VALID.</summary>
    public const long InternalFlags = 0x20;

    /// <summary>Fills in a file system without size: its magic number, blocks of a page, names of 255 bytes.</summary>
    /// <param name="words">The words to fill in.</param>
    /// <param name="magic">The magic number.</param>
    /// <param name="number">The number that tells it from others.</param>
    /// <param name="flags">The flags of its mount.</param>
    public static void Fill(Span<long> words, long magic, ulong number, long flags = MountFlags)
    {
        words.Clear();
        (words[0], words[1], words[Number], words[8], words[9], words[10]) =
            (magic, PageWords.ByteLength, (long)number, 255, PageWords.ByteLength, flags);
    }

    /// <summary>
    /// The number of a file system for which Linux draws a UUID (tmpfs, devtmpfs, sysfs: uuid_to_fsid); here it follows from the device.
    /// </summary>
    public static ulong NumberOf(ulong device) => device * 0x9E37_79B9_7F4A_7C15;
}
