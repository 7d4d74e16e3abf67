using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using Paging.Core;

namespace Paging.Remote;

/// <summary>A swap device whose slots are values on a server, or spread over a cluster by their keys.</summary>
/// <remarks><code>
///   slot      0   1   2   3   4            zeros and equal pages cost nothing
///   page      A   ∅   B   A   C
///   key       …:1 –   …:2 …:1 …:3          prefix:swap:DEVICE:NUMBER; no hash tags, so a cluster spreads them
/// </code><code>
/// Writing    pages leave in batches, several under way; a page is kept here until its server (and replicas, if asked) has it
/// Reading    with its neighbours in one round trip, and ahead of a stream of constant stride
/// Errors     EIO when a page's server stayed away for longer than the patience, or holds something else. The log names the server.
///            Nothing is lost by it: the slot can be read when the server is back. Pages written meanwhile go to servers that are there
/// Memory     some 100 bytes a page that is out, and up to 6 batches of pages
/// Threading  any: reads wait for their answer while other calls go on, but not for a server that is away. A timer renews keys beside it
/// Linux      frontswap and zswap; Infiniswap (NSDI 2017) and Fastswap (EuroSys 2020) for the promises when a server dies
/// </code></remarks>
public sealed class RedisSwapStore : ISwapStore
{
    private const int PageByteLength = 4096, DeletesTogether = 256, ChunkKeys = 1024;
    private const int UselessCompressionsMax = 8, CompressionSample = 16;

    private readonly FarPage _zeros = new(default);    // what slots of zeros hold: no value is after it
    private readonly IRemoteServer _server;
    private readonly SwapAddress _options;
    private readonly Action<string> _log;
    private readonly Outages _outages;
    private readonly OutgoingPages _outgoing;
    private readonly SlotStreams _streams;
    private readonly FarPage?[] _slots;
    private readonly Dictionary<UInt128, FarPage> _pages = [];
    private readonly List<FarPage> _unused = [];
    private readonly Queue<FarPage> _ahead = new();
    private readonly string _prefix;
    private readonly Timer _renewal;
    private readonly Lock _gate = new();
    private ulong _lastNumber;
    private int _uselessCompressions, _untilSample, _unusedMax = DeletesTogether;
    private bool _isDisposed;

    /// <summary>Makes a device. Its keys have a name that no other device has.</summary>
    /// <param name="server">The server that keeps its pages. The store disposes it.</param>
    /// <param name="options">The form in which they travel.</param>
    /// <param name="log">Gets lines about servers that are away, without an end of line. It is called on the thread of the fault.</param>
    /// <exception cref="RemoteException">The server does not take a first value.</exception>
    public RedisSwapStore(IRemoteServer server, SwapAddress options, Action<string>? log = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(options);
        _server = server;
        _options = options;
        _log = log ?? (static _ => { });
        _outages = new(server, options.Address.Patience, text => _log($"swap {Name}: {text}"));
        _outgoing = new(server, options, _outages, KeyOf, page => page.Number = ++_lastNumber);
        _streams = new(options.WindowPages);
        _slots = new FarPage?[options.SlotCount];
        Device = RandomNumberGenerator.GetHexString(8, lowercase: true);
        _prefix = $"{options.Address.Prefix}:swap:{Device}:";
        StoreDirectory.Announce(server, _prefix, $"swap of process {Environment.ProcessId} on {Environment.MachineName}",
            options.Address.TimeToLive);
        TimeSpan interval = options.Address.TimeToLive / 3;
        _renewal = new(_ => Renew(), null, interval, interval);
    }

    /// <inheritdoc/>
    public string Name => _server.Name;

    /// <summary>The name of this device among others on the same servers.</summary>
    public string Device { get; }

    /// <inheritdoc/>
    public uint SlotCount => (uint)_slots.Length;

    /// <inheritdoc/>
    public bool AllowsConcurrentReads => true;

    /// <summary>Different pages that are out: on servers, or on their way.</summary>
    public int PageCount => _pages.Count;

    /// <summary>Batches of pages that were sent.</summary>
    public long BatchCount => _outgoing.BatchCount;

    /// <summary>Requested pages: those that misses needed, and those that were read ahead.</summary>
    public long FetchCount { get; private set; }

    /// <summary>Reads that had to send a request and wait for its answer.</summary>
    public long MissCount { get; private set; }

