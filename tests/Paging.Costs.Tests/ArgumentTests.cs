using System.Collections.Immutable;
using Paging.Core;
using Paging.Costs.Devices;
using Paging.Costs.Hardware;
using Paging.Costs.Prices;
using Paging.Native;
using Xunit;

namespace Paging.Costs.Tests;

/// <summary>What a caller gives is refused where it is given, with a standard exception, and changes nothing.</summary>
public sealed class ArgumentTests
{
    private static readonly VirtualTime Some = VirtualTime.FromNanoseconds(1000);

    private static readonly SsdShape GoodSsd = new(Some, Some, 1_000, 1_000, 4);

    private static readonly DiskShape GoodDisk = new(1 << 20, Some, Some, Some, 1_000, 1_000, 0);

    private static readonly Action[] Wrong =
    [
        static () => _ = GoodSsd with { Parallel = 0 },
        static () => _ = new SsdShape(Some, Some, 1_000, 1_000, int.MaxValue),
        static () => _ = new SsdShape(Some, Some, 1_000, 1_000, SsdShape.ParallelMax + 1),
        static () => _ = new SsdShape(Some, Some, 0, 1_000, 1),
        static () => _ = GoodSsd with { WriteBytesPerSecond = -1 },
        static () => _ = new SsdShape(new(-1), Some, 1_000, 1_000, 1),
        static () => _ = GoodSsd with { WriteLatency = new(-1) },
        static () => _ = GoodDisk with { CapacityBytes = 0 },
        static () => _ = GoodDisk with { BytesPerSecond = 0 },
        static () => _ = GoodDisk with { InterfaceBytesPerSecond = 0 },
        static () => _ = GoodDisk with { WriteCacheBytes = -1 },
        static () => _ = GoodDisk with { Revolution = VirtualTime.Zero },
        static () => _ = GoodDisk with { Revolution = new VirtualTime(60_000_000_000_001) },
        static () => _ = new DiskShape(1, new(-1), Some, Some, 1, 1, 0),
        static () => _ = new DiskShape(1, Some, new(-1), Some, 1, 1, 0),
        static () => _ = new LinearPage(1UL << 52),
        static () => _ = VirtualTime.FromNanoseconds(double.NaN),
        static () => _ = VirtualTime.FromNanoseconds(1e30),
        static () => _ = VirtualTime.OfBytes(1, 0),
        static () => _ = VirtualTime.OfBytes(-1, 1),
        static () => _ = CostCauses.NameOf((CostCause)13),
        static () => _ = CostCauses.NameOf((CostCause)(-1)),
        static () => _ = new TranslationCounts().AccessesOf((AccessKind)3),
        static () => _ = new TranslationCounts().FirstMissesOf((AccessKind)3, isLarge: false),
        static () => _ = new TranslationCounts().WalksOf((AccessKind)(-1), isLarge: true),
    ];

    [Fact]
    public void AWrongNumberIsRefusedAtOnce() =>
        Assert.All(Wrong, static make => Assert.ThrowsAny<ArgumentOutOfRangeException>(make));

    [Fact]
    public void TheNumbersOfADiskMustFitTogether()
    {
        DiskShape wrong = GoodDisk with { AverageSeek = VirtualTime.Zero };
        Assert.Contains("below", Assert.Throws<InvalidOperationException>(wrong.Make).Message, StringComparison.Ordinal);
        Assert.NotNull((wrong with { TrackSeek = VirtualTime.Zero }).Make());
        Assert.NotNull((GoodSsd with { Parallel = SsdShape.ParallelMax }).Make());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ARequestThatNoDeviceCanServeIsRefusedAndNotCounted(bool isDisk)
    {
        TimedDevice device = isDisk ? GoodDisk.Make() : GoodSsd.Make();
        foreach ((long at, long offset, long count) in ((long, long, long)[])[(-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, -1),
            (0, long.MaxValue, 1), (0, 1, long.MaxValue)])
        {
            Assert.ThrowsAny<ArgumentOutOfRangeException>(() => device.Read(new(at), offset, count));
            Assert.ThrowsAny<ArgumentOutOfRangeException>(() => device.Write(new(at), offset, count));
        }

        Assert.ThrowsAny<ArgumentOutOfRangeException>(() => device.Flush(new(-1)));
        Assert.Equal((0, 0, 0, 0), (device.Reads, device.Writes, device.Flushes, device.ByteCount));
        VirtualTime late = device.Read(new(long.MaxValue - 5), 0, long.MaxValue);    // the clock ends, and does not turn
        Assert.Equal(long.MaxValue, late.Picoseconds);
        Assert.Equal(long.MaxValue, device.Write(late, 1 << 19, 1 << 30).Picoseconds);
    }

    [Theory]
    [InlineData(long.MaxValue, 1, long.MaxValue, long.MaxValue - 1, long.MaxValue)]
    [InlineData(long.MinValue, 1, long.MinValue + 1, long.MinValue, long.MinValue)]
    [InlineData(long.MinValue, -1, long.MinValue, long.MinValue + 1, long.MaxValue)]
    [InlineData(-2, long.MaxValue, long.MaxValue - 2, long.MinValue, long.MinValue)]
    [InlineData(-1, long.MinValue, long.MinValue, long.MaxValue, long.MaxValue)]
    [InlineData(0, long.MinValue, long.MinValue, long.MaxValue, 0)]
    [InlineData(3, 4, 7, -1, 12)]
    public void SumsAndProductsStopAtTheEndsOfTheClock(long left, long right, long sum, long difference, long product)
    {
        VirtualTime one = new(left), other = new(right);
        Assert.Equal((sum, difference, product), ((one + other).Picoseconds, (one - other).Picoseconds, (one * right).Picoseconds));
    }

    [Fact]
    public void HardwareSaysWhatIsMissing()
    {
        TlbShape good = new("t", 1, ServedAccesses.All, HeldPages.Both, new(4, 4));
        TranslationShape shape = new() { Tlbs = [good] };
        Assert.Null(shape.Complaint);
        foreach ((TranslationShape wrong, string part) in ((TranslationShape, string)[])[
            (shape with { Tlbs = default }, "TLBs"), (shape with { Tlbs = [null!] }, "TLB"),
            (shape with { Tlbs = [good with { Name = null! }] }, "TLB"),
            (shape with { Tlbs = [good with { Array = null! }] }, "entries"), (shape with { EntryLines = null! }, "lines"),
            (shape with { Tlbs = [good with { Serves = (ServedAccesses)8 }] }, "kind"),
            (shape with { Tlbs = [good with { Holds = (HeldPages)4 }] }, "kind"),
            (shape with { Tlbs = [good with { Array = new(4, 4, (Replacement)9) }] }, "replacement")])
        {
            Assert.Contains(part, wrong.Complaint, StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() => new TranslationHardware(wrong));
        }

        Assert.Equal((0, 0, 1), (new ArrayShape(4, 0).Sets, new ArrayShape(int.MinValue, -1).Sets, new ArrayShape(4, 4).Sets));
        TranslationHardware hardware = new(shape);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => hardware.Access(new UniformTables(TableDepth.Long, isLarge: false), new(1), (AccessKind)3));
        Assert.Equal(0, hardware.Counts.Accesses);
    }

