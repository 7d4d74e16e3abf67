using Xunit;

namespace Paging.Core.Tests;

/// <summary>Sequential readers, jumps, large requests and mappings read ahead the same pages as on Linux.</summary>
public sealed class ReadAheadModelTests
{
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(1, 0), InlineData(2, 4), InlineData(3, 15), InlineData(4, 32), InlineData(5, 32), InlineData(6, 64), InlineData(7, 128)]
    [InlineData(8, 256), InlineData(9, 1), InlineData(10, 2), InlineData(11, 33), InlineData(12, 90)]
    public void TheWindowsOfTwoReaders(int seed, int usual)
    {
        using ReadAheadModel model = new(seed, pageCount: 200, usual);
        for (int step = 0; step < 150; step++) model.Step();
        model.Finish();
    }

    /// <summary>A fault that finds its page only because it has just read it counts as a miss alone, also without fault-around.</summary>
    /// <remarks>Linux: filemap_fault calls do_async_mmap_readahead only without FAULT_FLAG_TRIED.</remarks>
    [Fact]
    public void AfterAHundredMissesAMappingReadsEachPageAlone()
    {
        using DeviceWorld disk = new(1200, options: World.Options(16) with { ReadAheadPages = 4, FaultAroundPages = 1 });
        disk.World.MapFile(disk.Descriptor, 0, 1200);
        for (int miss = 0; miss < 100; miss++) disk.World.Peek(4 + (8 * miss));
        Assert.Equal(400L, disk.Counters.PagesRead);
        for (int miss = 100; miss < 110; miss++) disk.World.Peek(4 + (8 * miss));
        Assert.Equal(410L, disk.Counters.PagesRead);
        for (int hit = 0; hit < 11; hit++) disk.World.Peek(3 + (8 * hit));
        disk.World.Peek(1100);
        Assert.Equal(414L, disk.Counters.PagesRead);    // 110 misses and 11 hits are 99: this one is the hundredth
        disk.AssertNothingIsLeft();
    }

    /// <summary>Windows of a reader of page after page: 4, 16, 32, 64, of at most 90. Linux: get_init_ra_size, get_next_ra_size.</summary>
    [Fact]
    public void WindowsGrowUpToHalfTheMostAndThenAreTheMost()
    {
        using DeviceWorld disk = new(400, options: World.Options(16) with { ReadAheadPages = 90 });
        List<long> read = [];
        for (int page = 0; page < 60; page++)
        {
            disk.Read(page * 4096L, 1);
            if (read.Count == 0 || read[^1] != disk.Counters.PagesRead) read.Add(disk.Counters.PagesRead);
        }

        Assert.Equal([4, 20, 52, 116, 206], read);
    }

    /// <summary>A hint may ask for more than is read in one piece.</summary>
    [Fact]
    public void AHintOfMoreThanTwoMebibytes()
    {
        using DeviceWorld disk = new(1200, ramMiB: 16);
        World.Succeeds(disk.Calls.ReadAhead(disk.Descriptor, 4096, 1000u << 12));
        Assert.Equal(string.Concat(".", new string('#', 1000), "...."), disk.Cached(1005));
        Assert.Equal((1000L, 2L), (disk.Counters.PagesRead, disk.Counters.BackingReads));
        disk.AssertNothingIsLeft();
    }
}
