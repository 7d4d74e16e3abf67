using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>How a pass of reclaim is divided: 512 private pages and 512 of a file, by hand from get_scan_count's formula.</summary>
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
    public void TheMoreExpensiveListIsScannedLess()
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

    /// <summary>A note without a cost halves nothing, however short the lists have become. Linux: lru_note_cost_unlock_irq.</summary>
    [Fact]
    public void WithoutACostNothingFades()
    {
        ScanBalance balance = new(_world.Machine.Lists, 0, 60);
        balance.Note(Private, ioPages: 0, keptPages: 240);    // of 256
        World.Succeeds(_world.Memory.Unmap(World.At(0), World.Bytes(256)));    // a quarter of the rest is 192
        balance.Note(File, ioPages: 0, keptPages: 0);
        Assert.Equal((22u, 211u), Shares(balance));    // 60 · 721/481 of 128 beside 140 · 721/241 of 256, as whole numbers
        balance.Note(File, ioPages: 0, keptPages: 60);
        Assert.Equal((28u, 199u), Shares(balance));    // 240 and 60 are halved: 60/271 beside 140/181
    }

    /// <summary>A quarter of the lists is not too much: the next cost halves both. One more is halved by itself.</summary>
    [Theory]
    [InlineData(256, 56u, 199u)]    // 256 and 64, halved: 60/289 beside 140/193
    [InlineData(257, 65u, 190u)]    // 128, then 64: 60/321 beside 140/257
    public void CostsAreHalvedAboveAQuarterOfTheLists(long cost, uint ofPrivate, uint ofFile)
    {
        ScanBalance balance = new(_world.Machine.Lists, 0, 60);
        balance.Note(Private, ioPages: 0, cost);
        balance.Note(File, ioPages: 2, keptPages: 0);
        Assert.Equal((ofPrivate, ofFile), Shares(balance));
    }

    /// <summary>
    /// A page that comes back has cost a page of input: of 1,024 private pages a pass of half urgency scans 512 · 30.46/170.46, where it
    /// would have scanned 512 · 60/200. Linux: workingset_refault.
    /// </summary>
    [Theory]
    [InlineData(0, 153)]
    [InlineData(1, 91)]    // 90 if it were two pages
    public void APageThatComesBackCostsAPageOfInput(int refaults, long scanned)
    {
        World.Succeeds(_world.Engine.Swap.SwitchOn(new Swap.MemorySwapStore(1 << 20), out _));
        _world.Map(1000, 512);
        for (int page = 1000; page < 1512; page++) _world.Touch(page);
        for (int time = 0; time < refaults; time++) _world.Engine.Groups.All[0].Reclaim.IsRecent(0, Private);
        _world.Engine.Groups.All[0].Reclaim.ShrinkOnce(1, 10_000);
        ReclaimCounters counters = _world.Engine.Reclaimed;
        Assert.Equal(scanned, counters.Scanned - counters.ScannedFile);
    }

    /// <summary>A cost of one stays where there are no pages yet.</summary>
    [Fact]
    public void TheLastCostStays()
    {
        World.Succeeds(_world.Engine.Groups.Create(new() { CountsTables = false }, out MemoryGroup? group));
        ScanBalance balance = new(_world.Machine.Lists, group!.Number, 60);
        balance.Note(Private, ioPages: 0, keptPages: 5);
        UserProcess process = _world.Engine.CreateProcess("p", ProcessOptions.Default with { Group = group });
        World.MapAs(process, 0, 512, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < 512; page++) process.Memory.Mmu.Write(World.At(page), (byte)1);
        Assert.Equal(56u, balance.ScanCount(Private, 1, canSwap: true));    // 60/3 beside 140/2
    }

    [Fact]
    public void TheLastPassScansEverythingAndWithoutSwapNothingPrivate()
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
