using Paging.Core;
using Paging.Core.Files;
using Paging.Native;

namespace Paging.Testing.Doubles;

/// <summary>
/// A disk with a write cache. Bytes that were not flushed may be lost at a crash, but each page is either kept or lost as a whole.
/// </summary>
/// <remarks><code>
///   Write ──► what reads see ──── Flush ────► what survives
///                    └── Crash: a random bit for each page that differs, and one for the length
/// </code>
/// Made for tests of the guarantees of fsync and msync. After <see cref="Crash"/> the device answers EIO, and <see cref="Durable"/> holds
/// the bytes that the next start finds.</remarks>
internal sealed class CrashingBacking : IFileBacking
{
    private readonly MemoryBacking _seen;
    private readonly MemoryBacking _durable;

    /// <summary>Creates a disk that already holds some durable bytes.</summary>
    public CrashingBacking(ReadOnlySpan<byte> content)
    {
        _seen = new(content);
        _durable = new(content);
    }

    /// <summary>True after <see cref="Crash"/>.</summary>
    public bool HasCrashed { get; private set; }

    /// <summary>The bytes that survive a crash for certain. The span is valid until the next flush.</summary>
    public ReadOnlySpan<byte> Durable => _durable.Content;

    public long ByteLength => _seen.ByteLength;

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        return HasCrashed ? Errno.EIO : _seen.Read(offset, destination, out byteCount);
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        return HasCrashed ? Errno.EIO : _seen.Write(offset, source, out byteCount);
    }

    public Errno SetLength(long byteLength) => HasCrashed ? Errno.EIO : _seen.SetLength(byteLength);

    public Errno PunchHole(long offset, long byteLength) => HasCrashed ? Errno.EIO : _seen.PunchHole(offset, byteLength);

    public Errno Allocate(long offset, long byteLength) => HasCrashed ? Errno.EIO : _seen.Allocate(offset, byteLength);

    public Errno Flush()
    {
        if (HasCrashed) return Errno.EIO;
        Errno error = _durable.SetLength(_seen.ByteLength);
        return error != Errno.None ? error : _durable.Write(0, _seen.Content, out _);
    }

    /// <summary>
    /// Simulates a power failure. The seed decides which pages that were written and not flushed have reached the medium.
    /// </summary>
    public void Crash(ulong seed)
    {
        if (HasCrashed) return;
        HasCrashed = true;
        if (Toss()) _ = _durable.SetLength(_seen.ByteLength);
        const int pageSize = (int)VirtualAddress.PageSize;
        for (int at = 0; at < _durable.ByteLength; at += pageSize)
        {
            if (!Toss() || at >= _seen.ByteLength) continue;
            int count = (int)Math.Min(pageSize, Math.Min(_durable.ByteLength, _seen.ByteLength) - at);
            _ = _durable.Write(at, _seen.Content.Slice(at, count), out _);
            _ = _durable.PunchHole(at + count, pageSize - count);    // a page is written with zeros beyond the end of its file
        }

        bool Toss() => (SplitMix64.Next(ref seed) & 1) != 0;
    }

    /// <summary>Does nothing. The durable bytes can still be read.</summary>
    public void Dispose() { }
}
