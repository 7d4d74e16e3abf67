using Paging.Native;

namespace Paging.Core.Files;

/// <summary>A storage device in host memory, with a limited capacity.</summary>
/// <remarks>Unlike a memory file of the engine, its pages are read into the page cache and written back to it.</remarks>
public sealed class MemoryBacking : IFileBacking
{
    private byte[] _bytes;
    private int _length;

    /// <summary>Creates a device that already holds some bytes.</summary>
    public MemoryBacking(ReadOnlySpan<byte> content, int capacityByteLength = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacityByteLength, content.Length);
        CapacityByteLength = capacityByteLength;
        _bytes = content.ToArray();
        _length = content.Length;
    }

    /// <summary>Creates an empty device.</summary>
    public MemoryBacking(int capacityByteLength = int.MaxValue) : this([], capacityByteLength) { }

    /// <summary>The most bytes it can hold. A write beyond it returns ENOSPC.</summary>
    public int CapacityByteLength { get; }

    /// <inheritdoc/>
    public long ByteLength => _length;

    /// <summary>Its bytes. The span is valid until the next write or change of length.</summary>
    public ReadOnlySpan<byte> Content => _bytes.AsSpan(0, _length);

    /// <inheritdoc/>
    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (offset < 0) return Errno.EINVAL;
        byteCount = (int)Math.Clamp(_length - offset, 0, destination.Length);
        if (byteCount != 0) _bytes.AsSpan((int)offset, byteCount).CopyTo(destination);
        return Errno.None;
    }

    /// <inheritdoc/>
    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        if (offset < 0) return Errno.EINVAL;
        byteCount = source.Length;
        if (offset > CapacityByteLength - byteCount)
            byteCount = (int)Math.Max(0, CapacityByteLength - offset) & ~(int)VirtualAddress.OffsetMask;    // whole pages: none is cut
        if (byteCount == 0) return source.IsEmpty ? Errno.None : Errno.ENOSPC;    // an empty write always succeeds
        if (!TryGrow((int)offset + byteCount))
        {
            byteCount = 0;
            return Errno.ENOSPC;
        }

        source[..byteCount].CopyTo(_bytes.AsSpan((int)offset));
        return Errno.None;
    }

    /// <inheritdoc/>
    public Errno SetLength(long byteLength)
    {
        if (byteLength < 0) return Errno.EINVAL;
        if (byteLength > CapacityByteLength || !TryGrow((int)byteLength)) return Errno.ENOSPC;
        if (byteLength < _length) _bytes.AsSpan((int)byteLength, _length - (int)byteLength).Clear();    // reads as zeros if it grows again
        _length = (int)byteLength;
        return Errno.None;
    }

    /// <inheritdoc/>
    public Errno PunchHole(long offset, long byteLength)
    {
        if (offset < 0 || byteLength < 0) return Errno.EINVAL;
        long end = byteLength > _length - offset ? _length : offset + byteLength;    // no sum that could overflow
        if (offset < end) _bytes.AsSpan((int)offset, (int)(end - offset)).Clear();
        return Errno.None;
    }

    /// <summary>Checks the capacity. The bytes themselves are taken when they are written.</summary>
    public Errno Allocate(long offset, long byteLength) => offset + byteLength > CapacityByteLength ? Errno.ENOSPC : Errno.None;

    /// <inheritdoc/>
    public Errno Flush() => Errno.None;

    /// <summary>Does nothing. The bytes can still be read.</summary>
    public void Dispose() { }

    private bool TryGrow(int byteLength)
    {
        if (byteLength > Array.MaxLength) return false;
        int capacity = (int)Math.Min(Math.Min(CapacityByteLength, Array.MaxLength), Math.Max(byteLength, 2L * _bytes.Length));
        try
        {
            if (byteLength > _bytes.Length) Array.Resize(ref _bytes, capacity);
        }
        catch (OutOfMemoryException)    // of the host: for the guest, the device is full
        {
            return false;
        }

        _length = Math.Max(_length, byteLength);
        return true;
    }
}
