namespace Paging.Core.Files;

/// <summary>A device of bytes in the host's memory, with a capacity that can run out.</summary>
/// <remarks>Unlike a memory file of the engine it is behind the page cache: pages are read from it and written back to it.</remarks>
public sealed class MemoryBacking : IFileBacking
{
    private byte[] _bytes;
    private int _length;

    /// <summary>A device that holds some bytes already.</summary>
    public MemoryBacking(ReadOnlySpan<byte> content, int capacityByteLength = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacityByteLength, content.Length);
        CapacityByteLength = capacityByteLength;
        _bytes = content.ToArray();
        _length = content.Length;
    }

    /// <summary>An empty device.</summary>
    public MemoryBacking(int capacityByteLength = int.MaxValue) : this([], capacityByteLength) { }

    /// <summary>The most it holds; writing beyond is ENOSPC.</summary>
    public int CapacityByteLength { get; }

    /// <inheritdoc/>
    public long ByteLength => _length;

    /// <summary>What it holds now. Good until the next write or change of length.</summary>
    public ReadOnlySpan<byte> Content => _bytes.AsSpan(0, _length);

    /// <inheritdoc/>
    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = (int)Math.Clamp(_length - offset, 0, destination.Length);
        if (byteCount != 0) _bytes.AsSpan((int)offset, byteCount).CopyTo(destination);
        return Errno.None;
    }

    /// <inheritdoc/>
    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = source.Length;
        if (offset + byteCount > CapacityByteLength) byteCount = (int)Math.Max(0, CapacityByteLength - offset) & ~0xFFF;
        if (byteCount == 0) return source.IsEmpty ? Errno.None : Errno.ENOSPC;
        Grow((int)offset + byteCount);
        source[..byteCount].CopyTo(_bytes.AsSpan((int)offset));
        return Errno.None;
    }

    /// <inheritdoc/>
    public Errno SetLength(long byteLength)
    {
        if (byteLength > CapacityByteLength) return Errno.ENOSPC;
        if (byteLength < _length) _bytes.AsSpan((int)byteLength, _length - (int)byteLength).Clear();    // zeros, should it grow again
        Grow((int)byteLength);
        _length = (int)byteLength;
        return Errno.None;
    }

    /// <inheritdoc/>
    public Errno PunchHole(long offset, long byteLength)
    {
        long end = Math.Min(_length, offset + byteLength);
        if (offset < end) _bytes.AsSpan((int)offset, (int)(end - offset)).Clear();
        return Errno.None;
    }

    /// <inheritdoc/>
    public Errno Flush() => Errno.None;

    /// <summary>Does nothing: what it holds can still be looked at.</summary>
    public void Dispose() { }

    private void Grow(int byteLength)
    {
        if (byteLength > _bytes.Length) Array.Resize(ref _bytes, (int)Math.Min(CapacityByteLength, Math.Max(byteLength, 2L * _bytes.Length)));
        _length = Math.Max(_length, byteLength);
    }
}
