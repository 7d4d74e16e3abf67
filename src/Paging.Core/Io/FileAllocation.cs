namespace Paging.Core.Io;

/// <summary>The arguments of fallocate(2).</summary>
/// <param name="Flags">The operation.</param>
/// <param name="Offset">The offset of the first byte in the file.</param>
/// <param name="ByteLength">The number of bytes.</param>
internal readonly record struct FileAllocation(AllocationFlags Flags, long Offset, long ByteLength)
{
    /// <summary>The offset after the last byte. Valid once <see cref="Check"/> has returned None and the length fits the file.</summary>
    public long End => Offset + ByteLength;

    /// <summary>Returns true if one of these flags is set.</summary>
    public bool Has(AllocationFlags flags) => (Flags & flags) != 0;

    /// <inheritdoc cref="AllocationChecks.Check"/>
    public Errno Check() => Flags.Check(Offset, ByteLength);
}
