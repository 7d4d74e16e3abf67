using System.Globalization;
using Paging.Core;

namespace Paging.Remote.Tests;

/// <summary>The swap device on one server.</summary>
public sealed class RedisSwapStoreTests : IDisposable
{
    private readonly RedisProcess _redis = new("--save", "", "--appendonly", "no");
    private readonly List<string> _log = [];

    public void Dispose() => _redis.Dispose();

    [Fact]
    public void PagesComeBackAsTheyWent()
    {
        using RedisSwapStore store = Open();
        for (uint slot = 0; slot < 200; slot++) Assert.Equal(Errno.None, store.Write(slot, Page(slot)));
        Assert.Equal(Errno.None, store.Flush());
        for (uint slot = 199; slot < 200; slot--) AssertHolds(store, slot, slot);
        Assert.Equal(Errno.EIO, store.Read(200, new byte[4096]));
        Assert.Equal(201, KeyCount);    // and the entry of the device
    }

    [Fact]
    public void PagesGoOutInBatchesAndComeBackWithTheirNeighbours()
    {
        using RedisSwapStore store = Open("batch=64&window=16&compress=0");
        for (uint slot = 0; slot < 64; slot++) store.Write(slot, Page(slot));
        store.Flush();
        Assert.Equal(1, store.BatchCount);
        for (uint slot = 16; slot < 32; slot++) AssertHolds(store, slot, slot);
        Assert.Equal((1L, 16L), (store.MissCount, store.FetchCount));
    }

    /// <summary>Pages are packed where that is allowed and pays. What does not pay is tried again now and then.</summary>
    [Theory]
    [InlineData("compress=1", 20, true)]
    [InlineData("compress=0", 20, false)]
    [InlineData("", 20, true)]
    public void ValuesArePackedIfThatIsAllowed(string options, int count, bool isPacked)
    {
        using RedisSwapStore store = Open(options);
        for (uint slot = 0; slot < count; slot++)
        {
            byte[] page = new byte[4096];
            page[slot] = (byte)(slot + 1);
            Assert.Equal(Errno.None, store.Write(slot, page));
        }

        Assert.Equal(Errno.None, store.Flush());
        foreach (string key in _redis.Ask("keys", $"paging:swap:{store.Device}:*").Split('\n'))
        {
            int length = int.Parse(_redis.Ask("strlen", key), CultureInfo.InvariantCulture);
            if (key.EndsWith(":.", StringComparison.Ordinal)) continue;    // what it is
            if (isPacked) Assert.InRange(length, 1, 1000);
            else Assert.InRange(length, 4096, 5000);
        }
    }

    [Fact]
    public void AStreamIsAskedForAheadOfItsUse()
    {
        using RedisSwapStore store = Open("window=8");
        for (uint slot = 0; slot < 800; slot++) store.Write(slot, Page(slot));
        store.Flush();
        for (uint slot = 0; slot < 800; slot++) AssertHolds(store, slot, slot);
        Assert.InRange(store.MissCount, 1, 10);
        Assert.Equal(800, store.FetchCount);
    }

    /// <summary>The last slot and the one after it; a stream of reads ends at either end of the device.</summary>
    [Fact]
    public void ADeviceEndsAfterItsLastSlot()
    {
        using RedisSwapStore store = Open("size=1&window=8");
        Assert.Equal(256u, store.SlotCount);
        for (uint slot = 0; slot < 256; slot++) Assert.Equal(Errno.None, store.Write(slot, Page(slot)));
        Assert.Equal(Errno.None, store.Flush());
        for (uint slot = 0; slot < 256; slot++) AssertHolds(store, slot, slot);
        for (uint slot = 255; slot < 256; slot--) AssertHolds(store, slot, slot);
        foreach (uint beyond in (uint[])[256, 257, uint.MaxValue])
        {
            Assert.Equal((Errno.EIO, Errno.EIO), (store.Write(beyond, Page(1)), store.Read(beyond, new byte[4096])));
            store.Discard(beyond);
        }

        Assert.Equal(256, store.PageCount);
    }

