namespace Paging.Core;

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
/// <remarks>Counts the calls of the kinds in <see cref="Counted"/> from 1; the same story fails at the same place each time.</remarks>
public sealed class FaultyBacking : IFileBacking
{
    private readonly IFileBacking _inner;

    /// <summary>Stands before a backing, which it owns.</summary>
    public FaultyBacking(IFileBacking inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
    }

    /// <summary>Which calls count, and may fail.</summary>
    public BackingCalls Counted { get; set; } = BackingCalls.All;

    /// <summary>The number of the first call that fails; 0: none does.</summary>
    public long FailFrom { get; set; }

    /// <summary>How many calls fail from there on.</summary>
    public long FailCount { get; set; } = 1;

    /// <summary>What a failing call says.</summary>
    public Errno Error { get; set; } = Errno.EIO;

    /// <summary>Every transfer stops after so many bytes (writes: rounded down to pages, at least one); 0: none does.</summary>
    public int TransferByteLengthMax { get; set; }

    /// <summary>Calls counted so far.</summary>
    public long CallCount { get; private set; }

    /// <inheritdoc/>
    public long ByteLength => _inner.ByteLength;

    /// <inheritdoc/>
    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (Fails(BackingCalls.Read)) return Error;
        if (TransferByteLengthMax != 0 && destination.Length > TransferByteLengthMax) destination = destination[..TransferByteLengthMax];
        return _inner.Read(offset, destination, out byteCount);
    }

    /// <inheritdoc/>
    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        if (Fails(BackingCalls.Write)) return Error;
        int most = Math.Max(4096, TransferByteLengthMax & ~0xFFF);
        if (TransferByteLengthMax != 0 && source.Length > most) source = source[..most];
        return _inner.Write(offset, source, out byteCount);
    }

    /// <inheritdoc/>
    public Errno SetLength(long byteLength) => Fails(BackingCalls.Resize) ? Error : _inner.SetLength(byteLength);

    /// <inheritdoc/>
    public Errno PunchHole(long offset, long byteLength) => Fails(BackingCalls.Resize) ? Error : _inner.PunchHole(offset, byteLength);

    /// <inheritdoc/>
    public Errno Flush() => Fails(BackingCalls.Flush) ? Error : _inner.Flush();

    /// <inheritdoc/>
    public void Dispose() => _inner.Dispose();

    private bool Fails(BackingCalls call)
    {
        if ((Counted & call) == 0) return false;
        CallCount++;
        return FailFrom != 0 && CallCount >= FailFrom && CallCount < FailFrom + FailCount;
    }
}
