using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Lengths and holes of files with a backing: the device's bytes, the mappings' bytes, and pages that are never written.</summary>
public sealed class TruncateBackedTests
{
    [Fact]
    public void AShorterFileLosesItsDirtyPagesUnwritten()
    {
        using DeviceWorld disk = new(4);
        disk.Write(0, 0x77, 4 * 4096);
        World.Succeeds(disk.Calls.SetLength(disk.Descriptor, 4096));
        Assert.Equal((1u, 4096L, 0L), (disk.Engine.Files.DirtyPages.Value, disk.Disk.ByteLength, disk.Counters.BackingWrites));
        World.Succeeds(disk.Calls.Synchronize(disk.Descriptor));
        Assert.Equal(1L, disk.Counters.PagesWritten);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void BytesCutOffAreZeroWhenTheFileGrowsAgainAlsoOnTheDevice()
    {
        using DeviceWorld disk = new(2);
        disk.World.MapFile(disk.Descriptor, 0, 2, type: MapFlags.Shared);
        disk.World.Touch(0, 0x77);
        World.Succeeds(disk.Calls.SetLength(disk.Descriptor, 100));
        Assert.False(disk.World.Mmu.TryRead(World.At(1), out byte _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
        disk.World.Mmu.Write(World.At(0, 200), (byte)0xEE);    // beyond the end
        World.Succeeds(disk.Calls.SetLength(disk.Descriptor, 8192));
        Assert.Equal((0x77, 0x10, 0, 0, 0),
            (disk.World.Peek(0), disk.World.Peek(0, 99), disk.World.Peek(0, 100), disk.World.Peek(0, 200), disk.World.Peek(1)));
        World.Succeeds(disk.Calls.Synchronize(disk.Descriptor));
        Assert.Equal((0x77, 0, 0, 8192), (disk.Durable(0), disk.Durable(200), disk.Durable(4096), disk.Disk.Durable.Length));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AWriteBeyondTheEndLeavesZerosBetween()
    {
        using DeviceWorld disk = new(1, tailBytes: 10);
        disk.World.MapFile(disk.Descriptor, 0, 4, type: MapFlags.Shared);
        disk.World.Mmu.Write(World.At(1, 50), (byte)0xEE);
        disk.Write(3 * 4096, 0x77);
        Assert.Equal((0x11, 0, 0, 0, 0x77),
            (disk.World.Peek(1, 9), disk.World.Peek(1, 10), disk.World.Peek(1, 50), disk.World.Peek(2), disk.World.Peek(3)));
        World.Succeeds(disk.Calls.Synchronize(disk.Descriptor));
        Assert.Equal((3 * 4096) + 1, disk.Disk.Durable.Length);
        Assert.True(disk.Disk.Durable[(4096 + 10)..(3 * 4096)].IndexOfAnyExcept((byte)0) < 0);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AHoleIsPunchedInTheCacheTheMappingsAndTheDeviceAndPrivateCopiesStay()
    {
        using DeviceWorld disk = new(6);
        disk.World.MapFile(disk.Descriptor, 0, 6, type: MapFlags.Shared);
        disk.World.MapFile(disk.Descriptor, 10, 6);
        for (int page = 0; page < 6; page++) disk.World.Peek(page);
        disk.World.Touch(12, 0x99);
        disk.Write(100, 0x66);    // dirty beside the hole
        World.Succeeds(disk.Calls.PunchHole(disk.Descriptor, 200, (3 * 4096) - 100));
        Assert.Equal("#..###", disk.Cached(6));
        Assert.Equal((0x66, 0x10, 0, 0, 0, 0, 0x13),
            (disk.World.Peek(0, 100), disk.World.Peek(0, 199), disk.World.Peek(0, 200), disk.World.Peek(1), disk.World.Peek(2),
            disk.World.Peek(3, 99), disk.World.Peek(3, 100)));
        Assert.Equal(0x99, disk.World.Peek(12));
        World.Succeeds(disk.Calls.Synchronize(disk.Descriptor));
        Assert.Equal((0x66, 0x10, 0, 0, 0x13),
            (disk.Durable(100), disk.Durable(199), disk.Durable(200), disk.Durable((3 * 4096) + 99), disk.Durable((3 * 4096) + 100)));
        Assert.Equal(6 * 4096, disk.File.ByteLength);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void RemoveOnAMappingIsAHoleInTheFile()
    {
        using DeviceWorld disk = new(4);
        disk.World.MapFile(disk.Descriptor, 0, 4, type: MapFlags.Shared);
        disk.World.Touch(1, 0x77);
        World.Succeeds(disk.World.Memory.Advise(World.At(1), World.Bytes(2), MemoryAdvice.Remove));
        Assert.Equal((0, 0, 0, 0x13), (disk.World.Peek(1), disk.World.Peek(2), disk.OnDevice(4096), disk.World.Peek(3)));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AHoleAtTheEndKeepsTheLengthThatOnlyTheCacheKnewOf()    // found by FileModelTests
    {
        using DeviceWorld disk = new(1);
        disk.Write(2 * 4096, 0x77, 100);
        World.Succeeds(disk.Calls.PunchHole(disk.Descriptor, 4096, 10 * 4096));
        World.Succeeds(disk.Calls.Synchronize(disk.Descriptor));
        Assert.Equal((2 * 4096) + 100, disk.Disk.Durable.Length);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void ACutReachesTheDeviceAfterEarlierWrites()    // found by CrashTests
    {
        for (ulong seed = 0; seed < 16; seed++)
        {
            using DeviceWorld disk = new(1);
            disk.Write(0, 0x77, 4096);
            World.Succeeds(disk.Calls.SetLength(disk.Descriptor, 1000));
            World.Succeeds(disk.Calls.SetLength(disk.Descriptor, 4096));
            disk.Disk.Crash(seed);
            Assert.True(disk.Durable(0) == disk.Durable(999), "half old");
            Assert.True(disk.Durable(0) == 0x10 ? disk.Durable(2000) == 0x10 : disk.Durable(2000) == 0, "cut, but not written");
        }
    }

    /// <summary>
    /// The pages that the ends of a hole divide are written before the device's hole is made, each once; the pages between are dropped.
    /// Linux: the write-back before ext4_punch_hole, ext4_update_disksize_before_punch.
    /// </summary>
    [Theory]
    [InlineData(4096, 8192, "punch 1000+2000")]
    [InlineData(100, 8092, "write 0+1000; punch 64+1f9c")]
    [InlineData(100, 8192, "write 0+1000; write 2000+1000; punch 64+2000")]
    [InlineData(4096, 8292, "write 3000+1000; punch 1000+2064")]
    [InlineData(100, 12288, "write 0+1000; write 3000+1000; punch 64+3000")]
    [InlineData(100, 200, "write 0+1000; punch 64+c8")]
    [InlineData(4096, 20480, "length 6000; punch 1000+5000")]
    [InlineData(4096, 24576, "length 6000; punch 1000+5000")]
    [InlineData(24576, 4096, "")]
    [InlineData(20580, 8192, "write 5000+1000; length 6000; punch 5064+f9c")]
    [InlineData(4196, 21000, "write 1000+1000; length 6000; punch 1064+4f9c")]
    public void TheDividedPagesReachTheDeviceBeforeTheHole(long offset, long length, string expected)
    {
        using World world = new();
        NotingBacking backing = new(6 * 4096);
        GuestFile file = world.Engine.Files.CreateFile("noted", backing);
        int descriptor = world.Open(file);
        World.Succeeds(file.Write(0, new byte[6 * 4096], out _));
        World.Succeeds(world.First.FileDescriptors.PunchHole(descriptor, offset, length));
        Assert.Equal(expected, string.Join("; ", backing.Calls));
        int dropped = (int)(Math.Min((offset + length) >> 12, 6) - ((offset + 4095) >> 12));
        Assert.Equal((uint)(6 - Math.Max(0, dropped)), file.CachedPages.Value);
        World.Succeeds(world.First.FileDescriptors.Close(descriptor));
        file.Dispose();
        world.AssertNothingIsLeft();
    }

    /// <summary>A page of an edge that the device refuses: there is no hole, and nothing is dropped.</summary>
    [Theory]
    [InlineData(0L)]
    [InlineData(0x3000L)]
    public void AnEdgeThatCannotBeWrittenEndsTheCall(long refused)
    {
        using World world = new();
        NotingBacking backing = new(6 * 4096) { Refused = refused };
        GuestFile file = world.Engine.Files.CreateFile("noted", backing);
        int descriptor = world.Open(file);
        World.Succeeds(file.Write(0, new byte[6 * 4096], out _));
        World.Returns(Errno.ENOSPC, world.First.FileDescriptors.PunchHole(descriptor, 100, 12288));
        Assert.DoesNotContain(backing.Calls, static call => call.StartsWith("punch", StringComparison.Ordinal));
        Assert.Equal(6u, file.CachedPages.Value);
        World.Succeeds(world.First.FileDescriptors.Close(descriptor));
        file.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ARefusalOfTheDeviceChangesNothing()
    {
        using DeviceWorld disk = new(4);
        disk.Write(100, 0x66);
        disk.Device.FailAt(1, BackingCalls.Resize, Errno.ENOSPC, count: 10);
        Assert.Equal(Errno.ENOSPC, disk.Calls.SetLength(disk.Descriptor, 100_000));
        Assert.Equal(Errno.ENOSPC, disk.Calls.SetLength(disk.Descriptor, 10));
        Assert.Equal(Errno.ENOSPC, disk.Calls.PunchHole(disk.Descriptor, 0, 8192));
        Assert.Equal(Errno.ENOSPC, disk.Calls.PunchHole(disk.Descriptor, 0, 100_000));
        Assert.Equal((4 * 4096L, 0x66), (disk.File.ByteLength, disk.Read(100, 1)[0]));
        disk.Device.FailAt(1, BackingCalls.Write, count: 10);
        disk.Write(200, 0x66);
        Assert.Equal(Errno.EIO, disk.Calls.SetLength(disk.Descriptor, 300));    // the page that would be cut cannot be written
        Assert.Equal(4 * 4096, disk.File.ByteLength);
        disk.AssertNothingIsLeft();
    }
}
