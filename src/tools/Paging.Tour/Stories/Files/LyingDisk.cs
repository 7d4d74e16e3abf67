using Paging.Core;
using Paging.Core.Files;

namespace Paging.Tour.Stories.Files;

/// <summary>A disk with a volatile write cache that acknowledges a flush and does not do it.</summary>
/// <param name="byteLength">Its length.</param>
internal sealed class LyingDisk(int byteLength) : IFileBacking
{
    private readonly MemoryBacking _cache = new(new byte[byteLength], byteLength);    // what reads see

    /// <summary>The bytes that survive a loss of power.</summary>
    public MemoryBacking Platter { get; } = new(new byte[byteLength], byteLength);

    public long ByteLength => _cache.ByteLength;

    public Errno Read(long offset, Span<byte> destination, out int byteCount) => _cache.Read(offset, destination, out byteCount);

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount) => _cache.Write(offset, source, out byteCount);

    public Errno SetLength(long byteLength) => _cache.SetLength(byteLength);

    public Errno Flush() => Errno.None;    // "done"

    public void Dispose()
    {
        _cache.Dispose();
        Platter.Dispose();
    }
}
