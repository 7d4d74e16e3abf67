using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Paging.Core;

namespace Paging.Remote;

//   …:snapshot:NAME:.          what it is
//   …:snapshot:NAME:manifest   page count │ SHA-256 of each page │ what Snapshot.Save wrote apart from its pages
//   …:pages:shared:SHA-256     a page, once for all snapshots that have it
/// <summary>Snapshots of processes in a shared store: each page once, under its hash, and a small manifest for each snapshot.</summary>
/// <remarks>
/// Saving sends only pages that the store does not have, so a second snapshot costs what has changed since the first, and 32 bytes a page.
/// Pages die with their time to live, which every snapshot that has them renews when it is saved or opened.
/// CRIU's images and gVisor's checkpoints are the peers; the lazy way back is CRIU's lazy-pages.
/// </remarks>
public sealed class SnapshotStore
{
    private const int PagesTogether = 256, HashByteLength = PageEnvelope.HashByteLength;
    private readonly IRemoteServer _server;
    private readonly RemoteAddress _address;

    /// <summary>Uses a server. The caller disposes it.</summary>
    public SnapshotStore(IRemoteServer server, RemoteAddress address)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(address);
        (_server, _address) = (server, address);
    }

    /// <summary>Saves a snapshot under a name, and replaces what had it.</summary>
    /// <returns>How many pages it has, how many of them the store did not have yet, and how many bytes were sent.</returns>
    /// <exception cref="RemoteException">The server is away. The store may have some of the pages.</exception>
    /// <exception cref="NotSupportedException">The process maps what cannot travel; nothing was written.</exception>
    public SnapshotTraffic Save(Snapshot snapshot, string name)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        string prefix = PrefixOf(name);
        Sender sender = new(this);
        using MemoryStream stream = new();
        snapshot.SaveApart(stream, sender.Add);
        sender.Flush();
        byte[] manifest = new byte[sizeof(int) + (int)sender.Hashes.Length + (int)stream.Length];
        BinaryPrimitives.WriteInt32LittleEndian(manifest, sender.PageCount);
        sender.Hashes.ToArray().CopyTo(manifest, sizeof(int));
        stream.ToArray().CopyTo(manifest, sizeof(int) + (int)sender.Hashes.Length);
        byte[] value = PageEnvelope.Seal(manifest, SHA256.HashData(manifest), mayCompress: false);
        _server.Set([KeyValuePair.Create(prefix + "manifest", value)], _address.TimeToLive)[0].GetAwaiter().GetResult();
        StoreDirectory.Announce(_server, prefix, string.Create(CultureInfo.InvariantCulture,
            $"process '{snapshot.Process.Name}', {sender.PageCount} pages"), _address.TimeToLive);
        return new(sender.PageCount, sender.NewPageCount, sender.SentByteLength + value.Length);
    }

    /// <summary>Opens a snapshot: the manifest is read, and no page.</summary>
    /// <exception cref="RemoteException">There is none of this name, it is damaged, or the server is away.</exception>
    public SavedSnapshot Open(string name)
    {
        string key = PrefixOf(name) + "manifest";
        byte[] value = _server.Get([key])[0].GetAwaiter().GetResult()
            ?? throw new RemoteException($"{_server.Name}: there is no snapshot '{name}'");
        byte[] manifest = new byte[PageEnvelope.LengthOf(value, key)];
        if (PageEnvelope.Open(value, [], manifest) is { } complaint) throw new RemoteException($"{key}: {complaint}");
        int count = BinaryPrimitives.ReadInt32LittleEndian(manifest);
        long start = sizeof(int) + ((long)count * HashByteLength);
        if (count < 0 || start > manifest.Length) throw new RemoteException($"{key}: its length is wrong");
        return new(manifest.AsMemory((int)start), new SnapshotPages(_server, name, KeyOfHash, _address.TimeToLive,
            manifest.AsMemory(sizeof(int), count * HashByteLength)));
    }

    private string KeyOfHash(ReadOnlyMemory<byte> hash) => $"{_address.Prefix}:pages:shared:{Convert.ToHexStringLower(hash.Span)}";

    private string PrefixOf(string name) => StoreDirectory.IsName(name)
        ? $"{_address.Prefix}:snapshot:{name}:"
        : throw new ArgumentException("A snapshot's name has letters, digits, dots and dashes.", nameof(name));

    /// <summary>Sends the pages that the store does not have, some hundred at a time.</summary>
    private sealed class Sender(SnapshotStore store)
    {
        private readonly List<(string Key, byte[] Value)> _pages = [];
        private readonly HashSet<string> _known = new(StringComparer.Ordinal);

        public MemoryStream Hashes { get; } = new();

        public int PageCount { get; private set; }

        public int NewPageCount { get; private set; }

        public long SentByteLength { get; private set; }

        public void Add(ReadOnlySpan<byte> page)
        {
            byte[] hash = SHA256.HashData(page);
            Hashes.Write(hash);
            PageCount++;
            string key = store.KeyOfHash(hash);
            if (!_known.Add(key)) return;
            _pages.Add((key, PageEnvelope.Seal(page, hash, mayCompress: true)));
            if (_pages.Count == PagesTogether) Flush();
        }

        public void Flush()
        {
            string[] keys = [.. _pages.Select(static page => page.Key)];
            Task<bool>[] known = store._server.KeepAlive(keys, store._address.TimeToLive);
            KeyValuePair<string, byte[]>[] missing = [.. _pages.Where((_, index) => !known[index].GetAwaiter().GetResult())
                .Select(static page => KeyValuePair.Create(page.Key, page.Value))];
            foreach (Task sent in store._server.Set(missing, store._address.TimeToLive)) sent.GetAwaiter().GetResult();
            NewPageCount += missing.Length;
            SentByteLength += missing.Sum(static page => (long)page.Value.Length);
            _pages.Clear();
        }
    }
}

/// <summary>What a snapshot cost.</summary>
/// <param name="PageCount">Private pages with content.</param>
/// <param name="NewPageCount">Different pages that the store did not have.</param>
/// <param name="SentByteLength">Bytes of values that were sent.</param>
public readonly record struct SnapshotTraffic(int PageCount, int NewPageCount, long SentByteLength);
