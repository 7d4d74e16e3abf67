namespace Paging.Core.Files;

/// <summary>The calls to a backing that can be made to fail.</summary>
[Flags]
public enum BackingCalls
{
    /// <summary>None of them.</summary>
    None = 0,
    /// <summary>Reading.</summary>
    Read = 1,
    /// <summary>Writing.</summary>
    Write = 2,
    /// <summary>Changes of length, and holes.</summary>
    Resize = 4,
    /// <summary>Flushing.</summary>
    Flush = 8,
    /// <summary>All of them.</summary>
    All = Read | Write | Resize | Flush,
}

/// <summary>A backing in front of another one that fails, or transfers less than it was asked to, at chosen calls.</summary>
/// <remarks>Calls are counted from 1, so that the same story fails at the same place each time.</remarks>
public sealed class FaultyBacking : IFileBacking
{
    private readonly IFileBacking _inner;
    private BackingCalls _counted = BackingCalls.All;
    private long _failFrom, _failCount;
    private Errno _error;

    /// <summary>Stands before a backing, which it owns. Nothing fails yet.</summary>
    public FaultyBacking(IFileBacking inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
    }

    /// <summary>Every transfer stops after so many bytes (writes: rounded down to pages, at least one); 0: none does.</summary>
    public int TransferByteLengthMax { get; set; }

    /// <summary>Calls counted since it was made, or since <see cref="FailAt"/>.</summary>
    public long CallCount { get; private set; }

    /// <summary>From now on calls of these kinds are counted, and the n-th of them fails, or some from there on.</summary>
    public void FailAt(long number, BackingCalls calls = BackingCalls.All, Errno error = Errno.EIO, long count = 1)
    {
        (_failFrom, _failCount, _counted, _error) = (number, count, calls, error);
        CallCount = 0;
    }

    /// <summary>Nothing fails any more.</summary>
    public void Heal() => _failCount = 0;

    /// <inheritdoc/>
    public long ByteLength => _inner.ByteLength;

    /// <inheritdoc/>
    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (Fails(BackingCalls.Read)) return _error;
        if (TransferByteLengthMax != 0 && destination.Length > TransferByteLengthMax) destination = destination[..TransferByteLengthMax];
        return _inner.Read(offset, destination, out byteCount);
    }

    /// <inheritdoc/>
    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        if (Fails(BackingCalls.Write)) return _error;
        int most = Math.Max(4096, TransferByteLengthMax & ~0xFFF);
        if (TransferByteLengthMax != 0 && source.Length > most) source = source[..most];
        return _inner.Write(offset, source, out byteCount);
    }

    /// <inheritdoc/>
    public Errno SetLength(long byteLength) => Fails(BackingCalls.Resize) ? _error : _inner.SetLength(byteLength);

    /// <inheritdoc/>
    public Errno PunchHole(long offset, long byteLength) => Fails(BackingCalls.Resize) ? _error : _inner.PunchHole(offset, byteLength);

    /// <inheritdoc/>
    public Errno Flush() => Fails(BackingCalls.Flush) ? _error : _inner.Flush();

    /// <inheritdoc/>
    public void Dispose() => _inner.Dispose();

    private bool Fails(BackingCalls call)
    {
        if ((_counted & call) == 0) return false;
        CallCount++;
        return CallCount >= _failFrom && CallCount - _failFrom < _failCount;
    }
}
