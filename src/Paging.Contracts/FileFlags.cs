namespace Paging.Core;

/// <summary>The rights of an open file: O_RDONLY, O_WRONLY, O_RDWR.</summary>
[Flags]
public enum FileRights
{
    /// <summary>Nothing, as for a directory.</summary>
    None = 0,
    /// <summary>Reading, and any mapping.</summary>
    Read = 1,
    /// <summary>Writing, and shared writable mappings.</summary>
    Write = 2,
    /// <summary>Both.</summary>
    ReadWrite = Read | Write,
}

/// <summary>The O_* flags of open(2) other than the rights, with the values of i386.</summary>
[Flags]
public enum OpenFlags
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary>O_APPEND: every write goes to the end of the file, whatever its offset.</summary>
    Append = 0x400,
    /// <summary>O_DIRECT: transfers bypass the page cache, in multiples of 512 bytes.</summary>
    Direct = 0x4000,
}

/// <summary>POSIX_FADV_* of posix_fadvise(2).</summary>
public enum FileAdvice
{
    /// <summary>POSIX_FADV_NORMAL: the usual read-ahead.</summary>
    Normal = 0,
    /// <summary>POSIX_FADV_RANDOM: no read-ahead.</summary>
    Random = 1,
    /// <summary>POSIX_FADV_SEQUENTIAL: read-ahead windows are twice as wide.</summary>
    Sequential = 2,
    /// <summary>POSIX_FADV_WILLNEED: reads the range now.</summary>
    WillNeed = 3,
    /// <summary>POSIX_FADV_DONTNEED: writes the range back and drops the pages that are not mapped.</summary>
    DontNeed = 4,
    /// <summary>POSIX_FADV_NOREUSE: accepted without effect.</summary>
    NoReuse = 5,
}

/// <summary>The extents that lseek(2) finds: SEEK_DATA and SEEK_HOLE.</summary>
public enum FileExtent
{
    /// <summary>SEEK_DATA: bytes that were written.</summary>
    Data = 3,
    /// <summary>SEEK_HOLE: bytes that were never written and read as zeros. There is one beyond the end of every file.</summary>
    Hole = 4,
}

/// <summary>SYNC_FILE_RANGE_* of sync_file_range(2).</summary>
[Flags]
public enum SyncRangeFlags
{
    /// <summary>Accepted without effect.</summary>
    None = 0,
    /// <summary>SYNC_FILE_RANGE_WAIT_BEFORE: waits for writes that have begun, and reports their errors.</summary>
    WaitBefore = 1,
    /// <summary>SYNC_FILE_RANGE_WRITE: begins to write dirty pages.</summary>
    Write = 2,
    /// <summary>SYNC_FILE_RANGE_WAIT_AFTER: waits for these writes, and reports their errors.</summary>
    WaitAfter = 4,
}

/// <summary>F_SEAL_* of fcntl(2): operations that are forbidden on a file through any descriptor.</summary>
[Flags]
public enum FileSeals
{
    /// <summary>Everything is allowed.</summary>
    None = 0,
    /// <summary>F_SEAL_SEAL: no further seals.</summary>
    Seal = 1,
    /// <summary>F_SEAL_SHRINK: the file does not become shorter.</summary>
    Shrink = 2,
    /// <summary>F_SEAL_GROW: the file does not become longer.</summary>
    Grow = 4,
    /// <summary>F_SEAL_WRITE: its bytes do not change.</summary>
    Write = 8,
    /// <summary>F_SEAL_FUTURE_WRITE: only mappings that exist already may change its bytes.</summary>
    FutureWrite = 16,
    /// <summary>F_SEAL_EXEC: its mode keeps its execute bits as they are.</summary>
    Execute = 32,
}

/// <summary>MFD_* of memfd_create(2).</summary>
[Flags]
public enum MemoryFileFlags : uint
{
    /// <summary>A file of small pages.</summary>
    None = 0,
    /// <summary>MFD_CLOEXEC.</summary>
    CloseOnExec = 1,
    /// <summary>MFD_ALLOW_SEALING.</summary>
    AllowSealing = 2,
    /// <summary>MFD_HUGETLB: a file of pages of the pool.</summary>
    HugeTlb = 4,
    /// <summary>MFD_NOEXEC_SEAL.</summary>
    NoExecuteSeal = 8,
    /// <summary>MFD_EXEC.</summary>
    Executable = 0x10,
    /// <summary>
    /// MFD_HUGE_*, with <see cref="HugeTlb"/>: the bits from 26 on hold the logarithm to base 2 of the size of its pages in bytes; 0 for
    /// the default. Linux: include/uapi/asm-generic/hugetlb_encode.h.
    /// </summary>
    HugeSizeMask = 0xFC00_0000,
}
