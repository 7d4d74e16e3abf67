using Paging.Core;
using Paging.Native;

namespace Paging.Testing.Doubles;

/// <summary>The calls to a backing that can be made to fail.</summary>
[Flags]
internal enum BackingCalls
{
    /// <summary>No calls.</summary>
    None = 0,
    /// <summary>Reading.</summary>
    Read = 1,
    /// <summary>Writing.</summary>
    Write = 2,
    /// <summary>Changing the length, and punching holes.</summary>
    Resize = 4,
    /// <summary>Flushing.</summary>
    Flush = 8,
    /// <summary>All calls.</summary>
    All = Read | Write | Resize | Flush,
}

/// <summary>Wraps another backing and fails at chosen calls, or transfers less than it was asked to.</summary>
/// <remarks>Calls are counted from 1, so that the same sequence of calls fails at the same place each time.</remarks>
internal sealed class FaultyBacking : IFileBacking
{
    private readonly IFileBacking _inner;
    private BackingCalls _counted = BackingCalls.All;
    private long _failFrom, _failCount;
    private Errno _error;

    /// <summary>Wraps a backing, which it then owns. No call fails yet.</summary>
    public FaultyBacking(IFileBacking inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
    }

    /// <summary>
    /// The most bytes of one transfer; 0 for no limit. Writes are limited to whole pages: the number is rounded down, to at least one page.
    /// </summary>
    public int TransferByteLengthMax { get; set; }

    /// <summary>The number of calls since it was created, or since <see cref="FailAt"/>.</summary>
    public long CallCount { get; private set; }

    /// <summary>Makes a call fail, or several in a row.</summary>
    /// <param name="number">The first call to fail, counted from 1 for the next one.</param>
    /// <param name="calls">The kinds of calls to count.</param>
    /// <param name="error">The error that they return.</param>
    /// <param name="count">The number of calls that fail.</param>
    public void FailAt(long number, BackingCalls calls = BackingCalls.All, Errno error = Errno.EIO, long count = 1)
    {
        (_failFrom, _failCount, _counted, _error) = (number, count, calls, error);
        CallCount = 0;
    }

    /// <summary>Makes no further call fail.</summary>
    public void Heal() => _failCount = 0;

    public long ByteLength => _inner.ByteLength;

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (Fails(BackingCalls.Read)) return _error;
        if (TransferByteLengthMax != 0 && destination.Length > TransferByteLengthMax) destination = destination[..TransferByteLengthMax];
        return _inner.Read(offset, destination, out byteCount);
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        if (Fails(BackingCalls.Write)) return _error;
        int most = Math.Max((int)VirtualAddress.PageSize, TransferByteLengthMax & ~(int)VirtualAddress.OffsetMask);
        if (TransferByteLengthMax != 0 && source.Length > most) source = source[..most];
        return _inner.Write(offset, source, out byteCount);
    }

    public Errno SetLength(long byteLength) => Fails(BackingCalls.Resize) ? _error : _inner.SetLength(byteLength);

    public Errno PunchHole(long offset, long byteLength) => Fails(BackingCalls.Resize) ? _error : _inner.PunchHole(offset, byteLength);

    public Errno Allocate(long offset, long byteLength) => Fails(BackingCalls.Resize) ? _error : _inner.Allocate(offset, byteLength);

    public Errno PermitStore(long offset) => _inner.PermitStore(offset);

    public Errno FindExtent(long offset, FileExtent wanted, out long found) => _inner.FindExtent(offset, wanted, out found);

    public Errno Flush() => Fails(BackingCalls.Flush) ? _error : _inner.Flush();

    public void Dispose() => _inner.Dispose();

    private bool Fails(BackingCalls call)
    {
        if ((_counted & call) == 0) return false;
        CallCount++;
        return CallCount >= _failFrom && CallCount - _failFrom < _failCount;
    }
}
