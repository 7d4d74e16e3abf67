namespace Paging.Core.Files;

/// <summary>A disk with a cache of its own: what was not flushed may be lost when the power goes, each page as a whole.</summary>
/// <remarks><code>
///   Write ──► what reads see ──── Flush ────► what survives
///                    └── Crash: a coin for each page that differs, and one for the length
/// </code>For tests of what fsync and msync promise. After <see cref="Crash"/> the device answers EIO, and <see cref="Durable"/> is what the next start finds.</remarks>
public sealed class CrashingBacking : IFileBacking
{
    private readonly MemoryBacking _seen;
    private readonly MemoryBacking _durable;

    /// <summary>A disk that holds some bytes durably.</summary>
    public CrashingBacking(ReadOnlySpan<byte> content)
    {
        _seen = new(content);
        _durable = new(content);
    }

    /// <summary>True from <see cref="Crash"/> on.</summary>
    public bool HasCrashed { get; private set; }

    /// <summary>What would be, or is, found after a crash for certain. Good until the next flush.</summary>
    public ReadOnlySpan<byte> Durable => _durable.Content;

    /// <inheritdoc/>
    public long ByteLength => _seen.ByteLength;

    /// <inheritdoc/>
    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        return HasCrashed ? Errno.EIO : _seen.Read(offset, destination, out byteCount);
    }

    /// <inheritdoc/>
    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        return HasCrashed ? Errno.EIO : _seen.Write(offset, source, out byteCount);
    }

    /// <inheritdoc/>
    public Errno SetLength(long byteLength) => HasCrashed ? Errno.EIO : _seen.SetLength(byteLength);

    /// <inheritdoc/>
    public Errno PunchHole(long offset, long byteLength) => HasCrashed ? Errno.EIO : _seen.PunchHole(offset, byteLength);

    /// <inheritdoc/>
    public Errno Flush()
    {
        if (HasCrashed) return Errno.EIO;
        Errno error = _durable.SetLength(_seen.ByteLength);
        return error != Errno.None ? error : _durable.Write(0, _seen.Content, out _);
    }

    /// <summary>The power goes. Which of the pages that were written and not flushed have reached the medium follows from the seed.</summary>
    public void Crash(ulong seed)
    {
        if (HasCrashed) return;
        HasCrashed = true;
        SplitMix coins = new(seed);
        if (coins.Next()) _ = _durable.SetLength(_seen.ByteLength);
        for (int at = 0; at < _durable.ByteLength; at += 4096)
        {
            if (!coins.Next() || at >= _seen.ByteLength) continue;
            int count = (int)Math.Min(4096, Math.Min(_durable.ByteLength, _seen.ByteLength) - at);
            _ = _durable.Write(at, _seen.Content.Slice(at, count), out _);
            _ = _durable.PunchHole(at + count, 4096 - count);    // a page is written with zeros behind its file's end
        }
    }

    /// <summary>Does nothing: what is durable can still be looked at.</summary>
    public void Dispose() { }

    /// <summary>Coins from a seed. SplitMix64, whose constants these are.</summary>
    private struct SplitMix(ulong state)
    {
        private ulong _state = state;

        public bool Next()
        {
            ulong mixed = _state += 0x9E37_79B9_7F4A_7C15;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
            return ((mixed ^ (mixed >> 31)) & 1) != 0;
        }
    }
}
