using System.Collections.Concurrent;
using Paging.Core;

namespace Paging.Remote;

/// <summary>The pages of a snapshot as a swap store that can be read only: slot n is the n-th page of the manifest.</summary>
/// <remarks>
/// A touched page comes with its neighbours in one round trip. After <see cref="BeginFetching"/> a thread of the pool brings all others
/// into the host's memory, so that later touches need no server. A value that differs from the manifest's hash is an I/O error.
/// </remarks>
public sealed class SnapshotPages : ISwapStore
{
    private const int WindowPages = 16, FetchTogether = 128;
    private readonly IRemoteServer _server;
    private readonly Func<ReadOnlyMemory<byte>, string> _keyOf;
    private readonly ReadOnlyMemory<byte> _hashes;
    private readonly ConcurrentDictionary<uint, byte[]> _here = new();
    private readonly CancellationTokenSource _end = new();
    private readonly TimeSpan _timeToLive;
    private readonly byte[] _isRead;    // 1: the engine has the page for good
    private Task _fetching = Task.CompletedTask;

    internal SnapshotPages(
        IRemoteServer server, string name, Func<ReadOnlyMemory<byte>, string> keyOf, TimeSpan timeToLive, ReadOnlyMemory<byte> hashes)
    {
        (_server, _keyOf, _timeToLive, _hashes) = (server, keyOf, timeToLive, hashes);
        Name = $"{server.Name}/{name}";
        SlotCount = (uint)(hashes.Length / PageEnvelope.HashByteLength);
        _isRead = new byte[SlotCount];
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public uint SlotCount { get; }

    /// <summary>The fetching of the rest: ended when all pages are here, or the server has failed.</summary>
    public Task Fetching => _fetching;

    /// <summary>Begins to fetch the untouched pages. The store keeps the pages for their lifetime from now on.</summary>
    public void BeginFetching() => _fetching = Task.Run(FetchRest);

    /// <inheritdoc/>
    public Errno Read(uint slot, Span<byte> page)
    {
        if (slot >= SlotCount) return Errno.EIO;
        try
        {
            if (!_here.TryRemove(slot, out byte[]? value)) value = Fetch(slot);
            bool isSound = value is not null && PageEnvelope.Open(value, HashOf(slot).Span, page) is null;
            if (isSound) Volatile.Write(ref _isRead[slot], 1);
            return isSound ? Errno.None : Errno.EIO;
        }
        catch (RemoteException)
        {
            return Errno.EIO;    // the entry stays: a touch asks again
        }
    }

    /// <inheritdoc/>
    public Errno Write(uint slot, ReadOnlySpan<byte> page) => Errno.EIO;    // nothing is swapped out to a snapshot

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Cancel();
        ((IAsyncResult)_fetching).AsyncWaitHandle.WaitOne();
        _end.Dispose();
        _here.Clear();
    }

    private ReadOnlyMemory<byte> HashOf(uint slot) =>
        _hashes.Slice((int)slot * PageEnvelope.HashByteLength, PageEnvelope.HashByteLength);

    private byte[]? Fetch(uint slot)
    {
        uint first = slot & ~(uint)(WindowPages - 1), end = Math.Min(first + WindowPages, SlotCount);
        uint[] slots = [slot, .. Missing(first, end).Where(other => other != slot)];
        Task<byte[]?>[] answers = _server.Get([.. slots.Select(wanted => _keyOf(HashOf(wanted)))]);
        for (int i = 1; i < slots.Length; i++)
            if (answers[i].GetAwaiter().GetResult() is { } neighbour) _here.TryAdd(slots[i], neighbour);
        return answers[0].GetAwaiter().GetResult();
    }

    private IEnumerable<uint> Missing(uint first, uint end)
    {
        for (uint slot = first; slot < end; slot++)
            if (Volatile.Read(ref _isRead[slot]) == 0 && !_here.ContainsKey(slot)) yield return slot;
    }

    private void FetchRest()
    {
        try
        {
            for (uint first = 0; first < SlotCount && !_end.IsCancellationRequested; first += FetchTogether)
            {
                uint[] slots = [.. Missing(first, Math.Min(first + FetchTogether, SlotCount))];
                string[] keys = [.. slots.Select(slot => _keyOf(HashOf(slot)))];
                Task<byte[]?>[] answers = _server.Get(keys);
                for (int i = 0; i < slots.Length; i++)
                    if (answers[i].GetAwaiter().GetResult() is { } value && _isRead[slots[i]] == 0) _here.TryAdd(slots[i], value);
                StoreDirectory.WaitQuietly(_server.KeepAlive(keys, _timeToLive));
            }
        }
        catch (Exception failure) when (failure is RemoteException or ObjectDisposedException)
        {
            // Missing pages are requested when they are touched. If the owner has disposed the server, that fails.
        }
    }
}
