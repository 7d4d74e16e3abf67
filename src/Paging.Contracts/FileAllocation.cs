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
    /// <summary>FALLOC_FL_COLLAPSE_RANGE: no file of the engine supports it.</summary>
    CollapseRange = 8,
    /// <summary>FALLOC_FL_ZERO_RANGE: the range reads as zeros, and its storage is reserved.</summary>
    ZeroRange = 16,
    /// <summary>FALLOC_FL_INSERT_RANGE: no file of the engine supports it.</summary>
    InsertRange = 32,
    /// <summary>FALLOC_FL_UNSHARE_RANGE: no file of the engine supports it.</summary>
    UnshareRange = 64,
    /// <summary>FALLOC_FL_WRITE_ZEROES: no file of the engine supports it.</summary>
    WriteZeroes = 128,
}

/// <summary>The arguments of fallocate(2).</summary>
/// <param name="Flags">The operation.</param>
/// <param name="Offset">The offset of the first byte in the file.</param>
/// <param name="ByteLength">The number of bytes.</param>
public readonly record struct FileAllocation(AllocationFlags Flags, long Offset, long ByteLength)
{
    /// <summary>The offset behind the last byte. Valid once <see cref="Check"/> has returned None and the length fits the file.</summary>
    public long End => Offset + ByteLength;

    /// <summary>Returns true if one of these flags is set.</summary>
    public bool Has(AllocationFlags flags) => (Flags & flags) != 0;

    /// <summary>Checks the arguments for errors that do not depend on the file. Linux: fs/open.c vfs_fallocate.</summary>
    /// <returns>
    /// EINVAL: a negative offset, or no length. EOPNOTSUPP: unknown flags, two operations at once, or an operation that requires
    /// <see cref="AllocationFlags.KeepSize"/> without it, or forbids it with it.
    /// </returns>
    public Errno Check()
    {
        if (Offset < 0 || ByteLength <= 0) return Errno.EINVAL;    // before the flags
        bool mayBe = (Flags & ~AllocationFlags.KeepSize) switch
        {
            AllocationFlags.None or AllocationFlags.ZeroRange or AllocationFlags.UnshareRange => true,
            AllocationFlags.PunchHole => Has(AllocationFlags.KeepSize),
            AllocationFlags.CollapseRange or AllocationFlags.InsertRange or AllocationFlags.WriteZeroes => !Has(AllocationFlags.KeepSize),
            _ => false,
        };
        return mayBe ? Errno.None : Errno.EOPNOTSUPP;
    }
}
