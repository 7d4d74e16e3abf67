using Paging.Core.Reclaim;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>How a turn of reclaim is divided: 512 private pages and 512 of a file, by hand from get_scan_count's formula.</summary>
/// <remarks><code>
///   share of private pages     swappiness / (sum + private cost + 1)
///   share of file pages        (200 − swappiness) / (sum + file cost + 1)      costs in pages scanned; a page of I/O is 32
/// </code></remarks>
public sealed class ScanBalanceTests : IDisposable
{
    private const FrameFlags Private = FrameFlags.None, File = PageFlags.FileBacked;

    private readonly World _world = new(8);

    public ScanBalanceTests()
    {
        _world.Map(0, 512);
        for (int page = 0; page < 512; page++) _world.Touch(page);
        GuestFile file = _world.CreateBacked(new(512 * 4096));
        World.Succeeds(file.Read(0, new byte[512 * 4096], out _));
        Assert.Equal((512u, 512u), (_world.Machine.Lists.CountOf(0, Private), _world.Machine.Lists.CountOf(0, File)));
    }

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(60, 76u, 179u)]      // 256 · 60/200
    [InlineData(0, 0u, 256u)]
    [InlineData(100, 128u, 128u)]
    [InlineData(200, 256u, 0u)]
    public void WithoutCostsSwappinessDivides(int swappiness, uint ofPrivate, uint ofFile) =>
        Assert.Equal((ofPrivate, ofFile), Shares(new(_world.Machine.Lists, 0, swappiness)));

    [Fact]
    public void WhatCostsMoreIsScannedLess()
    {
        ScanBalance balance = new(_world.Machine.Lists, 0, 60);
        balance.Note(Private, ioPages: 4, keptPages: 0);    // 128
        Assert.Equal((45u, 210u), Shares(balance));          // 60/257 beside 140/129
        balance.Note(File, ioPages: 0, keptPages: 128);
        Assert.Equal((76u, 179u), Shares(balance));          // equal costs: as without
    }

    /// <summary>Above a quarter of the lists both costs are halved, again and again. Linux: lru_note_cost_unlock_irq.</summary>
    [Fact]
    public void OldCostsFade()
    {
        ScanBalance balance = new(_world.Machine.Lists, 0, 60);
        balance.Note(Private, ioPages: 20, keptPages: 0);    // 640, halved to 160
        balance.Note(File, ioPages: 0, keptPages: 128);      // together 288, halved to 80 and 64
        Assert.Equal((72u, 183u), Shares(balance));          // 60/225 beside 140/209
    }

    [Fact]
    public void TheLastTurnScansEverythingAndWithoutSwapNothingPrivate()
    {
        ScanBalance balance = new(_world.Machine.Lists, 0, 60);
        balance.Note(Private, ioPages: 4, keptPages: 0);
        Assert.Equal((512u, 512u), (balance.ScanCount(Private, 0, canSwap: true), balance.ScanCount(File, 0, canSwap: true)));
        Assert.Equal((0u, 512u), (balance.ScanCount(Private, 0, canSwap: false), balance.ScanCount(File, 0, canSwap: false)));
        Assert.Equal((0u, 32u), (balance.ScanCount(Private, 4, canSwap: false), balance.ScanCount(File, 4, canSwap: false)));
        Assert.Equal((5u, 26u), (balance.ScanCount(Private, 4, canSwap: true), balance.ScanCount(File, 4, canSwap: true)));
    }

    private static (uint Private, uint File) Shares(ScanBalance balance) =>
        (balance.ScanCount(Private, 1, canSwap: true), balance.ScanCount(File, 1, canSwap: true));
}
