using Xunit;

namespace Paging.Core.Tests;

/// <summary>Files whose pages are a cache of something else: major faults, dirty pages, write-back, errors.</summary>
public sealed class BackedFileTests
{
    [Fact]
    public void TheFirstTouchReadsAndIsAMajorFaultTheSecondMappingIsAMinorOne()
    {
        using World world = new();
        using ByteBacking backing = new(3 * 4096) { PartMax = 1000 };
        int file = world.OpenBacked(backing);
        world.MapFile(file, 0, 3, type: MapFlags.Shared);
        world.MapFile(file, 8, 3);
        Assert.StartsWith("Major 1", FaultStory.Of(world.First, () => Assert.Equal(0x11, world.Peek(1, 4095))), StringComparison.Ordinal);
        int reads = backing.ReadCount;
        Assert.Equal("Minor 1, File 1, FaultAround 2", FaultStory.Of(world.First, () => Assert.Equal(0x11, world.Peek(9))));
        Assert.Equal(reads, backing.ReadCount);
        Assert.True(world.Memory.Usage.ResidentFile.Value >= 2);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void StoresReachTheBackingWhenSynchronizedAndAreNoticedAgainAfterwards()
    {
        using World world = new();
        using ByteBacking backing = new(2 * 4096);
        int file = world.OpenBacked(backing);
        world.MapFile(file, 0, 2, type: MapFlags.Shared);
        Assert.Equal(0x10, world.Peek(0));
        Assert.Equal("Minor 1", FaultStory.Of(world.First, () => world.Touch(0, 0x77)));    // the write to a clean page is noticed
        Assert.Equal(0x10, backing[0]);
        World.Succeeds(world.Memory.Synchronize(World.At(0), 4096, SyncFlags.Sync));
        Assert.Equal((0x77, 1), (backing[0], backing.WriteCount));
        world.Verify();
        World.Succeeds(world.Memory.Synchronize(World.At(0), 4096, SyncFlags.Sync));
        Assert.Equal(1, backing.WriteCount);    // clean
        Assert.Equal("Minor 1", FaultStory.Of(world.First, () => world.Touch(0, 0x78)));
        World.Succeeds(world.First.FileDescriptors.Synchronize(file));
        Assert.Equal(0x78, backing[0]);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void WritesThroughADescriptorAreWrittenBackInPartsAsTheDeviceTakesThem()
    {
        using World world = new();
        using ByteBacking backing = new(5000) { PartMax = 700 };
        int file = world.OpenBacked(backing);
        World.Succeeds(world.First.FileDescriptors.Write(file, 4990, "0123456789abcdef"u8, out int count));
        Assert.Equal((16, 5000L), (count, backing.ByteLength));
        World.Succeeds(world.First.FileDescriptors.Synchronize(file));
        Assert.Equal((5006L, (byte)'f'), (backing.ByteLength, backing[5005]));
        Assert.True(backing.FlushCount > 0);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AReadThatFailsIsABusErrorAndNothingIsCached()
    {
        using World world = new();
        using ByteBacking backing = new(4096) { ReadError = Errno.EIO };
        int file = world.OpenBacked(backing);
        world.MapFile(file, 0, 1);
        world.Mmu.TryRead(World.At(0), out byte _, out MemoryFault fault);
        Assert.Equal(new(MemoryFaultKind.BusError, World.At(0)), fault);
        Assert.Equal(Errno.EIO, world.First.FileDescriptors.Read(file, 0, new byte[10], out _));
        Assert.Equal(0u, world.Engine.Parts.Files.Cache.PageCount);
        backing.ReadError = Errno.None;
        Assert.Equal(0x10, world.Peek(0));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AWriteErrorIsReportedOnceByEachOpenFile()
    {
        using World world = new();
        using ByteBacking backing = new(4096);
        GuestFile named = world.CreateBacked(backing);
        int first = world.Open(named), second = world.Open(named);
        World.Succeeds(world.First.FileDescriptors.Write(first, 0, [1], out _));
        backing.WriteError = Errno.EIO;
        Assert.Equal(Errno.EIO, world.First.FileDescriptors.Synchronize(first));
        backing.WriteError = Errno.None;
        Assert.Equal(Errno.None, world.First.FileDescriptors.Synchronize(first));
        Assert.Equal(Errno.EIO, world.First.FileDescriptors.Synchronize(second));
        Assert.Equal(Errno.None, world.First.FileDescriptors.Synchronize(second));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TruncatingAndPunchingReachTheBacking()
    {
        using World world = new();
        using ByteBacking backing = new(3 * 4096);
        int file = world.OpenBacked(backing);
        world.MapFile(file, 0, 3, type: MapFlags.Shared);
        world.Touch(1, 0x55);
        World.Succeeds(world.First.FileDescriptors.PunchHole(file, 4096, 4096));
        Assert.Equal((0, (byte)0), (world.Peek(1), backing[4096]));
        World.Succeeds(world.First.FileDescriptors.SetLength(file, 4096));
        Assert.Equal(4096, backing.ByteLength);
        Assert.False(world.Mmu.TryRead(World.At(1), out byte _));
        world.AssertNothingIsLeft();
    }
}
