using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Paging.Core;

namespace Paging.Remote;

//   …:snapshot:NAME:.          what it is
//   …:snapshot:NAME:manifest   page count │ SHA-256 of each page │ what Snapshot.Save wrote apart from its pages
//   …:pages:shared:SHA-256     a page, once for all snapshots that have it
/// <summary>Snapshots of processes and engines in a shared store: each page once, under its hash, and a small manifest for each.</summary>
/// <remarks>
/// Saving sends only pages that the store does not have, so a second snapshot costs the changes since the first, and 32 bytes a page.
/// Pages die with their time to live, which every snapshot that has them renews when it is saved or opened.
/// CRIU's images and gVisor's checkpoints are the peers; the lazy way back is CRIU's lazy-pages.
/// </remarks>
public sealed class SnapshotStore
{
    private const int HashByteLength = PageEnvelope.HashByteLength;
    private readonly IRemoteServer _server;
    private readonly RemoteAddress _address;

    /// <summary>Uses a server. The caller disposes it.</summary>
    public SnapshotStore(IRemoteServer server, RemoteAddress address)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(address);
        (_server, _address) = (server, address);
    }

    /// <summary>Saves a snapshot under a name, and replaces the one before.</summary>
    /// <returns>The number of its pages, of those that the store did not have yet, and of bytes sent.</returns>
    /// <exception cref="RemoteException">The server is away. The store may have some of the pages.</exception>
    /// <exception cref="NotSupportedException">The process has mappings that cannot travel; nothing was written.</exception>
    public SnapshotTraffic Save(Snapshot snapshot, string name)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return Save(name, $"process '{snapshot.Process.Name}'", (stream, pages) => snapshot.Save(stream, pages));
    }

    /// <summary>Saves the processes of an engine under a name, with all that they share, and replaces the snapshot before.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="name">Letters, digits, dots and dashes.</param>
    /// <param name="nameOf">As for <see cref="EngineSnapshot.Save"/>.</param>
    /// <returns>As <see cref="Save(Snapshot, string)"/>; shared pages count once.</returns>
    /// <exception cref="RemoteException">The server is away. The store may have some of the pages.</exception>
    /// <exception cref="NotSupportedException">A process has what cannot travel; nothing was written.</exception>
    public SnapshotTraffic Save(EngineSnapshot snapshot, string name, Func<int, string?>? nameOf = null)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return Save(name, "processes of an engine", (stream, pages) => snapshot.Save(stream, pages, nameOf));
    }

    /// <summary>Saves a stream and separate pages under a name, replacing an older snapshot of that name.</summary>
    /// <param name="name">Letters, digits, dots and dashes.</param>
    /// <param name="what">Its description, for the directory.</param>
    /// <param name="write">Writes everything but pages to the stream, and pages to the sink.</param>
    /// <returns>As <see cref="Save(Snapshot, string)"/>.</returns>
    /// <exception cref="RemoteException">The server is away. The store may have some of the pages.</exception>
    public SnapshotTraffic Save(string name, string what, Action<Stream, Action<ReadOnlySpan<byte>>> write) =>
        Save(name, what, write, BeginUpload());

    /// <summary>As above, after an upload that has sent most pages already.</summary>
    /// <param name="name">As above.</param>
    /// <param name="what">As above.</param>
    /// <param name="write">As above.</param>
    /// <param name="upload">The upload, which must not be used by others meanwhile, nor afterwards.</param>
    public SnapshotTraffic Save(string name, string what, Action<Stream, Action<ReadOnlySpan<byte>>> write, SnapshotUpload upload)
    {
        ArgumentNullException.ThrowIfNull(write);
        ArgumentNullException.ThrowIfNull(upload);
        string prefix = PrefixOf(name);
        using MemoryStream stream = new();
        write(stream, upload.Add);
        upload.Flush();
        byte[] manifest = new byte[sizeof(int) + upload.Hashes.Count + (int)stream.Length];
        BinaryPrimitives.WriteInt32LittleEndian(manifest, upload.PageCount);
        upload.Hashes.CopyTo(manifest, sizeof(int));
        stream.ToArray().CopyTo(manifest, sizeof(int) + upload.Hashes.Count);
        byte[] value = PageEnvelope.Seal(manifest, SHA256.HashData(manifest), mayCompress: false);
        _server.Set([KeyValuePair.Create(prefix + "manifest", value)], _address.TimeToLive)[0].GetAwaiter().GetResult();
        StoreDirectory.Announce(_server, prefix, string.Create(CultureInfo.InvariantCulture,
            $"{what}, {upload.PageCount} pages"), _address.TimeToLive);
        return new(upload.PageCount, upload.NewPageCount, upload.SentByteLength + value.Length);
    }

    /// <summary>Begins to send pages before there is a snapshot of them.</summary>
    public SnapshotUpload BeginUpload() => new(_server, _address, KeyOfHash);

    /// <summary>True if there is a snapshot of this name; it lives on for its time from now on.</summary>
    /// <exception cref="RemoteException">The server is away.</exception>
    public bool Contains(string name) =>
        _server.KeepAlive([PrefixOf(name) + "manifest"], _address.TimeToLive)[0].GetAwaiter().GetResult();

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
}

/// <summary>The cost of a snapshot.</summary>
/// <param name="PageCount">Private pages with content.</param>
/// <param name="NewPageCount">Different pages that the store did not have.</param>
/// <param name="SentByteLength">Bytes of values that were sent.</param>
public readonly record struct SnapshotTraffic(int PageCount, int NewPageCount, long SentByteLength);
