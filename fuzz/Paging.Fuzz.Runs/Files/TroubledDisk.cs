using Paging.Core;
using Paging.Core.Files;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>A disk that loses what was not flushed, fails now and then, and gives or takes less than it was asked to.</summary>
/// <remarks><code>
///   Write ──► seen by reads ──── Flush ────► durable
///                    └── CrashImage: a coin for each page that differs, and one for the length
/// </code>Unlike <see cref="CrashingBacking"/> it can be asked what a crash would leave, and goes on.</remarks>
internal sealed class TroubledDisk : IFileBacking
{
    private readonly FuzzRandom _random;
    private readonly byte[] _seen, _durable;
    private int _length, _durableLength;

    public TroubledDisk(FuzzRandom random, int pageMax, ReadOnlySpan<byte> content)
    {
        _random = random;
        _seen = new byte[pageMax * FileContents.PageByteLength];
        _durable = new byte[_seen.Length];
        content.CopyTo(_seen);
        content.CopyTo(_durable);
        _length = _durableLength = content.Length;
    }

    /// <summary>How many of a hundred calls fail.</summary>
    public int FailurePercent { get; set; }

    /// <summary>The n-th call from now on fails, of any kind; 0: none will.</summary>
    public long FailAtCall { get; set; }

    /// <summary>The most that one transfer moves: whole pages for writes; 0 for no limit.</summary>
    public int TransferByteLengthMax { get; set; }

    /// <summary>Pages after this one cannot be written: ENOSPC.</summary>
    public int CapacityPages { get; set; } = int.MaxValue;

    /// <summary>Calls that failed, of all kinds.</summary>
    public long FailureCount { get; private set; }

    /// <summary>Writes that failed.</summary>
    public long WriteFailureCount { get; private set; }

    public long ByteLength => _length;

    /// <summary>The bytes that have reached the medium.</summary>
    public ReadOnlySpan<byte> Durable => _durable.AsSpan(0, _durableLength);

    /// <summary>A page as the disk returns it, with zeros beyond its end.</summary>
    public ReadOnlySpan<byte> Page(int page) => _seen.AsSpan(page * FileContents.PageByteLength, FileContents.PageByteLength);

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (Fails()) return Errno.EIO;
        int wanted = (int)Math.Clamp(_length - offset, 0, destination.Length);
        if (TransferByteLengthMax != 0) wanted = Math.Min(wanted, TransferByteLengthMax);
        _seen.AsSpan((int)Math.Min(offset, _seen.Length), wanted).CopyTo(destination);
        byteCount = wanted;
        return Errno.None;
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        bool isFull = offset >> 12 >= CapacityPages;
        if (isFull) FailureCount++;
        if (isFull || Fails())
        {
            WriteFailureCount++;
            return isFull ? Errno.ENOSPC : Errno.EIO;
        }

        if (TransferByteLengthMax != 0)
            source = source[..Math.Min(source.Length, Math.Max(FileContents.PageByteLength, TransferByteLengthMax & ~0xFFF))];
        if (CapacityPages < int.MaxValue) source = source[..(int)Math.Min(source.Length, ((long)CapacityPages << 12) - offset)];
        source.CopyTo(_seen.AsSpan((int)offset));
        _length = Math.Max(_length, (int)offset + source.Length);
        byteCount = source.Length;
        return Errno.None;
    }

    public Errno SetLength(long byteLength)
    {
        if (Fails()) return Errno.EIO;
        if (byteLength < _length) _seen.AsSpan((int)byteLength, _length - (int)byteLength).Clear();
        _length = (int)byteLength;
        return Errno.None;
    }

    public Errno PunchHole(long offset, long byteLength)
    {
        if (Fails()) return Errno.EIO;
        _seen.AsSpan((int)offset, (int)byteLength).Clear();
        return Errno.None;
    }

    public Errno Flush()
    {
        if (Fails()) return Errno.EIO;
        _seen.CopyTo(_durable, 0);
        _durableLength = _length;
        return Errno.None;
    }

    /// <summary>The bytes that the next start would find if the power went now.</summary>
    public ReadOnlySpan<byte> CrashImage(byte[] image)
    {
        int length = _random.Percent(50) ? _length : _durableLength;
        for (int at = 0; at < _seen.Length; at += FileContents.PageByteLength)
        {
            byte[] from = _random.Percent(50) ? _seen : _durable;
            from.AsSpan(at, FileContents.PageByteLength).CopyTo(image.AsSpan(at));
        }

        return image.AsSpan(0, length);
    }

    public void Dispose() { }

    private bool Fails()
    {
        bool fails = FailurePercent != 0 && _random.Percent(FailurePercent);
        if (FailAtCall != 0 && --FailAtCall == 0) fails = true;
        if (fails) FailureCount++;
        return fails;
    }
}