    /// <summary>One neighbour is enough to come together.</summary>
    [Fact]
    public void TwoPagesComeTogether()
    {
        using RedisSwapStore store = Open("window=2");
        for (uint slot = 0; slot < 2; slot++) store.Write(slot, Page(slot));
        store.Flush();
        for (uint slot = 0; slot < 2; slot++) AssertHolds(store, slot, slot);
        Assert.Equal((1L, 2L), (store.MissCount, store.FetchCount));
    }

    /// <summary>After pages that cannot be packed one in sixteen is tried, and once it pays all are.</summary>
    [Fact]
    public void PackingIsTriedAgainNowAndThen()
    {
        using RedisSwapStore store = Open("window=1&size=1");
        for (uint slot = 0; slot < 200; slot++)
        {
            byte[] page = new byte[4096];
            new Random((int)slot + 1).NextBytes(slot < 100 ? page : page.AsSpan(0, 8));    // noise, then zeros after some bytes
            Assert.Equal(Errno.None, store.Write(slot, page));
        }

        Assert.Equal(Errno.None, store.Flush());
        int packed = _redis.Ask("keys", $"paging:swap:{store.Device}:*").Split('\n')
            .Count(key => int.Parse(_redis.Ask("strlen", key), CultureInfo.InvariantCulture) < 1000);
        Assert.InRange(packed, 100 - 16, 100);    // up to fifteen are not tried; the device's entry is short as well
    }

    [Fact]
    public void ZerosAndEqualPagesCostNothing()
    {
        using RedisSwapStore store = Open();
        for (uint slot = 0; slot < 100; slot++) store.Write(slot, slot % 2 == 0 ? new byte[4096] : Page(slot % 10));
        store.Flush();
        Assert.Equal(5, store.PageCount);
        Assert.Equal(6, KeyCount);
        for (uint slot = 0; slot < 100; slot++) AssertHolds(store, slot, slot % 2 == 0 ? null : slot % 10);
    }

    [Fact]
    public void UnneededPagesAreDeleted()
    {
        using RedisSwapStore store = Open();
        for (uint slot = 0; slot < 600; slot++) store.Write(slot, Page(slot));
        store.Flush();
        for (uint slot = 0; slot < 600; slot++) store.Discard(slot);
        Assert.InRange(store.PageCount, 0, 255);
        store.Write(0, Page(599));    // unused, not deleted yet, and wanted again
        AssertHolds(store, 0, 599);
        Assert.Equal(Errno.EIO, store.Read(1, new byte[4096]));
    }

    [Fact]
    public void ASlotHoldsItsLastWrite()
    {
        using RedisSwapStore store = Open("batch=4");
        Random random = new(1);
        uint?[] model = new uint?[40];
        for (int step = 0; step < 3000; step++)
        {
            uint slot = (uint)random.Next(model.Length);
            switch (random.Next(5))
            {
                case 0 when model[slot] is { } value: AssertHolds(store, slot, value); break;
                case 1:
                    store.Discard(slot);
                    model[slot] = null;
                    break;
                default:
                    model[slot] = (uint)random.Next(60);
                    Assert.Equal(Errno.None, store.Write(slot, Page(model[slot]!.Value)));
                    break;
            }
        }

        for (uint slot = 0; slot < model.Length; slot++)
            if (model[slot] is { } value) AssertHolds(store, slot, value);
    }