    /// <inheritdoc/>
    public Errno Read(uint slot, Span<byte> page)
    {
        FarPage? far;
        Task<byte[]?>? arriving;
        lock (_gate)
        {
            if (slot >= SlotCount || (far = _slots[slot]) is null || _isDisposed) return Errno.EIO;
            if (ReferenceEquals(far, _zeros))
            {
                page.Clear();
                return Errno.None;
            }

            if (far.Value is { } here) return Open(here, far, slot, page);
            if (far.Arriving is { IsFaulted: true }) far.Arriving = null;    // read ahead in vain: its server may be back
            if (far.Arriving is not { IsCompleted: true } && _outages.FailsAtOnce(KeyOf(far))) return Errno.EIO;
            arriving = far.Arriving is { } asked ? Continue(far, asked)
                : TryFetchTogether(far, slot, out Task<byte[]?>? first) ? first : null;
            far.Arriving = null;
        }

        arriving ??= RequestNow(far);
        Await(arriving);
        lock (_gate)
        {
            if (_slots[slot] != far || _isDisposed) return Errno.EIO;    // the slot has another page now, so this one is not needed
            bool isHere = _outages.TryFinish<byte[]?>(KeyOf(far), arriving, () => _server.Get([KeyOf(far)])[0], out byte[]? value);
            if (isHere && value is not null) return Open(value, far, slot, page);
            return isHere ? Fail(slot, far, "the page is gone (its time to live is over, or a failover lost it)") : Errno.EIO;
        }
    }

    /// <inheritdoc/>
    public Errno Write(uint slot, ReadOnlySpan<byte> page)
    {
        lock (_gate)
        {
            if (slot >= SlotCount || _isDisposed) return Errno.EIO;
            if (!page.ContainsAnyExcept((byte)0))
            {
                Assign(slot, _zeros);
                return Errno.None;
            }

            if (!_outgoing.TryMakeRoom())    // before the costly part: during an outage reclaim tries many pages
            {
                Assign(slot, null);
                return Errno.EIO;
            }

            Span<byte> hash = stackalloc byte[PageEnvelope.HashByteLength];
            SHA256.HashData(page, hash);
            UInt128 half = BinaryPrimitives.ReadUInt128BigEndian(hash);
            if (!_pages.TryGetValue(half, out FarPage? far))
            {
                far = new(half) { Number = ++_lastNumber, Value = Seal(page, hash) };
                _outgoing.Add(far);
                _pages.Add(half, far);
            }

            Assign(slot, far);
            return Errno.None;
        }
    }

    /// <inheritdoc/>
    public void Discard(uint slot)
    {
        lock (_gate)
        {
            if (slot < SlotCount && !_isDisposed) Assign(slot, null);
        }
    }

    /// <summary>Sends the collected pages and waits until the servers have them.</summary>
    /// <returns>EIO if some of it cannot be brought away. It is kept here.</returns>
    public Errno Flush()
    {
        lock (_gate)
        {
            return _outgoing.TryFinish() ? Errno.None : Errno.EIO;
        }
    }

