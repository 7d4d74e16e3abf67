namespace Paging.Windows.Caching;

/// <summary>How a file's bytes are cached: FILE_FLAG_* of CreateFile, with winbase.h's numbers.</summary>
/// <remarks>
/// What hints do is the cache manager's own choice; here as R. Chen describes Windows 7 ("The Old New Thing", 20 January 2012), but that a
/// sequential reader's pages keep their place when it has passed them.
/// </remarks>
[Flags]
public enum FileCaching : uint
{
    /// <summary>The cache manager looks for a pattern of reads.</summary>
    None = 0,
    /// <summary>FILE_FLAG_SEQUENTIAL_SCAN: twice as much is read ahead.</summary>
    SequentialScan = 0x0800_0000,
    /// <summary>FILE_FLAG_RANDOM_ACCESS: nothing is read ahead.</summary>
    RandomAccess = 0x1000_0000,
    /// <summary>
    /// FILE_FLAG_NO_BUFFERING: reads and writes pass the cache by. Their offsets and lengths are whole sectors of 512 bytes, or the call
    /// fails with ERROR_INVALID_PARAMETER. Views of the file see the bytes.
    /// </summary>
    NoBuffering = 0x2000_0000,
    /// <summary>FILE_FLAG_WRITE_THROUGH: a write returns when the device has its bytes, and those of earlier writes.</summary>
    WriteThrough = 0x8000_0000,
}
