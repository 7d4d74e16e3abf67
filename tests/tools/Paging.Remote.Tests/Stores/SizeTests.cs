using System.Security.Cryptography;
using Paging.Core;

namespace Paging.Remote.Tests;

/// <summary>Numbers of pages and keys below, at and above each number that travels together, and many times as many.</summary>
public sealed class SizeTests : IDisposable
{
    private readonly RedisProcess _redis = new("--save", "", "--appendonly", "no");
    private readonly RedisServer _server;
    private readonly RemoteAddress _address;

    public SizeTests()
    {
        Assert.True(RemoteAddress.TryParse(_redis.Url, [], out RemoteAddress? address, out _));
        (_address, _server) = (address, RedisServer.Connect(address));
    }

    public void Dispose()
    {
        _server.Dispose();
        _redis.Dispose();
    }

    /// <summary>A touched page comes with its neighbours (16), and all come in the background (128 together).</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(600)]
    public async Task EveryPageOfASnapshotComes(int count)
    {
        SnapshotTraffic traffic = Save("pages", 0, count);
        Assert.Equal((count, count), (traffic.PageCount, traffic.NewPageCount));
        SavedSnapshot saved = new SnapshotStore(_server, _address).Open("pages");
        using SnapshotPages pages = saved.Pages;
        Assert.Equal((count, (uint)count), (saved.PageCount, pages.SlotCount));
        byte[] page = new byte[4096];
        for (int number = 0; number < count; number += 13)
        {
            Assert.Equal(Errno.None, pages.Read((uint)number, page));
            Assert.Equal(PageOf(number), page);
        }

        pages.BeginFetching();
        await pages.Fetching;
        _redis.Kill();
        for (int number = 0; number < count; number++)
        {
            if (number % 13 == 0) continue;    // given away already
            Assert.Equal(Errno.None, pages.Read((uint)number, page));
            Assert.Equal(PageOf(number), page);
        }

        Assert.Equal(Errno.EIO, pages.Read((uint)count, page));
        Assert.Equal(Errno.EIO, pages.Write(0, page));
    }

    /// <summary>Pages that the store has are not sent, whichever of the batches of 256 they are in.</summary>
    [Theory]
    [InlineData(255, 1)]
    [InlineData(256, 1)]
    [InlineData(257, 0)]
    [InlineData(600, 513)]
    public void ASecondSnapshotSendsWhatIsNew(int count, int changed)
    {
        _ = Save("first", 0, count);
        SnapshotTraffic traffic = Save("second", changed, count);    // its first pages are others
        Assert.Equal((count, changed), (traffic.PageCount, traffic.NewPageCount));
    }

    /// <summary>An entry with more keys than one request deletes, beside another whose name begins with its name.</summary>
    [Theory]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(2500)]
    public async Task AnEntryIsRemovedWhole(int count)
    {
        byte[] hash = SHA256.HashData([]), value = PageEnvelope.Seal([], hash, mayCompress: false);
        KeyValuePair<string, byte[]>[] values = [.. Enumerable.Range(0, count).Select(number =>
            KeyValuePair.Create($"paging:swap:device:{number:x}", value)),
            new("paging:swap:device2:.", value), new("paging:swap2:device:.", value)];
        await Task.WhenAll(_server.Set(values, TimeSpan.FromHours(1)));
        Assert.Equal([1, count, 1], StoreDirectory.List(_server, "paging").Select(static entry => entry.KeyCount));
        Assert.Equal(count, StoreDirectory.Remove(_server, "paging", "swap", "device"));
        Assert.Equal(["device", "device2"], StoreDirectory.List(_server, "paging").Select(static entry => entry.Name),
            StringComparer.Ordinal);
        Assert.Equal(0, StoreDirectory.Remove(_server, "paging", "swap", "device"));
    }

    private SnapshotTraffic Save(string name, int changed, int count) =>
        new SnapshotStore(_server, _address).Save(name, "a test", (_, pages) =>
        {
            for (int number = 0; number < count; number++) pages(PageOf(number < changed ? number + 10_000 : number));
        });

    private static byte[] PageOf(int number)
    {
        byte[] page = new byte[4096];
        new Random(number).NextBytes(page.AsSpan(0, 100));
        return page;
    }
}
