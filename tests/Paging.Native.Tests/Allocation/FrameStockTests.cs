using Paging.Native.Allocation;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Stocks of frames: two frames whose descriptors share a cache line are in one stock.</summary>
public sealed class FrameStockTests
{
    /// <summary>Tables and other single frames are taken in between, and parts of stocks come back.</summary>
    [Theory]
    [InlineData(0u)]
    [InlineData(100u)]
    public void NoTwoStocksHaveHalvesOfAPair(uint zeroed)
    {
        using FrameWorld world = new(FrameCount.MiB(4));
        world.Buddy.ZeroAhead(zeroed, uint.MaxValue);
        List<uint> singles = [];
        List<StockFrame[]> stocks = [];
        foreach (int length in (int[])[8, 8, 16, 32, 64, 8, 64])
        {
            if (stocks.Count % 3 != 2) singles.Add(world.Allocate().Value);
            stocks.Add(Take(world, length));
            if (stocks.Count == 4) world.Buddy.ReturnStock(stocks[2].AsSpan(0, 10));
        }

        stocks[2] = stocks[2][10..];
        uint[][] lines = [[.. singles.Select(static frame => frame / 2).Distinct()],
            .. stocks.Select(static stock => stock.Select(static one => one.Frame.Value / 2).Distinct().ToArray())];
        uint[] all = [.. lines.SelectMany(static one => one)];
        Assert.Equal(all.Distinct().Count(), all.Length);
    }

    /// <summary>Single frames serve where there are no pairs, and each frame is in one place.</summary>
    [Fact]
    public void FragmentedRamGivesSingleFrames()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        List<FrameNumber> all = [];
        while (world.Buddy.TryAllocate(FrameState.Anonymous, out FrameNumber frame)) all.Add(frame);
        foreach (FrameNumber frame in all.Where(static frame => frame.Value % 2 == 1)) world.Buddy.Free(frame);
        uint free = world.Buddy.FreeFrames.Value;
        StockFrame[] first = Take(world, 64), second = Take(world, (int)free - 64 - 3), rest = Take(world, 3);
        Assert.Equal(free, (uint)first.Concat(second).Concat(rest).Select(static one => one.Frame).Distinct().Count());
        world.Buddy.ReturnStock(second);
        world.Buddy.ReturnStock(rest);
        world.Buddy.ReturnStock(first);
        Assert.Equal(free, world.Buddy.FreeFrames.Value);
        world.AssertClean();
    }

    /// <summary>Frames that a stock leaves alone are taken next, in the order in which they were.</summary>
    [Fact]
    public void FramesThatAreLeftKeepTheirOrder()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        FrameNumber[] taken = [.. Enumerable.Range(0, 9).Select(_ => world.Allocate())];
        foreach (int left in (int[])[1, 3, 5]) world.Buddy.Free(taken[left]);
        StockFrame[] stock = Take(world, 8);
        Assert.DoesNotContain(stock, one => taken.Contains(one.Frame));
        Assert.Equal(taken[5], world.Allocate());
        Assert.Equal(taken[3], world.Allocate());
        Assert.Equal(taken[1], world.Allocate());
    }

    private static StockFrame[] Take(FrameWorld world, int length)
    {
        StockFrame[] stock = new StockFrame[length];
        Assert.Equal(length, world.Buddy.TakeStock(stock));
        return stock;
    }
}
