namespace Paging.Core;

/// <summary>FALLOC_FL_* of fallocate(2).</summary>
[Flags]
public enum AllocationFlags
{
    /// <summary>Reserves storage, and makes the file longer if the range ends beyond it.</summary>
    None = 0,
    /// <summary>FALLOC_FL_KEEP_SIZE: the length of the file stays.</summary>
    KeepSize = 1,
    /// <summary>FALLOC_FL_PUNCH_HOLE, only with <see cref="KeepSize"/>: the range reads as zeros, and its storage is freed.</summary>
    PunchHole = 2,
    /// <summary>
    /// FALLOC_FL_COLLAPSE_RANGE: no file of the engine supports it. A range that reaches the end, or cuts a page, is EINVAL.
    /// </summary>
    CollapseRange = 8,
    /// <summary>FALLOC_FL_ZERO_RANGE: the range reads as zeros, and its storage is reserved.</summary>
    ZeroRange = 16,
    /// <summary>
    /// FALLOC_FL_INSERT_RANGE: no file of the engine supports it. An offset beyond the end, or within a page, is EINVAL.
    /// </summary>
    InsertRange = 32,
    /// <summary>FALLOC_FL_UNSHARE_RANGE: no file of the engine supports it.</summary>
    UnshareRange = 64,
    /// <summary>FALLOC_FL_WRITE_ZEROES: no file of the engine supports it.</summary>
    WriteZeroes = 128,
}

/// <summary>The rules for the arguments of fallocate(2).</summary>
public static class AllocationChecks
{
    /// <summary>Checks the arguments for errors that do not depend on the file. Linux: fs/open.c vfs_fallocate.</summary>
    /// <param name="flags">The operation.</param>
    /// <param name="offset">The offset of the first byte in the file.</param>
    /// <param name="byteLength">The number of bytes.</param>
    /// <returns>
    /// EINVAL: a negative offset, or no length. EOPNOTSUPP: unknown flags, two operations at once, or an operation that requires
    /// <see cref="AllocationFlags.KeepSize"/> without it, or forbids it with it.
    /// </returns>
    public static Errno Check(this AllocationFlags flags, long offset, long byteLength)
    {
        if (offset < 0 || byteLength <= 0) return Errno.EINVAL;    // before the flags
        bool keepsSize = (flags & AllocationFlags.KeepSize) != 0;
        bool mayBe = (flags & ~AllocationFlags.KeepSize) switch
        {
            AllocationFlags.None or AllocationFlags.ZeroRange or AllocationFlags.UnshareRange => true,
            AllocationFlags.PunchHole => keepsSize,
            AllocationFlags.CollapseRange or AllocationFlags.InsertRange or AllocationFlags.WriteZeroes => !keepsSize,
            _ => false,
        };
        return mayBe ? Errno.None : Errno.EOPNOTSUPP;
    }
}
