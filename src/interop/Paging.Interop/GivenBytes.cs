namespace Paging.Interop;

/// <summary>Counts what is written, and keeps it in memory of C's as long as it fits.</summary>
// SAFETY: the memory has that many bytes until the call returns.
internal sealed unsafe class GivenBytes(byte* start, long capacity) : Stream
{
    private long _length;

    /// <summary>Writes to memory of C's.</summary>
    /// <returns>The length of all bytes. If it exceeds the capacity, those in memory are incomplete.</returns>
    public static long Write(void* buffer, ulong capacity, Action<Stream> write)
    {
        if (capacity != 0) Border.Need(buffer, "buffer");
        using GivenBytes stream = new((byte*)buffer, (long)Math.Min(capacity, long.MaxValue));
        write(stream);
        return stream.Length;
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => _length;

    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_length + buffer.Length <= capacity) buffer.CopyTo(new(start + _length, buffer.Length));
        _length += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is kept back.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
