using Paging.Core.Accounting;

namespace Paging.Core.Files;

/// <summary>The backing of an embedder: an exception becomes EIO, and a call of the engine from inside is refused.</summary>
/// <remarks>
/// So does a wrong count of bytes. The exception reaches the embedder when the operation has ended (<see cref="ThreadGuard.Fail"/>).
/// </remarks>
internal sealed class GuardedBacking : IFileBacking
{
    private readonly IFileBacking _backing;
    private readonly ThreadGuard _guard;

    private GuardedBacking(IFileBacking backing, ThreadGuard guard)
    {
        _backing = backing;
        _guard = guard;
    }

    public long ByteLength => _backing.ByteLength;

    /// <summary>The backing asks a page source.</summary>
    public bool IsPager => _backing is PagerBacking;

    /// <summary>Wraps a backing, unless it is one of the engine's own, which neither throw nor call.</summary>
    public static IFileBacking Around(IFileBacking backing, ThreadGuard guard) =>
        backing is MemoryBacking or HostFileBacking ? backing : new GuardedBacking(backing, guard);

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        _guard.BeginCallback();
        try
        {
            Errno error = _backing.Read(offset, destination, out byteCount);
            return Checked(error, destination.Length, ref byteCount);
        }
        catch (Exception failure)
        {
            byteCount = 0;
            return _guard.FailAsIoError(failure);
        }
        finally
        {
            _guard.EndCallback();
        }
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        _guard.BeginCallback();
        try
        {
            Errno error = _backing.Write(offset, source, out byteCount);
            return Checked(error, source.Length, ref byteCount);
        }
        catch (Exception failure)
        {
            byteCount = 0;
            return _guard.FailAsIoError(failure);
        }
        finally
        {
            _guard.EndCallback();
        }
    }

    public Errno SetLength(long byteLength) =>
        _guard.Call((_backing, byteLength), static call => call._backing.SetLength(call.byteLength));

    public Errno PunchHole(long offset, long byteLength) =>
        _guard.Call((_backing, offset, byteLength), static call => call._backing.PunchHole(call.offset, call.byteLength));

    public Errno Allocate(long offset, long byteLength) =>
        _guard.Call((_backing, offset, byteLength), static call => call._backing.Allocate(call.offset, call.byteLength));

    public Errno FindExtent(long offset, FileExtent wanted, out long found)
    {
        found = -1;
        _guard.BeginCallback();
        try
        {
            return _backing.FindExtent(offset, wanted, out found);
        }
        catch (Exception failure)
        {
            return _guard.FailAsIoError(failure);
        }
        finally
        {
            _guard.EndCallback();
        }
    }

    public Errno Flush() => _guard.Call(_backing, static backing => backing.Flush());

    public void Dispose() => _guard.Call(_backing, static backing =>
    {
        backing.Dispose();
        return Errno.None;
    });

    /// <summary>A count that the span does not hold would make the engine believe in bytes that are not there.</summary>
    private Errno Checked(Errno error, int length, ref int byteCount)
    {
        if ((uint)byteCount <= (uint)length) return error;
        int wrong = byteCount;
        byteCount = 0;
        return _guard.FailAsIoError(new InvalidOperationException($"The backing reports {wrong} bytes of a span of {length}."));
    }
}
