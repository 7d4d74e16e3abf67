namespace Paging.Core.Tests;

/// <summary>A backing in host memory that counts, gives little at a time, and fails on request.</summary>
internal sealed class ByteBacking : IFileBacking
{
    private readonly List<byte> _bytes;

    public ByteBacking(int byteLength) =>
        _bytes = [.. Enumerable.Range(0, byteLength).Select(static index => (byte)(0x10 + (index >> 12)))];

    public long ByteLength => _bytes.Count;
    public int ReadCount { get; private set; }
    public int WriteCount { get; private set; }
    public int FlushCount { get; private set; }

    /// <summary>At most so many bytes in one call.</summary>
    public int PartMax { get; set; } = int.MaxValue;

    public Errno ReadError { get; set; }
    public Errno WriteError { get; set; }

    public byte this[int offset] => _bytes[offset];

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        ReadCount++;
        byteCount = 0;
        if (ReadError != Errno.None) return ReadError;
        while (byteCount < Math.Min(destination.Length, PartMax) && offset + byteCount < _bytes.Count)
        {
            destination[byteCount] = _bytes[(int)offset + byteCount];
            byteCount++;
        }

        return Errno.None;
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        WriteCount++;
        byteCount = 0;
        if (WriteError != Errno.None) return WriteError;
        while (byteCount < Math.Min(source.Length, PartMax))
        {
            while (offset + byteCount >= _bytes.Count) _bytes.Add(0);
            _bytes[(int)offset + byteCount] = source[byteCount];
            byteCount++;
        }

        return Errno.None;
    }

    public Errno SetLength(long byteLength)
    {
        while (_bytes.Count > byteLength) _bytes.RemoveAt(_bytes.Count - 1);
        while (_bytes.Count < byteLength) _bytes.Add(0);
        return Errno.None;
    }

    public Errno Flush()
    {
        FlushCount++;
        return Errno.None;
    }

    public void Dispose() { }
}