    [Fact]
    public void AListThatIsNoMachinesIsRefused()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20, RequestHostHugePages = false });
        PriceList list = PriceList.Find("server-2025")!;
        foreach (PriceList wrong in (PriceList[])[list with { Files = null! }, list with { Processor = null! },
            list with { Kernel = null! }, list with { Translation = null! }, list with { Name = null! },
            list with { Kernel = list.Kernel with { Switch = new(-1) } },
            list with { Processor = list.Processor with { Access = new(-1) } }])
        {
            Assert.NotNull(wrong.Complaint);
            Assert.Throws<ArgumentException>(() => new CostLedger(engine, wrong));
        }

        Assert.Null(list.Complaint);
        Assert.Throws<ArgumentNullException>(static () => PriceList.Find(null!));
        _ = (list with { Numbers = default }).GetHashCode();
        string text = (list with { Numbers = default(ImmutableArray<SourcedPrice>) }).ToString();
        Assert.Contains("server-2025", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ALedgerRefusesWhatIsNotItsOwnAndChargesNothing()
    {
        EngineOptions options = new() { RamBytes = 1 << 20, RequestHostHugePages = false };
        using PagingEngine engine = new(options), other = new(options);
        UserProcess process = engine.CreateProcess("p"), foreign = other.CreateProcess("f");
        GuestFile foreignFile = other.Files.CreateMemoryFile("m", 4096);
        CostLedger ledger = new(engine, PriceList.Find("desktop-2009")!, 2);
        GuestFile file = ledger.CreateFile("f", new ByteStore());
        VirtualTime before = ledger.Now;
        Action[] wrong =
        [
            () => ledger.CountsOf(2), () => ledger.CountsOf(-1), () => ledger.TotalOf((CostCause)99), () => ledger.AccountOf(foreign),
            () => ledger.Observe(process, default, 0, AccessKind.Read), () => ledger.Observe(process, default, -1, AccessKind.Read),
            () => ledger.Observe(process, default, 1, (AccessKind)3), () => ledger.Observe(process, default, 1, AccessKind.Read, 2),
            () => ledger.Observe(foreign, default, 1, AccessKind.Read), () => ledger.ObserveRun(process, default, 1, 0, AccessKind.Read),
            () => ledger.ObserveRun(process, default, 1, 1, (AccessKind)(-1)), () => ledger.ObserveRun(process, default, 1, 1, 0, -1),
            () => ledger.ObserveRun(null!, default, 0, 1, AccessKind.Read), () => ledger.EndCall(process, -1),
            () => ledger.EndCall(foreign), () => ledger.EndCall(process, 0, 7),
            () => ledger.EndRead(process, foreignFile, 0, 1), () => ledger.EndRead(process, null!, 0, 1),
            () => ledger.EndRead(process, file, -1, 1), () => ledger.EndRead(process, file, 0, -1),
            () => ledger.EndFork(process, foreign), () => ledger.EndFork(foreign, process),
            () => ledger.EndFork(process, null!), () => ledger.EndFork(process, process, 2), () => ledger.Time(null!),
            () => ledger.CreateFile("g", null!), () => ledger.CreateFile(null!, new ByteStore()),
        ];
        Assert.All(wrong, static one => Assert.ThrowsAny<ArgumentException>(one));
        Assert.Equal((before, 2), (ledger.Now, ledger.Accounts.Count));    // the kernel's, and that of the process
        ledger.EndRead(process, file, long.MaxValue, long.MaxValue);    // ends at once, wherever it is
        ledger.EndCall(process, long.MaxValue);
        Assert.True(ledger.Now > before);    // of 2^63 bytes: months, and no overflow
    }

    private sealed class ByteStore : IFileBacking
    {
        public long ByteLength => 4096;

        public Errno Read(long offset, Span<byte> destination, out int byteCount)
        {
            byteCount = destination.Length;
            return Errno.None;
        }

        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
        {
            byteCount = source.Length;
            return Errno.None;
        }

        public void Dispose() { }

        public Errno SetLength(long byteLength) => Errno.None;

        public Errno Flush() => Errno.None;
    }
}