    /// <summary>Deletes the device's values, as far as servers answer, and closes the connection. What remains expires.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            _renewal.Dispose();
            string[] keys = [.. _pages.Values.Where(static page => page.Number != 0).Select(KeyOf), StoreDirectory.KeyOf(_prefix)];
            foreach (string[] chunk in keys.Chunk(ChunkKeys)) StoreDirectory.WaitQuietly(_server.Delete(chunk));
            Array.Clear(_slots);
            _pages.Clear();
            _server.Dispose();
        }
    }

    private string KeyOf(FarPage page) => _prefix + page.Number.ToString("x", CultureInfo.InvariantCulture);

    // Tries to compress while that pays; otherwise one page in sixteen finds out whether it pays again.
    private byte[] Seal(ReadOnlySpan<byte> page, ReadOnlySpan<byte> hash)
    {
        bool isTried = _options.MayCompress && (_uselessCompressions < UselessCompressionsMax || --_untilSample <= 0);
        byte[] value = PageEnvelope.Seal(page, hash, isTried);
        if (!isTried) return value;
        _untilSample = CompressionSample;
        _uselessCompressions = PageEnvelope.IsCompressed(value) ? 0 : _uselessCompressions + 1;
        return value;
    }

    private void Assign(uint slot, FarPage? page)
    {
        FarPage? before = _slots[slot];
        _slots[slot] = page;
        if (page is not null) page.Users++;
        if (before is null || --before.Users > 0 || ReferenceEquals(before, _zeros)) return;
        if (_outgoing.TryTakeBack(before))    // it never left
        {
            before.Value = null;
            _pages.Remove(before.Hash);
        }
        else
        {
            _unused.Add(before);
        }

        if (_unused.Count >= _unusedMax) DeleteUnused();
    }

    private void DeleteUnused()
    {
        FarPage[] dead = [.. _unused.Where(static page => page is { Users: 0, Value: null }).Distinct()];
        _unused.RemoveAll(static page => page.Users > 0 || page.Value is null);
        _unusedMax = _unused.Count + DeletesTogether;    // those under way wait for their arrival
        foreach (FarPage page in dead) _pages.Remove(page.Hash);
        if (dead.Length == 0) return;
        foreach (Task<bool> task in _server.Delete([.. dead.Select(KeyOf)])) Observe(task);    // what fails dies with its time
    }

    private static void Observe(Task task) =>
        _ = task.ContinueWith(static failed => _ = failed.Exception, CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    // False: no neighbour comes with it, so it is requested on the caller's thread, which is faster.
    private bool TryFetchTogether(FarPage page, uint slot, [NotNullWhen(true)] out Task<byte[]?>? answer)
    {
        MissCount++;
        List<FarPage> wanted = [page];
        Collect(_streams.With(slot), wanted);
        answer = wanted.Count > 1 ? Request(wanted, markAt: wanted.Count / 2)[0] : null;
        if (answer is null) FetchCount++;
        return answer is not null;
    }

    private Task<byte[]?> RequestNow(FarPage page)
    {
        try
        {
            return Task.FromResult(_server.GetNow(KeyOf(page)));
        }
        catch (RemoteException failure)
        {
            return Task.FromException<byte[]?>(failure);
        }
    }

    /// <summary>Waits for an answer. Whether it is one, the caller looks.</summary>
    private static void Await(Task<byte[]?> arriving)
    {
        try
        {
            arriving.GetAwaiter().GetResult();
        }
        catch (RemoteException)
        {
            // Outages logs the error, and retries.
        }
    }

    private Task<byte[]?> Continue(FarPage page, Task<byte[]?> asked)
    {
        if (!page.ContinuesStream) return asked;
        page.ContinuesStream = false;
        List<FarPage> wanted = [];
        Collect(_streams.Continue(), wanted);
        if (wanted.Count > 0) Request(wanted, markAt: 0);
        return asked;
    }

    private void Collect(IEnumerable<uint> slots, List<FarPage> wanted)
    {
        foreach (uint slot in slots)
        {
            if (slot >= SlotCount || _slots[slot] is not { } page || ReferenceEquals(page, _zeros)) continue;
            bool isFar = page.Value is null && page.Arriving is null or { IsFaulted: true };
            if (isFar && !wanted.Contains(page) && !_outages.IsGivenUp(KeyOf(page))) wanted.Add(page);
        }
    }

    // The stream goes on when the marked page is used: then the next pages are on their way while the rest is used.
    private Task<byte[]?>[] Request(List<FarPage> pages, int markAt)
    {
        Task<byte[]?>[] answers = _server.Get([.. pages.Select(KeyOf)]);
        FetchCount += answers.Length;
        for (int i = 0; i < answers.Length; i++)
        {
            Observe(answers[i]);
            pages[i].Arriving = answers[i];
            pages[i].ContinuesStream = i == markAt;
            _ahead.Enqueue(pages[i]);
        }

        while (_ahead.Count > 8 * _options.WindowPages) _ahead.Dequeue().Arriving = null;    // never used
        return answers;
    }

    private Errno Open(byte[] value, FarPage far, uint slot, Span<byte> page)
    {
        Span<byte> hash = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(hash, far.Hash);
        return PageEnvelope.Open(value, hash, page) is { } complaint ? Fail(slot, far, complaint) : Errno.None;
    }

    private Errno Fail(uint slot, FarPage far, string complaint)
    {
        string key = KeyOf(far);
        _log($"swap {Name}: slot {slot} cannot be read: {key} on {_server.ServerOf(key)}: {complaint}");
        return Errno.EIO;
    }

    // Keys of a program that runs for longer than their time to live are renewed three times within it.
    private void Renew()
    {
        string[] keys;
        lock (_gate)
        {
            if (_isDisposed) return;
            keys = [.. _pages.Values.Where(static page => page.Value is null).Select(KeyOf), StoreDirectory.KeyOf(_prefix)];
        }

        foreach (string[] chunk in keys.Chunk(ChunkKeys)) StoreDirectory.WaitQuietly(_server.KeepAlive(chunk, _options.Address.TimeToLive));
    }
}
