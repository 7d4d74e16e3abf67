using Xunit;

namespace Paging.Core.Tests;

/// <summary>A device that transfers no byte and reports no error: EIO at once, instead of an endless loop.</summary>
public sealed class StuckDeviceTests
{
    [Fact]
    public void AWriteThatTransfersNothingIsAnError()
    {
        using World world = new();
        ByteBacking bytes = new(4 * 4096);
        GuestFile file = world.CreateBacked(bytes);
        World.Succeeds(file.Open(FileRights.ReadWrite, OpenFlags.Direct, out OpenFileDescription? direct));
        World.Succeeds(file.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? buffered));
        bytes.PartMax = 0;
        World.Returns(Errno.EIO, direct!.WriteAt(0, new byte[512], out int written));
        Assert.Equal((0, 1), (written, bytes.WriteCount));
        bytes.PartMax = int.MaxValue;
        World.Succeeds(buffered!.WriteAt(4096, [0x77], out _));
        bytes.PartMax = 0;
        World.Returns(Errno.EIO, buffered.Synchronize());
        Assert.Equal(2, bytes.WriteCount);
        bytes.PartMax = 300;
        World.Succeeds(direct.WriteAt(0, new byte[512], out written));
        Assert.Equal((512, 4), (written, bytes.WriteCount));    // 300 and 212 bytes
        World.Succeeds(buffered.WriteAt(4096, [0x78], out _));
        World.Succeeds(buffered.Synchronize());
        Assert.Equal((0x78, 0), (bytes[4096], bytes[511]));
        direct.Dispose();
        buffered.Dispose();
        world.AssertNothingIsLeft();
    }

    /// <summary>A hole within the file makes a disk no longer that lags after it; one at the end does, as the last page goes.</summary>
    /// <remarks>Linux: ext4_update_disksize_before_punch.</remarks>
    [Theory]
    [InlineData(0, 100, 4096), InlineData(0, 4096, 4096), InlineData(8192, 4097, 4096)]
    [InlineData(8192, 4098, 12_290), InlineData(0, 20_000, 12_290)]
    public void AHoleMakesTheDiskAsLongAsTheFileOnlyAtItsEnd(long offset, long length, long diskLength)
    {
        using World world = new();
        ByteBacking bytes = new(4096);
        GuestFile file = world.CreateBacked(bytes);
        World.Succeeds(file.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open));
        World.Succeeds(open!.WriteAt(12_289, [5], out _));
        World.Succeeds(open.PunchHole(offset, length));
        bool isWhole = length % 4096 == 0 || offset + length >= 12_290;    // otherwise the page that the hole cuts is written first
        if (isWhole) Assert.Equal(diskLength, bytes.ByteLength);
        Assert.Equal(12_290, file.ByteLength);
        byte[] found = new byte[12_290];
        World.Succeeds(open.ReadAt(0, found, out _));
        for (int at = 0; at < found.Length; at++)
            Assert.Equal(at >= offset && at < offset + length ? 0 : at < 4096 ? 0x10 : at == 12_289 ? 5 : 0, found[at]);
        open.Dispose();
        world.AssertNothingIsLeft();
    }

    /// <summary>A direct read sees what the page cache has and the disk has not, and reads 0 beyond the end of a shorter disk.</summary>
    [Theory]
    [InlineData(int.MaxValue), InlineData(4096), InlineData(700)]
    public void ADirectReadReturnsTheWrittenBytes(int partMax)
    {
        using World world = new();
        ByteBacking bytes = new(4096);
        GuestFile file = world.CreateBacked(bytes);
        World.Succeeds(file.Open(FileRights.ReadWrite, OpenFlags.Direct, out OpenFileDescription? direct));
        World.Succeeds(file.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? buffered));
        bytes.PartMax = partMax;
        World.Succeeds(buffered!.WriteAt(1000, [1, 2, 3], out _));
        World.Succeeds(buffered.WriteAt(9000, [4], out _));    // the disk ends before it until this is written back
        byte[] found = new byte[16 * 512];
        found.AsSpan().Fill(0xEE);
        World.Succeeds(direct!.ReadAt(512, found, out int read));
        Assert.Equal(found.Length, read);
        byte[] expected = new byte[found.Length];
        expected.AsSpan(0, 4096 - 512).Fill(0x10);
        (expected[488], expected[489], expected[490]) = (1, 2, 3);
        Assert.Equal(expected, found);
        World.Succeeds(direct.ReadAt(8192, found, out read));
        Assert.Equal((809, 4), (read, found[808]));    // up to the end of the file
        World.Succeeds(direct.ReadAt(9216, found, out read));
        Assert.Equal(0, read);
        direct.Dispose();
        buffered.Dispose();
        world.AssertNothingIsLeft();
    }
}
