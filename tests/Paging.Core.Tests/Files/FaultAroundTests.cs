using Paging.Core.Files;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// What a fault on a mapping brings along: from the device a window around, into the page table the neighbours that are cached.
/// </summary>
public sealed class FaultAroundTests
{
    private static DeviceWorld Disk(int pages = 256, int faultAroundPages = 16) =>
        new(pages, 8, options: World.Options(8) with { FaultAroundPages = faultAroundPages });

    /// <summary>The pages that are present: <c>##..#</c>.</summary>
    private static string Present(World world, int pageCount) => string.Create(pageCount, world, static (text, world) =>
    {
        PageTables tables = world.Memory.Space.Tables;
        for (int page = 0; page < text.Length; page++) text[page] = tables.Read(World.At(page).Page).IsPresent ? '#' : '.';
    });

    private static void Warm(DeviceWorld disk, int first, int count) =>
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, first * 4096L, count * 4096L, FileAdvice.WillNeed));

    [Fact]
    public void AColdSequentialScanTakesOneMajorFaultAndThenTwoMinorOnesForEachWindow()
    {
        using DeviceWorld disk = Disk();
        disk.World.MapFile(disk.Descriptor, 0, 256);
        List<string> faults = [];
        for (int page = 0; page < 128; page++)
        {
            string story = FaultStory.Of(disk.World.First, () => Assert.Equal(DeviceWorld.ByteOfPage(page), disk.World.Peek(page)));
            if (story.Contains("or 1", StringComparison.Ordinal)) faults.Add($"{page}: {story.Split(", File", 2)[0]}");
        }

        // 0 reads 0-31 (mark 24) and maps 0-15; 16 maps the rest but 24; 24 starts 32-63 (mark 32); 32 starts 64-95; 48 maps 48-63
        Assert.Equal("0: Major 1|16: Minor 1|24: Minor 1|32: Minor 1|48: Minor 1|64: Minor 1|80: Minor 1|96: Minor 1|112: Minor 1",
            string.Join('|', faults));
        Assert.Equal((5L, 160L), (disk.Counters.BackingReads, disk.Counters.PagesRead));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AWindowIsAtMostTheEntriesOfATableOf64Bits()
    {
        using DeviceWorld disk = Disk(1200, faultAroundPages: 512);
        Warm(disk, 0, 1200);
        disk.World.MapFile(disk.Descriptor, 0, 1200);
        Assert.Equal("Minor 1, File 1, FaultAround 511", FaultStory.Of(disk.World.First, () => disk.World.Peek(600)));
        uint first = (World.At(600).Page.Value & ~511u) - World.At(0).Page.Value;
        string window = new('#', 512);
        Assert.Equal(window.PadLeft((int)first + 512, '.').PadRight(1200, '.'), Present(disk.World, 1200));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AFaultInTheMiddleReadsAWindowAroundItself()
    {
        using DeviceWorld disk = Disk();
        disk.World.MapFile(disk.Descriptor, 0, 256);
        disk.World.Peek(100);
        Assert.Equal((false, true, true, false),
            (disk.File.IsCached(new(83)), disk.File.IsCached(new(84)), disk.File.IsCached(new(115)), disk.File.IsCached(new(116))));
        Assert.Equal(1L, disk.Counters.BackingReads);
        // 96–111 but the mark on 108, and 100 was asked for
        Assert.Equal((31L, 14L), (disk.Counters.ReadAhead, disk.Counters.ReadAheadUsed));
        disk.AssertNothingIsLeft();
    }

    /// <summary>/proc/PID/mem reads memory without rights; the program still cannot, not even the neighbours that came along.</summary>
    [Fact]
    public void NeighboursOfAPageThatOnlyTheKernelReadsStayClosed()
    {
        using DeviceWorld disk = Disk();
        Warm(disk, 0, 8);
        disk.World.MapFile(disk.Descriptor, 0, 20);
        World.Succeeds(disk.World.Memory.Protect(World.At(0), 20 * 4096, MemoryProtection.None));
        byte[] bytes = new byte[1];
        Assert.Equal(1, disk.World.Memory.Remote.Read(World.At(3), bytes, forced: true));
        Assert.Equal(DeviceWorld.ByteOfPage(3), bytes[0]);
        Assert.Equal("########............", Present(disk.World, 20));
        for (int page = 0; page < 8; page++) Assert.False(disk.World.Memory.Mmu.TryRead(World.At(page), out byte _));
        World.Succeeds(disk.World.Memory.Protect(World.At(0), 20 * 4096, MemoryProtection.Read));
        for (int page = 0; page < 8; page++) Assert.Equal(DeviceWorld.ByteOfPage(page), disk.World.Peek(page));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void OnlyCachedPagesComeAlongAndNothingIsReadForThem()
    {
        using DeviceWorld disk = Disk();
        Warm(disk, 2, 3);
        Warm(disk, 9, 1);
        disk.World.MapFile(disk.Descriptor, 0, 20);
        long reads = disk.Counters.BackingReads;
        Assert.Equal("Minor 1, File 1, FaultAround 3", FaultStory.Of(disk.World.First, () => disk.World.Peek(3)));
        Assert.Equal("..###....#..........", Present(disk.World, 20));
        Assert.Equal(reads, disk.Counters.BackingReads);
        Assert.Equal(new PageCount(4), disk.World.Memory.Usage.ResidentFile);
        Assert.Equal("", FaultStory.Of(disk.World.First, () => disk.World.Peek(9)));
        disk.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(16, 20, "................################................")]    // aligned in the page table
    [InlineData(4, 20, "....................####........................")]
    [InlineData(1, 20, "....................#...........................")]
    [InlineData(16, 3, "################................................")]
    public void TheOptionSetsTheWidthOfTheAlignedWindow(int faultAroundPages, int page, string present)
    {
        using DeviceWorld disk = Disk(faultAroundPages: faultAroundPages);
        Warm(disk, 0, 48);
        disk.World.MapFile(disk.Descriptor, 0, 48);
        disk.World.Peek(page);
        Assert.Equal(present, Present(disk.World, 48));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void TheWindowEndsWithTheAreaTheFileAndThePageTable()
    {
        using DeviceWorld disk = Disk(10);
        Warm(disk, 0, 10);
        disk.World.MapFile(disk.Descriptor, 3, 4, filePage: 2);    // pages 3 to 6 show 2 to 5
        disk.World.MapFile(disk.Descriptor, 20, 30);
        disk.World.MapFile(disk.Descriptor, 1020, 8);    // crosses 4 MiB at page 1024
        disk.World.Peek(5);
        Assert.Equal("...####.", Present(disk.World, 8));
        disk.World.Peek(20);
        Assert.Equal("##########..", Present(disk.World, 32)[20..]);
        disk.World.Peek(1021);
        Assert.Equal("####....", Present(disk.World, 1028)[1020..]);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void PagesTouchedBeforeStayAsTheyAre()
    {
        using DeviceWorld disk = Disk();
        Warm(disk, 0, 16);
        disk.World.MapFile(disk.Descriptor, 0, 16);
        disk.World.Touch(4, 0x99);
        disk.World.Peek(5);
        Assert.Equal((0x99, true, "################"),
            (disk.World.Peek(4), disk.World.Memory.HasOwnPage(World.At(4).Page), Present(disk.World, 16)));
        disk.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(MapFlags.Private)]
    [InlineData(MapFlags.Shared)]
    public void AWriteBringsNothingAlongAndPagesMappedAlongAreNoticedWhenWritten(MapFlags type)
    {
        using DeviceWorld disk = Disk();
        Warm(disk, 0, 16);
        disk.World.MapFile(disk.Descriptor, 0, 16, type: type);
        disk.World.Touch(3);
        Assert.Equal("...#............", Present(disk.World, 16));
        disk.World.Peek(0);
        Assert.False(disk.World.Memory.Space.Tables.Read(World.At(1).Page).IsWritable);
        Assert.StartsWith("Minor 1", FaultStory.Of(disk.World.First, () => disk.World.Touch(1)), StringComparison.Ordinal);
        Assert.Equal(type == MapFlags.Shared ? 2u : 0u, disk.Engine.Files.DirtyPages.Value);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void SharedMemoryComesAlongWritableAsItIsAlwaysDirty()
    {
        using World world = new();
        int file = world.OpenFile("f", 4);
        world.MapFile(file, 0, 4, type: MapFlags.Shared);
        world.Peek(0);
        Assert.Equal("", FaultStory.Of(world.First, () => world.Touch(3)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void RandomAdviceBringsThePageAloneAndSequentialAdviceAWindowAhead()
    {
        using DeviceWorld disk = Disk();
        disk.World.MapFile(disk.Descriptor, 0, 256);
        World.Succeeds(disk.World.Memory.Advise(World.At(100), World.Bytes(50), MemoryAdvice.Random));
        disk.World.Peek(120);
        Assert.Equal(1L, disk.Counters.PagesRead);
        World.Succeeds(disk.World.Memory.Advise(World.At(0), World.Bytes(64), MemoryAdvice.Sequential));
        disk.World.Peek(0);
        Assert.Equal("################################........", disk.Cached(40));
        disk.World.Peek(16);    // its mark lies in the middle
        Assert.Equal(1L + 64, disk.Counters.PagesRead);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AMappingThatMissesAHundredTimesMoreThanItHitsIsLeftAlone()
    {
        using DeviceWorld disk = new(8192, 64, options: World.Options(64));
        disk.World.MapFile(disk.Descriptor, 0, 8192);
        // Every 64th page, and none of those around: each a miss, each forgives the sixteen that were mapped along.
        World.Succeeds(disk.World.Memory.Advise(World.At(0), World.Bytes(8192), MemoryAdvice.Normal));
        ref ReadAheadState state = ref disk.Engine.Parts.Files.OpenFiles[new(1)].ReadAhead;
        state.MappedMisses = 99;
        disk.World.Peek(0);
        long before = disk.Counters.PagesRead;
        Assert.Equal(32L, before);
        Assert.Equal(84u, state.MappedMisses);    // one more, and sixteen forgiven
        state.MappedMisses = 100;
        disk.World.Peek(640);
        Assert.Equal(before + 1, disk.Counters.PagesRead);
        Assert.Equal(100u, state.MappedMisses);    // one more, and the page itself forgiven
        disk.AssertNothingIsLeft();
    }

    /// <summary>Misses count up to a thousand, so that nine hundred hits are always enough. Linux: MMAP_LOTSAMISS * 10.</summary>
    [Theory]
    [InlineData(99u, 32, 85u)]      // a window is read, and sixteen pages of it are mapped but the one with the mark
    [InlineData(100u, 1, 100u)]     // the page alone
    [InlineData(998u, 1, 998u)]
    [InlineData(999u, 1, 999u)]     // one more, and the page itself is a hit
    [InlineData(1000u, 1, 999u)]    // no more than a thousand
    public void MissesCountUpToAThousand(uint before, int pagesRead, uint after)
    {
        using DeviceWorld disk = Disk();
        disk.World.MapFile(disk.Descriptor, 0, 256);
        ref ReadAheadState state = ref disk.Engine.Parts.Files.OpenFiles[new(1)].ReadAhead;
        state.MappedMisses = before;
        disk.World.Peek(128);
        Assert.Equal((pagesRead, after), (disk.Counters.PagesRead, state.MappedMisses));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void WillNeedOnAMappingReadsTheRangeAndMapsNothing()
    {
        using DeviceWorld disk = Disk();
        disk.World.MapFile(disk.Descriptor, 0, 100, filePage: 50);
        World.Succeeds(disk.World.Memory.Advise(World.At(10), World.Bytes(20), MemoryAdvice.WillNeed));
        Assert.Equal((1L, 20L), (disk.Counters.BackingReads, disk.Counters.PagesRead));
        Assert.Equal((false, true, true, false),
            (disk.File.IsCached(new(59)), disk.File.IsCached(new(60)), disk.File.IsCached(new(79)), disk.File.IsCached(new(80))));
        byte[] inCore = new byte[40];
        World.Succeeds(disk.World.Memory.InCore(World.At(0), World.Bytes(40), inCore));
        Assert.Equal(20, inCore.Count(static one => one == 1));    // mincore reports the cache
        Assert.Equal(PageCount.Zero, disk.World.Memory.Usage.ResidentFile);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AReadOfANeighbourAfterwardsNeitherFaultsNorWalks()
    {
        using DeviceWorld disk = Disk();
        Warm(disk, 0, 16);
        disk.World.MapFile(disk.Descriptor, 0, 16);
        disk.World.Peek(0);
        for (int page = 0; page < 16; page++)
            Assert.True(disk.World.Mmu.TryReadHit(World.At(page, 7), out byte value) && value == DeviceWorld.ByteOfPage(page));
        disk.AssertNothingIsLeft();
    }

    /// <summary>The device refuses the store, to a page that is mapped for reading and to one that is not.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AStoreThatTheDeviceDoesNotPermitIsABusError(bool isRead)
    {
        using World world = new();
        NotingBacking device = new(4 * 4096) { Sealed = 2 * 4096 };
        GuestFile file = world.Engine.Files.CreateFile("noted", device);
        int descriptor = world.Open(file);
        world.MapFile(descriptor, 0, 4, type: MapFlags.Shared);
        world.MapFile(descriptor, 10, 4);
        if (isRead) world.Peek(2);
        Assert.False(world.Mmu.TryWrite(World.At(2), (byte)1, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.BusError, World.At(2)), fault);
        Assert.Equal(0, world.Peek(2));
        world.Touch(12, 9);    // a private copy takes nothing of the device
        world.Touch(3, 7);
        device.Sealed = -1;
        world.Touch(2, 8);
        World.Succeeds(world.First.FileDescriptors.Synchronize(descriptor));
        Assert.Equal(["write 2000+2000"], device.Calls);
        World.Succeeds(world.First.FileDescriptors.Close(descriptor));
        file.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void APageThatCannotBeReadIsABusErrorAndItsNeighboursAreNot()
    {
        using DeviceWorld disk = Disk();
        disk.World.MapFile(disk.Descriptor, 0, 64);
        disk.Device.FailAt(1, BackingCalls.Read, count: 2);    // the window and the page alone
        Assert.False(disk.World.Mmu.TryRead(World.At(5), out byte _, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.BusError, World.At(5)), fault);
        Assert.Equal(DeviceWorld.ByteOfPage(6), disk.World.Peek(6));
        Assert.Equal(DeviceWorld.ByteOfPage(5), disk.World.Peek(5));
        disk.AssertNothingIsLeft();
    }
}