    /// <summary>
    /// A page that is written once more before its batch leaves: to the same slot, to another one while the first is given up, and after
    /// it was given up. It has one value, which leaves once, and is there.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void APageWrittenAgainBeforeItsBatchLeavesIsThere(bool isSentBetween)
    {
        using RedisSwapStore store = Open("batch=64&compress=0");
        foreach ((uint slot, uint? content) in ((uint, uint?)[])[
            (0, 1), (0, 1),                        // twice in one slot
            (1, 2), (2, 2), (1, null),             // in two slots, one of which is given up
            (3, 3), (3, null), (3, 3),             // given up, and written again
            (4, 4), (4, 5), (4, 4),                // another page in between
            (5, 6), (5, null), (6, 6),             // given up, and written to another slot
            (7, 7), (7, 8), (8, 7), (7, 7), (8, 8)])
        {
            if (content is { } number) Assert.Equal(Errno.None, store.Write(slot, Page(number)));
            else store.Discard(slot);
            if (isSentBetween) Assert.Equal(Errno.None, store.Flush());
        }

        for (int round = 0; round < 2; round++)
        {
            foreach ((uint slot, uint number) in ((uint, uint)[])[(0, 1), (2, 2), (3, 3), (4, 4), (6, 6), (7, 7), (8, 8)])
                AssertHolds(store, slot, number);
            Assert.Equal(Errno.EIO, store.Read(1, new byte[4096]));
            Assert.Equal(Errno.EIO, store.Read(5, new byte[4096]));
            Assert.Equal(Errno.None, store.Flush());
        }

        if (!isSentBetween) Assert.Equal((7, 8), (store.PageCount, KeyCount));    // and the entry of the device
    }

    [Fact]
    public void ADamagedAForeignAndAMissingValueAreErrorsAndNoPages()
    {
        using RedisSwapStore store = Open("window=1&compress=0");
        for (uint slot = 0; slot < 4; slot++) store.Write(slot, Page(slot));
        store.Flush();
        string prefix = $"paging:swap:{store.Device}:";
        _redis.Ask("setrange", prefix + "1", "100", "x");
        _redis.Ask("set", prefix + "2", "hello");
        _redis.Ask("del", prefix + "3");
        for (uint slot = 0; slot < 3; slot++) Assert.Equal(Errno.EIO, store.Read(slot, new byte[4096]));
        AssertHolds(store, 3, 3);
        Assert.Equal(3, _log.Count);
        Assert.Contains("wrong hash", _log[0], StringComparison.Ordinal);
        Assert.Contains("no value of this program", _log[1], StringComparison.Ordinal);
        Assert.Contains("gone", _log[2], StringComparison.Ordinal);
        Assert.All(_log, line => Assert.Contains(_redis.Place, line, StringComparison.Ordinal));
    }

    [Fact]
    public void EveryKeyHasAPrefixAndATimeToLive()
    {
        using RedisSwapStore store = Open("prefix=mine&ttl=100");
        store.Write(0, Page(0));
        store.Flush();
        foreach (string key in _redis.Ask("keys", "*").Split('\n'))
        {
            Assert.StartsWith($"mine:swap:{store.Device}:", key, StringComparison.Ordinal);
            Assert.InRange(int.Parse(_redis.Ask("ttl", key), CultureInfo.InvariantCulture), 90, 100);
        }
    }

