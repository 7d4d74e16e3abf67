using System.Security.Cryptography;

namespace Paging.Remote;

/// <summary>Sends pages of one snapshot to a store: those that the store does not have, some hundred at a time.</summary>
/// <remarks>From one thread at a time. The store is asked only once for each page.</remarks>
public sealed class SnapshotUpload
{
    private const int PagesTogether = 256, PageByteLength = 4096;
    private readonly IRemoteServer _server;
    private readonly RemoteAddress _address;
    private readonly Func<ReadOnlyMemory<byte>, string> _keyOf;
    private readonly List<(string Key, byte[] Value)> _pages = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    internal SnapshotUpload(IRemoteServer server, RemoteAddress address, Func<ReadOnlyMemory<byte>, string> keyOf) =>
        (_server, _address, _keyOf) = (server, address, keyOf);

    /// <summary>Different pages that the store did not have.</summary>
    public int NewPageCount { get; private set; }

    /// <summary>Bytes of values that were sent.</summary>
    public long SentByteLength { get; private set; }

    /// <summary>The hashes of the snapshot's pages, one after the other.</summary>
    internal List<byte> Hashes { get; } = [];

    internal int PageCount { get; private set; }

    /// <summary>Sends whole pages that the snapshot will probably have, before it is written.</summary>
    /// <exception cref="RemoteException">The server is away.</exception>
    public void Send(ReadOnlySpan<byte> pages)
    {
        for (; !pages.IsEmpty; pages = pages[PageByteLength..]) Offer(pages[..PageByteLength]);
        Flush();
    }

    /// <summary>The next page of the snapshot.</summary>
    internal void Add(ReadOnlySpan<byte> page)
    {
        Hashes.AddRange(Offer(page));
        PageCount++;
    }

    internal void Flush()
    {
        string[] keys = [.. _pages.Select(static page => page.Key)];
        Task<bool>[] known = _server.KeepAlive(keys, _address.TimeToLive);
        KeyValuePair<string, byte[]>[] missing = [.. _pages.Where((_, index) => !known[index].GetAwaiter().GetResult())
            .Select(static page => KeyValuePair.Create(page.Key, page.Value))];
        foreach (Task sent in _server.Set(missing, _address.TimeToLive)) sent.GetAwaiter().GetResult();
        NewPageCount += missing.Length;
        SentByteLength += missing.Sum(static page => (long)page.Value.Length);
        _pages.Clear();
    }

    private byte[] Offer(ReadOnlySpan<byte> page)
    {
        byte[] hash = SHA256.HashData(page);
        string key = _keyOf(hash);
        if (!_known.Add(key)) return hash;
        _pages.Add((key, PageEnvelope.Seal(page, hash, mayCompress: true)));
        if (_pages.Count == PagesTogether) Flush();
        return hash;
    }
}
