using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>O_DIRECT: past the page cache, in sectors of 512 bytes, and always consistent with read, write and mappings.</summary>
public sealed class DirectIoTests
{
    private static DeviceWorld Disk(out int direct)
    {
        DeviceWorld disk = new(16);
        direct = disk.Open(flags: OpenFlags.Direct);
        return disk;
    }

    private static byte[] Filled(byte value, int count)
    {
        byte[] bytes = new byte[count];
        Array.Fill(bytes, value);
        return bytes;
    }

    [Fact]
    public void NothingIsCached()
    {
        using DeviceWorld disk = Disk(out int direct);
        Assert.Equal(0x11, disk.Read(4096 + 512, 512, direct)[0]);
        World.Succeeds(disk.Calls.Write(direct, 8192, Filled(0x77, 1024), out int count));
        Assert.Equal((1024, 0x77, 0u), (count, disk.OnDevice(8192), disk.Engine.Files.CachedPages.Value));
        Assert.Equal(0x12, disk.Durable(8192));    // not flushed
        World.Succeeds(disk.Calls.Synchronize(direct));
        Assert.Equal(0x77, disk.Durable(8192));
        disk.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(1, 512)]
    [InlineData(512, 511)]
    [InlineData(256, 256)]
    public void OffsetsAndLengthsThatAreNoSectorsAreRefused(long offset, int count)
    {
        using DeviceWorld disk = Disk(out int direct);
        Assert.Equal(Errno.EINVAL, disk.Calls.Read(direct, offset, new byte[count], out _));
        Assert.Equal(Errno.EINVAL, disk.Calls.Write(direct, offset, new byte[count], out _));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void SoAreGuestAddresses()
    {
        using DeviceWorld disk = Disk(out int direct);
        disk.World.Map(0, 2);
        Assert.Equal(Errno.EINVAL, disk.Calls.ReadTo(direct, World.At(0, 100), 512, out _));
        Assert.Equal(Errno.EINVAL, disk.Calls.WriteFrom(direct, World.At(0, 100), 512, out _));
        World.Succeeds(disk.Calls.ReadTo(direct, World.At(0, 512), 4096, out uint count));
        Assert.Equal((4096u, 0x10), (count, disk.World.Peek(1, 511)));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void ADirectReadSeesWritesThroughTheCacheAndMappings()
    {
        using DeviceWorld disk = Disk(out int direct);
        disk.World.MapFile(disk.Descriptor, 0, 4, type: MapFlags.Shared);
        disk.Write(100, 0x77);
        disk.World.Mmu.Write(World.At(0, 200), (byte)0x78);
        byte[] bytes = disk.Read(0, 512, direct);
        Assert.Equal((0x77, 0x78), (bytes[100], bytes[200]));
        Assert.Equal(0u, disk.Engine.Files.DirtyPages.Value);
        Assert.True(disk.File.IsCached(new(0)));    // written back, not dropped
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void ADirectWriteIsSeenByReadersAndMappingsAndKeepsDirtyBytesBesideIt()
    {
        using DeviceWorld disk = Disk(out int direct);
        disk.World.MapFile(disk.Descriptor, 0, 4, type: MapFlags.Shared);
        disk.World.MapFile(disk.Descriptor, 10, 4);
        disk.World.MapFile(disk.Descriptor, 20, 4);
        disk.Write(4096 + 100, 0x66);
        Assert.Equal((0x66, 0x66), (disk.World.Peek(1, 100), disk.World.Peek(11, 100)));
        disk.World.Touch(21, 0x55);
        World.Succeeds(disk.Calls.Write(direct, 4096 + 512, Filled(0x77, 512), out _));
        Assert.False(disk.File.IsCached(new(1)));
        Assert.Equal((0x77, 0x77, 0x66, 0x66),
            (disk.World.Peek(1, 512), disk.World.Peek(11, 1023), disk.World.Peek(1, 100), disk.Read(4096 + 100, 1)[0]));
        Assert.Equal((0x55, 0x11), (disk.World.Peek(21), disk.World.Peek(21, 512)));    // a private copy does not change
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AtTheEndReadsAreShortAndWritesMakeTheFileLonger()
    {
        using DeviceWorld disk = new(1, tailBytes: 100);
        int direct = disk.Open(flags: OpenFlags.Direct);
        Assert.Equal(100, disk.Read(4096, 1024, direct).Length);
        Assert.Empty(disk.Read(8192, 512, direct));
        disk.World.MapFile(disk.Descriptor, 0, 4, type: MapFlags.Shared);
        disk.World.Mmu.Write(World.At(1, 300), (byte)0xEE);    // beyond the end: never the file's
        World.Succeeds(disk.Calls.Write(direct, 8192, Filled(0x77, 512), out _));
        Assert.Equal(8192 + 512, disk.File.ByteLength);
        Assert.Equal((0, 0, 0x77), (disk.Read(4096 + 300, 1)[0], disk.World.Peek(1, 300), disk.World.Peek(2, 511)));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void ADirtyPageThatCannotBeWrittenStopsTheCall()
    {
        using DeviceWorld disk = Disk(out int direct);
        disk.Write(0, 0x77);
        disk.Device.FailAt(1, BackingCalls.Write, Errno.ENOSPC);
        Assert.Equal(Errno.ENOSPC, disk.Calls.Read(direct, 0, new byte[512], out _));
        disk.Write(1, 0x78);
        disk.Device.FailAt(1, BackingCalls.Write);
        Assert.Equal(Errno.EIO, disk.Calls.Write(direct, 0, new byte[512], out _));
        disk.Device.FailAt(1, BackingCalls.Read);
        Assert.Equal(Errno.EIO, disk.Calls.Read(direct, 4096, new byte[512], out _));
        disk.Device.TransferByteLengthMax = 4096;
        disk.Device.FailAt(2, BackingCalls.Write);
        World.Succeeds(disk.Calls.Write(direct, 4096, new byte[8192], out int count));
        Assert.Equal(4096, count);    // what was taken
        disk.AssertNothingIsLeft();
    }

    /// <summary>Each request to the device counts, and nothing counts as cached, found or missed.</summary>
    [Theory]
    [InlineData(int.MaxValue, 1)]
    [InlineData(4096, 3)]
    [InlineData(8192, 2)]
    public void EachRequestCounts(int transferMax, long requests)
    {
        using DeviceWorld disk = Disk(out int direct);
        disk.Device.TransferByteLengthMax = transferMax;
        World.Succeeds(disk.Calls.Write(direct, 4096, Filled(0x77, 3 * 4096), out int count));
        Assert.Equal((3 * 4096, requests, 0L), (count, disk.Counters.BackingWrites, disk.Counters.PagesWritten));
        byte[] bytes = disk.Read(4096, 3 * 4096, direct);
        Assert.All(bytes, static one => Assert.Equal(0x77, one));
        Assert.Equal((requests, 0L, 0L, 0L),
            (disk.Counters.BackingReads, disk.Counters.PagesRead, disk.Counters.Hits, disk.Counters.Misses));
        disk.AssertNothingIsLeft();
    }

    /// <summary>A device that fails after a part of a read or a write: the part counts, and the error comes with the next call.</summary>
    [Theory]
    [InlineData(1, 0, Errno.EIO)]
    [InlineData(2, 4096, Errno.None)]
    [InlineData(3, 8192, Errno.None)]
    [InlineData(4, 12288, Errno.None)]
    public void BytesTransferredBeforeAnErrorCount(int failing, int transferred, Errno expected)
    {
        foreach (bool isWrite in new[] { false, true })
        {
            using DeviceWorld disk = Disk(out int direct);
            disk.Device.TransferByteLengthMax = 4096;
            disk.Device.FailAt(failing, isWrite ? BackingCalls.Write : BackingCalls.Read);
            byte[] bytes = Filled(0x77, 3 * 4096);
            Errno error = isWrite ? disk.Calls.Write(direct, 4096, bytes, out int count) : disk.Calls.Read(direct, 4096, bytes, out count);
            Assert.Equal((expected, transferred), (error, count));
            long requests = isWrite ? disk.Counters.BackingWrites : disk.Counters.BackingReads;
            Assert.Equal(Math.Min(failing, 3), requests);
            for (int page = 0; page < 3; page++)
            {
                bool isDone = page * 4096 < transferred;
                if (isWrite) Assert.Equal(isDone ? 0x77 : 0x11 + page, disk.OnDevice((page + 1) * 4096));
                else Assert.Equal(isDone ? 0x11 + page : 0x77, bytes[page * 4096]);
            }

            Assert.Equal(16 * 4096, disk.File.ByteLength);
            disk.AssertNothingIsLeft();
        }
    }

    /// <summary>At the last byte that a file can have, and one sector further. Linux: generic_write_checks.</summary>
    [Fact]
    public void NoRequestGoesBeyondTheLargestSize()
    {
        using DeviceWorld disk = Disk(out int direct);
        byte[] sector = new byte[512];
        Assert.Equal(Errno.EFBIG, disk.Calls.Write(direct, GuestFile.ByteLengthMax, sector, out _));
        Assert.Equal(Errno.EFBIG, disk.Calls.Write(direct, GuestFile.ByteLengthMax - 512, new byte[1024], out _));
        disk.Device.FailAt(1, BackingCalls.Write, Errno.ENOSPC);
        Assert.Equal(Errno.ENOSPC, disk.Calls.Write(direct, GuestFile.ByteLengthMax - 512, sector, out int count));    // up to the device
        Assert.Equal((0, 1L), (count, disk.Counters.BackingWrites));
        World.Succeeds(disk.Calls.Write(direct, 1, [], out _));    // nothing is aligned anywhere
        World.Succeeds(disk.Calls.Read(direct, 1, [], out _));
        disk.AssertNothingIsLeft();
    }

    /// <summary>After the last byte there is nothing to read, and nothing is written back for it. Linux: __iomap_dio_rw.</summary>
    [Theory]
    [InlineData(0, 512, 0u)]
    [InlineData(512, 0, 1u)]
    [InlineData(1024, 0, 1u)]
    public void AReadAtTheEndWritesNothingBack(long offset, int count, uint dirty)
    {
        using DeviceWorld disk = new(0, tailBytes: 512);
        int direct = disk.Open(flags: OpenFlags.Direct);
        disk.Write(0, 0x77);
        Assert.Equal(count, disk.Read(offset, 1024, direct).Length);
        Assert.Equal(dirty, disk.Engine.Files.DirtyPages.Value);
        disk.AssertNothingIsLeft();
    }

    /// <summary>A device that takes nothing has failed; one byte that it took was written.</summary>
    [Theory]
    [InlineData(0, Errno.EIO)]
    [InlineData(1, Errno.None)]
    [InlineData(512, Errno.None)]
    public void ADeviceThatStopsTakingBytesHasFailed(int taken, Errno expected)
    {
        using World world = new();
        using GuestFile file = world.Engine.Files.CreateFile("f", new Stopping(taken));
        World.Succeeds(file.Open(world.First, FileRights.ReadWrite, OpenFlags.Direct, out int direct));
        Assert.Equal(expected, world.First.FileDescriptors.Write(direct, 0, new byte[1024], out int count));
        Assert.Equal((taken, taken == 0 ? 1L : 2L), (count, world.Engine.Files.CacheCounters.BackingWrites));
        Assert.Equal(4096, file.ByteLength);
    }

    /// <summary>Takes so many bytes in its first call, and none after that.</summary>
    private sealed class Stopping(int left) : IFileBacking
    {
        private int _left = left;

        public long ByteLength => 4096;

        public Errno Read(long offset, Span<byte> destination, out int byteCount)
        {
            byteCount = 0;
            return Errno.None;
        }

        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
        {
            byteCount = Math.Min(_left, source.Length);
            _left = 0;
            return Errno.None;
        }

        public Errno SetLength(long byteLength) => Errno.None;

        public Errno Flush() => Errno.None;

        public void Dispose() { }
    }

    [Fact]
    public void AFileInMemoryHasNothingToBypass()
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 2);
        World.Succeeds(file.Open(world.First, FileRights.ReadWrite, OpenFlags.Direct, out int direct));
        World.Succeeds(world.First.FileDescriptors.Write(direct, 512, Filled(0x77, 512), out _));
        byte[] bytes = new byte[1024];
        World.Succeeds(world.First.FileDescriptors.Read(direct, 0, bytes, out _));
        Assert.Equal((0x10, 0x77), (bytes[511], bytes[512]));
        // Nor a sector to align to. Linux 6.18: tmpfs
        World.Succeeds(world.First.FileDescriptors.Write(direct, 511, "abc"u8, out int count));
        World.Succeeds(world.First.FileDescriptors.Read(direct, 510, bytes.AsSpan(0, 5), out _));
        Assert.Equal(3, count);
        Assert.Equal([0x10, .. "abc"u8, 0x77], bytes[..5]);
        world.Map(10, 1);
        World.Succeeds(world.First.FileDescriptors.ReadTo(direct, World.At(10) + 1, 3, out uint read));
        Assert.Equal(3u, read);
        world.AssertNothingIsLeft();
    }
}
