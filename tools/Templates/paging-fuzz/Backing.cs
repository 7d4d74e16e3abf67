using Paging.Core;

namespace PagingTemplate;

/// <summary>Replace this storage by your own. It has a bug: bytes that a shorter length cut off come back when it grows again.</summary>
public sealed class Backing : IFileBacking
{
    private byte[] _bytes = new byte[512];

    public long ByteLength { get; private set; }

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = (int)Math.Clamp(ByteLength - offset, 0, destination.Length);
        _bytes.AsSpan((int)Math.Min(offset, ByteLength), byteCount).CopyTo(destination);
        return Errno.None;
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = source.Length;
        if (offset + byteCount > ByteLength) SetLength(offset + byteCount);
        source.CopyTo(_bytes.AsSpan((int)offset));
        return Errno.None;
    }

    public Errno SetLength(long byteLength)
    {
        while (_bytes.Length < byteLength) Array.Resize(ref _bytes, _bytes.Length * 2);
        // The bug. It is gone with: if (byteLength < ByteLength) _bytes.AsSpan((int)byteLength..(int)ByteLength).Clear();
        ByteLength = byteLength;
        return Errno.None;
    }

    public Errno Flush() => Errno.None;

    public void Dispose() { }
}
