namespace Paging.Core.Tests;

/// <summary>A file of some pages, each full of its number, whose reads last until the test ends them.</summary>
internal sealed class SlowBacking(int pages, Gate gate) : IFileBacking
{
    private readonly byte[] _bytes = [.. Enumerable.Range(0, pages * 4096).Select(static at => (byte)(at >> 12))];

    public long ByteLength => _bytes.Length;
    public bool AllowsConcurrentReads => true;
    public Errno Error { get; set; }
    public Exception? Failure { get; set; }
    public bool IsDisposed { get; private set; }

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = (int)Math.Clamp(_bytes.Length - offset, 0, destination.Length);
        _bytes.AsSpan((int)offset, byteCount).CopyTo(destination);    // as of now: later writes are not in it
        gate.Pass();
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return Failure is null ? Error : throw Failure;
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        source.CopyTo(_bytes.AsSpan((int)offset));
        byteCount = source.Length;
        return Errno.None;
    }

    public Errno SetLength(long byteLength)
    {
        _bytes.AsSpan((int)byteLength).Clear();
        return Errno.None;
    }

    public Errno Flush() => Errno.None;
    public void Dispose() => IsDisposed = true;
}