    [Fact]
    public void ADeviceTakesItsKeysWithIt()
    {
        using (RedisSwapStore store = Open())
        {
            for (uint slot = 0; slot < 100; slot++) store.Write(slot, Page(slot));
        }

        Assert.Equal(0, KeyCount);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void AServerThatComesBackIsUsedAgain()
    {
        using RedisProcess saving = new("--appendonly", "yes", "--appendfsync", "always");
        using RedisSwapStore store = Open("patience=3000&timeout=3000&batch=1&window=1", saving);
        for (uint slot = 0; slot < 10; slot++) store.Write(slot, Page(slot));
        store.Flush();
        saving.Kill();
        Assert.Equal(Errno.EIO, store.Read(3, new byte[4096]));
        Assert.Contains(_log, line => line.Contains(saving.Place, StringComparison.Ordinal));
        saving.Start();
        byte[] page = new byte[4096];
        Assert.True(SpinWait.SpinUntil(() => store.Read(3, page) == Errno.None, TimeSpan.FromMinutes(1)));
        for (uint slot = 0; slot < 10; slot++) AssertHolds(store, slot, slot);
        Assert.Contains(_log, static line => line.Contains("answers again", StringComparison.Ordinal));
    }

    /// <summary>Reclaim tries thousands of pages a second then: none may be kept, and none may cost a question to the server.</summary>
    [Fact]
    public void WithoutAServerOnlyABatchOrTwoOfPagesIsTaken()
    {
        using RedisProcess server = new("--save", "", "--appendonly", "no");
        using RedisSwapStore store = Open("patience=100&timeout=300&batch=8", server);
        server.Kill();
        int taken = 0;
        for (uint slot = 0; slot < 5000; slot++) taken += store.Write(slot, Page(slot)) == Errno.None ? 1 : 0;
        Assert.InRange(taken, 1, (OutgoingPages.BatchesUnderWayMax + 2) * 8);
        Assert.InRange(store.BatchCount, 1, 100);
        Assert.Equal(Errno.EIO, store.Write(0, Page(6000)));
    }

    [Fact]
    public void APasswordIsNeeded()
    {
        using RedisProcess locked = new("--requirepass", "open sesame");
        Assert.Throws<RemoteException>(() => Open("timeout=500", locked));
        using RedisSwapStore store = Open("timeout=60000", locked, ":open%20sesame@");
        store.Write(0, Page(0));
        Assert.Equal(Errno.None, store.Flush());
        Assert.DoesNotContain("sesame", store.Name, StringComparison.Ordinal);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void WithoutAServerThereIsNoDevice()
    {
        int port = ServerPrograms.FreePort();
        Assert.True(RemoteAddress.TryParse($"redis://127.0.0.1:{port}?timeout=200", [], out RemoteAddress? address, out _));
        RemoteException failure = Assert.Throws<RemoteException>(() => RedisServer.Connect(address));
        Assert.Contains($"127.0.0.1:{port}", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>A server that cannot be asked for its replicas counts as without any, and so does one that has too few.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void AServerThatIsAwayHasNoReplicas()
    {
        string away = $"127.0.0.1:{ServerPrograms.FreePort()}";
        Assert.True(RemoteAddress.TryParse($"redis://{_redis.Place}?timeout=200", [], out RemoteAddress? address, out _));
        using RedisFences fences = new(address);
        (string, string)[] servers = [(_redis.Place, "here"), (away, "there")];
        Assert.Equal([away], Wait(0), StringComparer.Ordinal);
        Assert.Equal(servers.Select(static one => one.Item1), Wait(1), StringComparer.Ordinal);

        IEnumerable<string> Wait(int replicaCount) =>
            fences.Wait(servers, replicaCount, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1))
                .OrderByDescending(one => string.Equals(one, _redis.Place, StringComparison.Ordinal));
    }

    private int KeyCount => int.Parse(_redis.Ask("dbsize"), CultureInfo.InvariantCulture);

    private RedisSwapStore Open(string options = "", RedisProcess? redis = null, string login = "")
    {
        string url = $"redis://{login}{(redis ?? _redis).Place}?{options}";
        Assert.True(SwapAddress.TryParse(url, 8, out SwapAddress? address, out string? complaint), complaint);
        return new(RedisServer.Connect(address.Address), address, _log.Add);
    }

    private static byte[] Page(uint number)
    {
        byte[] page = new byte[4096];
        new Random((int)number + 1).NextBytes(page.AsSpan(number % 2 == 0 ? 0 : 3000));
        return page;
    }

    private static void AssertHolds(RedisSwapStore store, uint slot, uint? number)
    {
        byte[] page = new byte[4096];
        Assert.Equal(Errno.None, store.Read(slot, page));
        Assert.Equal(number is { } content ? Page(content) : new byte[4096], page);
    }
}
