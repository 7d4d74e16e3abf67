using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core.Swap;

/// <summary>The swap store of an embedder: an exception becomes EIO, and a call of the engine from inside is refused.</summary>
/// <remarks>The exception reaches the embedder when the operation has ended (<see cref="CallerCheck.Keep"/>).</remarks>
internal sealed class ScopedSwapStore : ISwapStore, IOutsideSource
{
    private readonly ISwapStore _store;
    private readonly CallerCheck _callers;
    private readonly OutsideReads? _reads;    // null if the engine has one thread, or the store allows only one
    private bool _endsLater;

    private ScopedSwapStore(ISwapStore store, CallerCheck callers)
    {
        _store = store;
        _callers = callers;
        Name = store.Name ?? throw new ArgumentException("The store has no name.", nameof(store));
        SlotCount = store.SlotCount;
        _reads = callers.OutsideReadsOf(store.AllowsConcurrentReads);
    }

    /// <summary>The name when the device was switched on.</summary>
    public string Name { get; }

    /// <summary>The number of slots when the device was switched on: a store cannot change its size under the engine.</summary>
    public uint SlotCount { get; }

    public int OutsideReaders { get; set; }

    /// <summary>The embedder's store, if a store wraps one.</summary>
    public static ISwapStore Inner(ISwapStore store) => store is ScopedSwapStore guarded ? guarded._store : store;

    /// <summary>Wraps a store, unless it is one of the engine's own, which neither throw nor call.</summary>
    public static ISwapStore Around(ISwapStore store, CallerCheck callers) =>
        store is MemorySwapStore or FileSwapStore ? store : new ScopedSwapStore(store, callers);

    public Errno Read(uint slot, Span<byte> page)
    {
        if (_reads is not null && _reads.TryDefer(this, slot, page, alone: false, out _, out Errno deferred)) return deferred;
        return _callers.Callbacks.Call((_store, slot), page, static (call, page) => call._store.Read(call.slot, page));
    }

    public Errno Write(uint slot, ReadOnlySpan<byte> page)
    {
        _reads?.NoteChange(this, slot, slot + 1ul);    // first: bytes that a thread reads meanwhile are stale (T14)
        return _callers.Callbacks.Call((_store, slot), page, static (call, page) => call._store.Write(call.slot, page));
    }

    public void Discard(uint slot)
    {
        _reads?.NoteChange(this, slot, slot + 1ul);
        _callers.Callbacks.Call((_store, slot), static call =>
        {
            call._store.Discard(call.slot);
            return Errno.None;
        });
    }

    public void Dispose()
    {
        _endsLater = OutsideReaders != 0;    // a thread still reads: the last one back disposes the store
        if (_endsLater) return;
        _callers.Callbacks.Call(_store, static store =>
        {
            store.Dispose();
            return Errno.None;
        });
    }

    public Errno ReadOutside(uint page, Span<byte> bytes, out int wholeCount)
    {
        const int PageBytes = (int)VirtualAddress.PageSize;
        for (wholeCount = 0; wholeCount < bytes.Length / PageBytes; wholeCount++)
        {
            Errno error = _store.Read(page + (uint)wholeCount, bytes.Slice(wholeCount * PageBytes, PageBytes));
            if (error != Errno.None) return error;
        }

        return Errno.None;
    }

    public void EndOutsideReads()
    {
        if (_endsLater) Dispose();
    }
}
