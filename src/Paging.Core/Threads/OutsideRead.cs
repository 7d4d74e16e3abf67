using System.Numerics;
using Paging.Native;

namespace Paging.Core.Threads;

//   pages from Base on     0   1   2   3   4   5   …  63
//   Wanted                     1   1   1   1
//   whole                      1   1                        the bytes are here
//   failed                             1                    the source has refused this one; 4 was not tried
//   stale                      1                            written meanwhile: read again
/// <summary>The pages that a thread's fault reads outside the slow path: up to 64 of one source, and the result for each.</summary>
/// <remarks><code>
/// Always holds    T14 bytes that a fault has read outside the slow path are used only if nothing has changed their source since they
///                 were requested
/// Cost            a buffer of 256 KiB per processor, made at its first such read; a copy of each page
/// Threading       all members on the slow path, except <see cref="Perform"/> and <see cref="AwaitEnd"/>
/// Linux           PG_locked while a folio is read; here nothing is in the cache until its bytes are
/// </code></remarks>
internal sealed class OutsideRead
{
    public const int PagesMax = 64;    // the bits of the masks below

    private readonly object _bell = new();
    private byte[]? _bytes;
    private IOutsideSource? _next, _source;    // of the request, and of the current read
    private uint _nextBase, _base;
    private ulong _nextWanted, _wanted, _whole, _failed, _stale;
    private Errno _error;
    private long _ends;

    /// <summary>True if a fault has requested pages.</summary>
    public bool IsAsked => _nextWanted != 0;

    /// <summary>True while its thread reads, or has bytes that its fault has not used yet.</summary>
    public bool IsLive => _source is not null;

    /// <summary>True while <see cref="Perform"/> runs: the host's code may touch guest memory, and then reads on the slow path.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>The number of reads that have ended: the argument of <see cref="AwaitEnd"/>.</summary>
    public long Ends => Volatile.Read(ref _ends);

    /// <summary>Drops a request that was not read.</summary>
    public void Forget() => (_next, _nextWanted) = (null, 0);

    /// <summary>Requests consecutive pages, in addition to earlier ones of the same source within the same 64 pages.</summary>
    public void Ask(IOutsideSource source, uint page, int count, bool alone)
    {
        if (!IsAsked) (_next, _nextBase) = (source, alone ? page : page & ~(uint)(PagesMax - 1));    // aligned: room for its neighbours
        else if (_next != source || alone) return;    // one source per read: the next attempt requests it
        if (page - _nextBase >= PagesMax) return;
        int at = (int)(page - _nextBase);
        _nextWanted |= Bits(at, Math.Min(count, PagesMax - at));
    }

    /// <summary>True if the current read includes a page, so that other threads need not read it.</summary>
    public bool Covers(IOutsideSource source, uint page) => _source == source && page - _base < PagesMax && Has(_wanted, page);

    /// <summary>Copies pages that were read and have not changed in the source since.</summary>
    /// <param name="source">The source.</param>
    /// <param name="page">The first page.</param>
    /// <param name="destination">Receives the pages; the last one may be cut.</param>
    /// <param name="byteCount">The number of bytes copied.</param>
    /// <param name="error">The error of the first page, if it has failed.</param>
    /// <returns>False if the first page was not read, or has changed since.</returns>
    public bool TryAnswer(IOutsideSource source, uint page, Span<byte> destination, out int byteCount, out Errno error)
    {
        (byteCount, error) = (0, Errno.None);
        if (!Covers(source, page) || Has(_stale, page)) return false;
        if (Has(_failed, page))
        {
            error = _error;
            return true;
        }

        int at = (int)(page - _base);
        int count = BitOperations.TrailingZeroCount(~((_whole & ~_stale) >> at));    // bits after the last one are zeros
        byteCount = Math.Min(count << VirtualAddress.PageShift, destination.Length);
        _bytes.AsSpan(at << VirtualAddress.PageShift, byteCount).CopyTo(destination);
        return byteCount != 0;    // 0: after an error, so it was never tried
    }

    /// <summary>Called before a range of pages of the source changes.</summary>
    public void NoteChange(IOutsideSource source, ulong first, ulong end)
    {
        if (_source != source || end <= _base || first >= (ulong)_base + PagesMax) return;
        int from = (int)(Math.Max(first, _base) - _base), to = (int)(Math.Min(end, (ulong)_base + PagesMax) - _base);
        _stale |= Bits(from, to - from);
    }

    /// <summary>Makes the request the current read.</summary>
    public void Begin()
    {
        (_source, _base, _wanted) = (_next, _nextBase, _nextWanted);
        (_whole, _failed, _stale, _error) = (0, 0, 0, Errno.None);
        Forget();
        _source!.OutsideReaders++;
        _bytes ??= GC.AllocateUninitializedArray<byte>(PagesMax << VirtualAddress.PageShift);
        IsUnderWay = true;
    }

    /// <summary>Outside the slow path: reads. Each run of pages ends at its first error.</summary>
    /// <returns>The exception of the host's code, an I/O error for the fault; null if there was none.</returns>
    public Exception? Perform()
    {
        ulong left = _wanted;
        try
        {
            while (left != 0)
            {
                int at = BitOperations.TrailingZeroCount(left), count = BitOperations.TrailingZeroCount(~(left >> at));
                left &= ~Bits(at, count);
                Span<byte> bytes = _bytes.AsSpan(at << VirtualAddress.PageShift, count << VirtualAddress.PageShift);
                _failed |= Bits(at, 1);    // if it throws
                Errno error = _source!.ReadOutside(_base + (uint)at, bytes, out int whole);
                _failed &= ~Bits(at, 1);
                _whole |= Bits(at, whole);
                if (error == Errno.None) continue;
                (_error, _failed) = (error, _failed | Bits(at + whole, 1));
            }
        }
        catch (Exception thrown)
        {
            _error = Errno.EIO;
            return thrown;
        }

        return null;
    }

    /// <summary>Called when the thread is on the slow path again.</summary>
    public void Return()
    {
        IsUnderWay = false;
        if (--_source!.OutsideReaders == 0) _source.EndOutsideReads();
    }

    /// <summary>Ends the read together with its fault. Threads that wait for the same page retry.</summary>
    public void End()
    {
        Forget();
        if (!IsLive) return;
        _source = null;
        lock (_bell)
        {
            _ends++;
            Monitor.PulseAll(_bell);
        }
    }

    /// <summary>Outside the slow path: waits until the read that was current at <paramref name="seen"/> has ended.</summary>
    public void AwaitEnd(long seen)
    {
        lock (_bell)
        {
            while (_ends == seen) Monitor.Wait(_bell);
        }
    }

    private bool Has(ulong mask, uint page) => (mask >> (int)(page - _base) & 1) != 0;

    private static ulong Bits(int first, int count) => count == 0 ? 0 : ulong.MaxValue >> (PagesMax - count) << first;
}
