using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Holes and reservations that end exactly where a file does, and the reports of a device that failed.</summary>
public sealed class DeviceEdgeTests
{
    /// <summary>
    /// The pages that would have made the file longer on its device are dropped by the hole, so the hole does it.
    /// Linux: ext4_update_disksize_before_punch.
    /// </summary>
    [Theory]
    [InlineData(4096)]
    [InlineData(8192)]
    [InlineData(100_000)]
    public void AHoleUpToTheEndKeepsTheLength(int byteLength)
    {
        using DeviceWorld world = new(pageCount: 2);
        world.Write(5 * 4096, 1, 4096);
        Assert.Equal((6 * 4096, 2 * 4096), (world.File.ByteLength, world.Disk.ByteLength));
        World.Succeeds(world.Calls.PunchHole(world.Descriptor, 5 * 4096, byteLength));
        World.Succeeds(world.Calls.Synchronize(world.Descriptor));
        Assert.Equal((6 * 4096, 6 * 4096), (world.File.ByteLength, world.Disk.ByteLength));
        Assert.Equal(new byte[4096], world.Read(5 * 4096, 4096));
    }

    /// <summary>
    /// What a mapping has stored beyond the end of memory goes when the length is set, not when storage is reserved up to it or beyond.
    /// Linux: mm/shmem.c shmem_fallocate sets i_size and nothing else, shmem_setattr truncates.
    /// </summary>
    [Theory]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(101)]
    public void ReservingSetsNoLength(int byteLength)
    {
        using World world = new();
        GuestFile file = world.CreateFile("memory", 1);
        int descriptor = world.Open(file);
        World.Succeeds(file.SetLength(100));
        world.MapFile(descriptor, 0, 1, type: MapFlags.Shared);
        world.Mmu.Write(World.At(0, 200), (byte)7);
        World.Succeeds(world.First.FileDescriptors.Allocate(descriptor, AllocationFlags.None, 0, byteLength));
        Assert.Equal(Math.Max(100, byteLength), file.ByteLength);
        Assert.Equal(7, world.Peek(0, 200));
        World.Succeeds(file.SetLength(file.ByteLength));
        Assert.Equal(0, world.Peek(0, 200));
    }

    /// <summary>sync_file_range with a wait flag reports an earlier error, once for each open file; without one it does not.</summary>
    [Theory]
    [InlineData(SyncRangeFlags.WaitBefore, Errno.EIO)]
    [InlineData(SyncRangeFlags.WaitAfter, Errno.EIO)]
    [InlineData(SyncRangeFlags.Write, Errno.None)]
    public void OnlyWaitFlagsReportAnError(SyncRangeFlags flags, Errno expected)
    {
        using DeviceWorld world = new(pageCount: 4);
        world.Write(0, 1);
        world.Device.FailAt(1, BackingCalls.Write);
        World.Succeeds(world.Calls.SynchronizeRange(world.Descriptor, 0, 4096, SyncRangeFlags.Write));
        Assert.Equal(expected, world.Calls.SynchronizeRange(world.Descriptor, 0, 4096, flags));
        Errno left = expected == Errno.None ? Errno.EIO : Errno.None;
        Assert.Equal(left, world.Calls.SynchronizeRange(world.Descriptor, 0, 4096, SyncRangeFlags.WaitBefore));
    }

    /// <summary>A flush that failed was none: the next sync does it, and power may go then.</summary>
    [Fact]
    public void AFlushThatFailedIsDoneByTheNextSync()
    {
        using DeviceWorld world = new(pageCount: 4);
        world.Write(0, 0x77);
        world.Device.FailAt(1, BackingCalls.Flush);
        world.Engine.Files.SynchronizeAll();
        Assert.Equal(0x10, world.Durable(0));
        world.Engine.Files.SynchronizeAll();
        Assert.Equal(0x77, world.Durable(0));
    }
}
