using Paging.Costs.Devices;
using Paging.Costs.Prices;

namespace Paging.Costs.Tests;

/// <summary>A queue's times recomputed by a spreadsheet's formulas: round numbers, so that each is done by head.</summary>
public sealed class DeviceTests
{
    private const long Second = 1_000_000_000_000, Millisecond = Second / 1000;

    // 100 turns a second, 1 MB a turn: a byte passes in 10 ns. Seeks of 1 ms and 5 ms on average: full = 1 + 4 × 15/8 = 8.5 ms.
    private static readonly DiskShape Round = new(CapacityBytes: 100_000_000, new(5 * Millisecond), new(1 * Millisecond),
        new(10 * Millisecond), BytesPerSecond: 100_000_000, InterfaceBytesPerSecond: 1_000_000_000, WriteCacheBytes: 1_000_000);

    [Fact]
    public void AReadWaitsForItsAngleAndItsBytes()
    {
        TimedDevice disk = Round.Make();
        // At 0 the head is at the angle 0. 250,000 bytes on: a quarter turn. 100,000 bytes pass in 1 ms.
        Assert.Equal(3.5, Ms(disk.Read(default, 250_000, 100_000)));
        // The next byte follows at once, though the request comes 100 ms later: the disk has read on.
        Assert.Equal(103.5, Ms(disk.Read(At(103.4), 350_000, 100_000)));
        // Back to the first byte of the track, without a seek: from 103.5, angle 35 % of a turn, to the angle 0 at 110.
        Assert.Equal(111, Ms(disk.Read(At(103.5), 0, 100_000)));
    }

    [Fact]
    public void ASeekGrowsWithTheRootOfTheDistance()
    {
        Disk disk = new(Round);
        Assert.Equal(0, Ms(disk.Seek(999_999)));    // within the track
        Assert.Equal(1 + (7.5 * 0.5), Ms(disk.Seek(25_000_000)));
        Assert.Equal(8.5, Ms(disk.Seek(100_000_000)));
    }

    [Fact]
    public void ATrackHasAtLeastOneByte() =>
        Assert.True(new Disk(Round with { BytesPerSecond = 50 }).Seek(1) > VirtualTime.Zero);    // half a byte passes in a turn

    /// <summary>The mean of seeks between random places is the data sheet's.</summary>
    [Fact]
    public void RandomSeeksTakeTheAverage()
    {
        Disk disk = new(Round);
        Random random = new(1);
        double sum = 0;
        const int count = 200_000;
        for (int i = 0; i < count; i++)
            sum += Ms(disk.Seek(Math.Abs(random.NextInt64(100_000_000) - random.NextInt64(100_000_000))));
        Assert.InRange(sum / count, 4.9, 5.1);    // the 2 % of neighbours without a seek lower it a little
    }

    [Fact]
    public void AWriteIsAcknowledgedByTheCacheAndDurableAfterAFlush()
    {
        TimedDevice disk = Round.Make();
        Assert.Equal(0.4, Ms(disk.Write(default, 0, 400_000)), 6);    // at 1 GB/s
        Assert.Equal(0.8, Ms(disk.Write(At(0.4), 400_000, 400_000)), 6);
        // The platter: the first waits for its angle from 0.4 to 10, passes in 4 ms; the second follows it.
        Assert.Equal(18, Ms(disk.Flush(At(0.8))));
        Assert.Equal(20, Ms(disk.Flush(At(20))));
    }

    [Fact]
    public void AFullCacheMakesAWriteWait()
    {
        TimedDevice disk = Round.Make();
        disk.Write(default, 0, 600_000);                      // acknowledged at 0.6
        VirtualTime second = disk.Write(At(0.6), 600_000, 600_000);    // no room before the first is on the platter: 0.6 → 10 → 16
        Assert.Equal(16.6, Ms(second), 6);
    }

    /// <summary>A byte less than the room, all of it, and a byte more; and the same of the whole cache.</summary>
    [Theory]
    [InlineData(600_000, 399_999, 0.6 + 0.399999)]
    [InlineData(600_000, 400_000, 1.0)]
    [InlineData(600_000, 400_001, 16 + 0.400001)]
    [InlineData(0, 999_999, 0.6 + 0.999999)]
    [InlineData(0, 1_000_000, 1.6)]
    [InlineData(0, 1_000_001, 20.00001)]    // to the platter at once: from 0.6 to the angle 0 at 10, and a turn
    public void ACacheHoldsAsMuchAsItHas(int held, int wanted, double acknowledged)
    {
        TimedDevice disk = Round.Make();
        if (held != 0) disk.Write(default, 0, held);
        Assert.Equal(acknowledged, Ms(disk.Write(At(0.6), held, wanted)), 6);
    }

    [Fact]
    public void ADiskThatLiesAcknowledgesAFlushAtOnce()
    {
        TimedDevice disk = (Round with { LiesAboutFlush = true }).Make();
        disk.Write(default, 0, 400_000);
        Assert.Equal(0.4, Ms(disk.Flush(At(0.4))), 6);
    }

    [Fact]
    public void ReadsPassWritesThatHaveNotBegun()
    {
        TimedDevice disk = Round.Make();
        disk.Write(default, 0, 100_000);       // in the cache at 0.1; on its way to the platter from then on: 10 to 11
        disk.Write(default, 100_000, 100_000); // waits after it
        VirtualTime read = disk.Read(At(5), 500_000, 100_000);
        // The arm is busy until 11 with the first write; the second waits for the read: 500,000 is at the angle of 15.
        Assert.Equal(16, Ms(read));
        Assert.Equal(22, Ms(disk.Flush(At(16))));    // 100,000 is at 21
    }

    [Fact]
    public void AnSsdWorksOnManyRequestsAndSendsThemOverOneLink()
    {
        TimedDevice ssd = new SsdShape(new(100_000_000), new(20_000_000), 1_000_000_000, 500_000_000, 2).Make();    // 100 µs, 20 µs
        Assert.Equal(104_096, ssd.Read(default, 0, 4096).Nanoseconds);
        Assert.Equal(108_192, ssd.Read(default, 0, 4096).Nanoseconds);    // the link
        Assert.Equal(208_192, ssd.Read(default, 0, 4096).Nanoseconds);    // a place is free again at 104,096
        Assert.Equal(208_192 + 8192, ssd.Write(default, 0, 4096).Nanoseconds);    // place at 108,192, latency done, the link again
    }

    /// <summary>A random read of 4 KB on the list's disk: average seek, half a turn, the bytes. Five orders above memory.</summary>
    [Fact]
    public void TheArticlesDiskTakesTheArticlesTime()
    {
        PriceList list = PriceList.Find("desktop-2009")!;
        TimedDevice disk = list.Files.Make();
        Random random = new(1);
        VirtualTime now = default;
        const int count = 20_000;
        for (int i = 0; i < count; i++) now = disk.Read(now, random.NextInt64(2_000_000_000_000) & ~4095, 4096);
        double mean = Ms(now) / count;
        Assert.InRange(mean, 12.5, 12.9);    // 8.5 + 4.17 + 0.03
        Assert.InRange(mean * 1e6 / list.Processor.EntryLineMiss.Nanoseconds, 1e5, 1e6);
    }

    private static VirtualTime At(double milliseconds) => VirtualTime.FromNanoseconds(milliseconds * 1e6);

    private static double Ms(VirtualTime time) => time.Picoseconds / 1e9;
}
