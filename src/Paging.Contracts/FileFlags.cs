namespace Paging.Core;

/// <summary>What an open file may be used for: O_RDONLY, O_WRONLY, O_RDWR.</summary>
[Flags]
public enum FileRights
{
    /// <summary>Nothing; a directory, for instance.</summary>
    None = 0,
    /// <summary>Reading, and mapping at all.</summary>
    Read = 1,
    /// <summary>Writing, and shared writable mappings.</summary>
    Write = 2,
    /// <summary>Both.</summary>
    ReadWrite = Read | Write,
}

/// <summary>How an open file behaves: the O_* of open(2) beside the rights, with the numbers of i386.</summary>
[Flags]
public enum OpenFlags
{
    /// <summary>Nothing special.</summary>
    None = 0,
    /// <summary>O_APPEND: every write goes to the end of the file, wherever it was asked to go.</summary>
    Append = 0x400,
    /// <summary>O_DIRECT: past the page cache, in multiples of 512 bytes.</summary>
    Direct = 0x4000,
}

/// <summary>POSIX_FADV_* of posix_fadvise(2).</summary>
public enum FileAdvice
{
    /// <summary>POSIX_FADV_NORMAL: the usual read-ahead.</summary>
    Normal = 0,
    /// <summary>POSIX_FADV_RANDOM: none.</summary>
    Random = 1,
    /// <summary>POSIX_FADV_SEQUENTIAL: windows twice as wide.</summary>
    Sequential = 2,
    /// <summary>POSIX_FADV_WILLNEED: read it now.</summary>
    WillNeed = 3,
    /// <summary>POSIX_FADV_DONTNEED: write it back and forget it, as far as nobody maps it.</summary>
    DontNeed = 4,
    /// <summary>POSIX_FADV_NOREUSE: accepted, does nothing.</summary>
    NoReuse = 5,
}

/// <summary>SYNC_FILE_RANGE_* of sync_file_range(2).</summary>
[Flags]
public enum SyncRangeFlags
{
    /// <summary>Nothing; allowed, does nothing.</summary>
    None = 0,
    /// <summary>SYNC_FILE_RANGE_WAIT_BEFORE: wait for what is on its way, and report errors.</summary>
    WaitBefore = 1,
    /// <summary>SYNC_FILE_RANGE_WRITE: send off what is dirty.</summary>
    Write = 2,
    /// <summary>SYNC_FILE_RANGE_WAIT_AFTER: wait for it, and report errors.</summary>
    WaitAfter = 4,
}

/// <summary>F_SEAL_* of fcntl(2): what must not be done to a file any more, by whatever descriptor.</summary>
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
