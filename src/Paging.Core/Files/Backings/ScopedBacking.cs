using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core.Files;

/// <summary>The backing of an embedder: an exception becomes EIO, and a call of the engine from inside is refused.</summary>
/// <remarks>
/// A wrong count of bytes becomes EIO, too. The exception reaches the embedder when the operation has ended
/// (<see cref="CallerCheck.Keep"/>).
/// </remarks>
internal sealed class ScopedBacking : IFileBacking, IOutsideSource
{
    private readonly IFileBacking _backing;
    private readonly CallerCheck _callers;
    private readonly OutsideReads? _reads;    // null if the engine has one thread, or the backing allows only one
    private bool _endsLater;

    private ScopedBacking(IFileBacking backing, CallerCheck callers)
    {
        _backing = backing;
        _callers = callers;
        _reads = callers.OutsideReadsOf(backing.AllowsConcurrentReads);
    }

    public long ByteLength => _backing.ByteLength;

    /// <summary>True if a page source supplies the backing's pages.</summary>
    public bool IsPager => _backing is PagerBacking;

    /// <summary>True if the fault being handled has requested pages, which are read outside the slow path.</summary>
    public bool IsAwaited => _reads is { IsAsked: true };

    public int OutsideReaders { get; set; }

    /// <summary>Wraps a backing, unless it is one of the engine's own, which neither throw nor call.</summary>
    public static IFileBacking Around(IFileBacking backing, CallerCheck callers) =>
        backing is MemoryBacking or HostFileBacking ? backing : new ScopedBacking(backing, callers);

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (_reads is not null && TryDefer(offset, destination, out byteCount, out Errno deferred)) return deferred;
        using HostCall call = _callers.Callbacks.Begin();
        try
        {
            Errno error = _backing.Read(offset, destination, out byteCount);
            return Checked(error, destination.Length, ref byteCount);
        }
        catch (Exception failure)
        {
            byteCount = 0;    // the backing may have set it before it threw
            return _callers.Callbacks.FailAsIoError(failure);
        }
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        NoteChange(offset, source.Length);
        using HostCall call = _callers.Callbacks.Begin();
        try
        {
            Errno error = _backing.Write(offset, source, out byteCount);
            return Checked(error, source.Length, ref byteCount);
        }
        catch (Exception failure)
        {
            byteCount = 0;
            return _callers.Callbacks.FailAsIoError(failure);
        }
    }

    public Errno SetLength(long byteLength)
    {
        NoteChange(0, long.MaxValue);    // all: the pages that change depend on the backing's length so far
        return _callers.Callbacks.Call((_backing, byteLength), static call => call._backing.SetLength(call.byteLength));
    }

    public Errno PunchHole(long offset, long byteLength)
    {
        NoteChange(offset, byteLength);
        return _callers.Callbacks.Call((_backing, offset, byteLength), static call =>
            call._backing.PunchHole(call.offset, call.byteLength));
    }

    public Errno Allocate(long offset, long byteLength) =>    // changes no bytes, so reads under way stay valid
        _callers.Callbacks.Call((_backing, offset, byteLength), static call => call._backing.Allocate(call.offset, call.byteLength));

    public Errno PermitStore(long offset) =>
        _callers.Callbacks.Call((_backing, offset), static call => call._backing.PermitStore(call.offset));

    public Errno FindExtent(long offset, FileExtent wanted, out long found)
    {
        found = -1;
        using HostCall call = _callers.Callbacks.Begin();
        try
        {
            return _backing.FindExtent(offset, wanted, out found);
        }
        catch (Exception failure)
        {
            return _callers.Callbacks.FailAsIoError(failure);
        }
    }

    public Errno Flush() => _callers.Callbacks.Call(_backing, static backing => backing.Flush());

    public void Dispose()
    {
        _endsLater = OutsideReaders != 0;    // a thread still reads: the last one back disposes the backing
        if (_endsLater) return;
        _callers.Callbacks.Call(_backing, static backing =>
        {
            backing.Dispose();
            return Errno.None;
        });
    }

    public Errno ReadOutside(uint page, Span<byte> bytes, out int wholeCount)
    {
        Errno error = Errno.None;
        int filled = 0;
        while (filled < bytes.Length)
        {
            error = _backing.Read(new FilePage(page).ByteOffset + filled, bytes[filled..], out int count);
            if ((uint)count > (uint)(bytes.Length - filled)) throw WrongCount(count, bytes.Length - filled);
            if (error != Errno.None || count == 0) break;
            filled += count;
        }

        if (error == Errno.None) bytes[filled..].Clear();
        wholeCount = (error == Errno.None ? bytes.Length : filled) >> VirtualAddress.PageShift;
        return error;
    }

    public void EndOutsideReads()
    {
        if (_endsLater) Dispose();
    }

    private bool TryDefer(long offset, Span<byte> destination, out int byteCount, out Errno error)
    {
        (byteCount, error) = (0, Errno.None);
        return (offset & VirtualAddress.OffsetMask) == 0    // only whole pages are read outside
            && _reads!.TryDefer(this, FilePage.Containing(offset).Value, destination, alone: true, out byteCount, out error);
    }

    /// <summary>Called before the backing changes: discards bytes that were read there outside the slow path.</summary>
    private void NoteChange(long offset, long byteLength)
    {
        if (_reads is null || offset < 0 || byteLength <= 0) return;
        ulong end = ((ulong)offset + (ulong)byteLength + VirtualAddress.OffsetMask) >> VirtualAddress.PageShift;
        _reads.NoteChange(this, (ulong)offset >> VirtualAddress.PageShift, end);
    }

    /// <summary>Refuses a count that exceeds the span: the engine would use bytes that were not supplied.</summary>
    private Errno Checked(Errno error, int length, ref int byteCount)
    {
        if ((uint)byteCount <= (uint)length) return error;
        int wrong = byteCount;
        byteCount = 0;
        return _callers.Callbacks.FailAsIoError(WrongCount(wrong, length));
    }

    private static InvalidOperationException WrongCount(int count, int length) =>
        new($"The backing reports {count} bytes of a span of {length}.");
}
