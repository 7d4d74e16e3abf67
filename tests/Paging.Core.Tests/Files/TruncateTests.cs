using Paging.Core.Io;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Making files shorter destroys private copies beyond the end in every process; punching holes does not.</summary>
public sealed class TruncateTests
{
    private static World Prepare(out int file, out UserProcess child)
    {
        World world = new();
        file = world.OpenFile("f", 4);
        world.MapFile(file, 0, 4);
        world.MapFile(file, 10, 4, type: MapFlags.Shared);
        for (int page = 0; page < 4; page++) world.Touch(page, (byte)(0x80 + page));
        for (int page = 10; page < 14; page++) world.Peek(page);
        child = world.First.Fork();
        for (int page = 1; page < 3; page++) child.Memory.Mmu.Write(World.At(page, 1), (byte)(0x90 + page));
        return world;
    }

    private static MemoryFaultKind KindOfRead(UserProcess process, int page)
    {
        process.Memory.Mmu.TryRead(World.At(page), out byte _, out MemoryFault fault);
        return fault.Kind;
    }

    [Fact]
    public void PagesWhollyBeyondTheNewEndAreGoneFromAllMappingsOfAllProcesses()
    {
        using World world = Prepare(out int file, out UserProcess child);
        World.Succeeds(world.First.FileDescriptors.SetLength(file, 4096 + 10));
        foreach (UserProcess process in new[] { world.First, child })
        {
            Assert.Equal((MemoryFaultKind.None, MemoryFaultKind.BusError), (KindOfRead(process, 1), KindOfRead(process, 2)));
            Assert.Equal((MemoryFaultKind.None, MemoryFaultKind.BusError), (KindOfRead(process, 11), KindOfRead(process, 12)));
            Assert.False(process.Memory.HasOwnPage(World.At(2).Page));
        }

        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ThePrivateCopyOfThePartialPageStaysAsItIsAndTheFilesTailIsZero()
    {
        using World world = Prepare(out int file, out UserProcess child);
        World.Succeeds(world.First.FileDescriptors.SetLength(file, 4096 + 10));
        Assert.Equal((0x81, 0x11), (world.Peek(1), world.Peek(1, 100)));
        Assert.Equal(0x91, child.Memory.Mmu.Read<byte>(World.At(1, 1)));
        Assert.Equal((0x11, 0), (world.Peek(11, 9), world.Peek(11, 10)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AfterGrowingAgainThePagesShowZeros()
    {
        using World world = Prepare(out int file, out UserProcess child);
        World.Succeeds(world.First.FileDescriptors.SetLength(file, 0));
        Assert.Equal(MemoryFaultKind.BusError, KindOfRead(world.First, 0));
        World.Succeeds(world.First.FileDescriptors.SetLength(file, 16384));
        Assert.Equal((0, 0, 0), (world.Peek(0), world.Peek(13), child.Memory.Mmu.Read<byte>(World.At(2))));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AHoleReadsAsZerosAndPrivateCopiesStay()
    {
        using World world = Prepare(out int file, out UserProcess child);
        World.Succeeds(world.First.FileDescriptors.PunchHole(file, 4096, 8192));
        Assert.Equal((0x81, 0x82), (world.Peek(1), world.Peek(2)));
        Assert.Equal(0x92, child.Memory.Mmu.Read<byte>(World.At(2, 1)));
        Assert.Equal((0x10, 0, 0, 0x13), (world.Peek(10), world.Peek(11), world.Peek(12), world.Peek(13)));
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(100, 200)]             // within a page
    [InlineData(100, 4000)]            // across a border
    [InlineData(100, 12000)]
    [InlineData(0, 4096)]
    [InlineData(4096, 100)]
    [InlineData(4000, 96)]
    [InlineData(12288, 100_000)]       // past the end, which stays
    [InlineData(16000, 1)]
    [InlineData(20000, 50)]            // beyond the end
    public void AHoleTakesExactlyItsBytes(long offset, long byteLength)
    {
        using World world = Prepare(out int file, out _);
        byte[] expected = new byte[16384];
        World.Succeeds(world.First.FileDescriptors.Read(file, 0, expected, out _));
        for (long at = offset; at < Math.Min(offset + byteLength, expected.Length); at++) expected[at] = 0;
        World.Succeeds(world.First.FileDescriptors.PunchHole(file, offset, byteLength));
        byte[] found = new byte[20000];
        World.Succeeds(world.First.FileDescriptors.Read(file, 0, found, out int count));
        Assert.Equal(16384, count);
        Assert.Equal(expected, found[..count]);
        world.AssertNothingIsLeft();
    }

    /// <summary>
    /// A hole in shared memory that ends inside the first page unmaps the pages after it, and the page itself if the hole begins with it:
    /// the end is rounded down to -1. No other hole in a part of a page unmaps anything. Linux: shmem_fallocate.
    /// </summary>
    [Theory]
    [InlineData(0, 100, "....")]
    [InlineData(0, 4095, "....")]
    [InlineData(1, 100, "#...")]
    [InlineData(4094, 1, "#...")]
    [InlineData(1, 4095, "####")]       // up to the end of the page
    [InlineData(0, 4096, ".###")]
    [InlineData(1, 4096, "####")]
    [InlineData(4096, 100, "####")]
    [InlineData(4095, 8000, "#.##")]
    [InlineData(4096, 8192, "#..#")]
    public void PagesThatAHoleInMemoryUnmaps(long offset, long byteLength, string left)
    {
        using World world = new();
        int file = world.OpenFile("f", 4);
        world.MapFile(file, 0, 4, type: MapFlags.Shared);
        world.MapFile(file, 10, 4);
        for (int page = 0; page < 4; page++)
        {
            world.Touch(page, (byte)(page + 1));
            world.Touch(10 + page, 0x77);
        }

        World.Succeeds(world.First.FileDescriptors.PunchHole(file, offset, byteLength));
        Assert.Equal(left, Present(0));
        Assert.Equal("####", Present(10));    // private copies stay
        for (int page = 0; page < 4; page++)
        {
            bool isGone = offset <= page * 4096 && page * 4096 < offset + byteLength;
            Assert.Equal((isGone ? 0 : page + 1, 0x77), (world.Peek(page), world.Peek(10 + page)));
        }

        world.AssertNothingIsLeft();

        string Present(int first) => string.Concat(Enumerable.Range(first, 4).Select(page =>
            world.Memory.Space.Tables.Read(World.At(page).Page).IsPresent ? '#' : '.'));
    }

    [Fact]
    public void RemovingThroughAMappingPunchesTheFile()
    {
        using World world = Prepare(out _, out _);
        Assert.Equal(Errno.EACCES, world.Memory.Advise(World.At(1), 4096, MemoryAdvice.Remove));    // private
        Assert.Equal(Errno.None, world.Memory.Advise(World.At(11), 4096, MemoryAdvice.Remove));
        Assert.Equal((0x10, 0, 0x12, 0x81), (world.Peek(10), world.Peek(11), world.Peek(12), world.Peek(1)));
        World.Succeeds(world.Memory.Lock(World.At(12), 4096));
        Assert.Equal(Errno.EINVAL, world.Memory.Advise(World.At(12), 4096, MemoryAdvice.Remove));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void SizesAndHolesAreRefusedAsTheKernelDoes()
    {
        using World world = new();
        GuestFile named = world.CreateFile("f", 1);
        int file = world.Open(named), readOnly = world.Open(named, FileRights.Read), writeOnly = world.Open(named, FileRights.Write);
        ProcessDescriptors files = world.First.FileDescriptors;
        Assert.Equal((Errno.EINVAL, Errno.EBADF), (files.SetLength(77, -1), files.SetLength(77, 0)));
        Assert.Equal(Errno.EINVAL, files.SetLength(readOnly, 0));
        Assert.Equal((Errno.EINVAL, Errno.EINVAL), (files.PunchHole(file, -1, 1), files.PunchHole(file, 0, 0)));
        Assert.Equal((Errno.EBADF, Errno.EBADF), (files.PunchHole(readOnly, 0, 1), files.PunchHole(77, 0, 0)));
        Assert.Equal(Errno.EFBIG, files.PunchHole(file, long.MaxValue, 1));
        Assert.Equal((Errno.EBADF, Errno.EINVAL), (files.Read(writeOnly, 0, new byte[1], out _), files.Read(file, -1, new byte[1], out _)));
        Assert.Equal((Errno.EBADF, Errno.EINVAL),
            (files.Write(readOnly, 0, new byte[1], out _), files.Write(file, -1, new byte[1], out _)));
        Assert.Equal(Errno.EFBIG, files.Write(file, FileSizes.ByteLengthMax, new byte[1], out _));
        Assert.Equal(4096, named.ByteLength);
        world.AssertNothingIsLeft();
    }

    // MAX_LFS_FILESIZE of a 64-bit kernel, whose page indices have 64 bits.
    [Fact]
    public void AMemoryFileMayBeAsLongAsAnOffsetGoesAndABackedOneMayNot()
    {
        using World world = new();
        int file = world.OpenFile("f", 1), backed = world.OpenBacked(new ByteBacking(4096));
        ProcessDescriptors files = world.First.FileDescriptors;
        Assert.Equal(Errno.EFBIG, files.SetLength(backed, long.MaxValue));
        World.Succeeds(files.SetLength(file, long.MaxValue));
        byte[] bytes = [1, 2, 3];
        World.Succeeds(files.Read(file, FileSizes.ByteLengthMax + 5, bytes, out int count));
        Assert.Equal((3, "000000"), (count, Convert.ToHexString(bytes)));
        Assert.Equal(Errno.EINVAL, files.Read(file, long.MaxValue - 1, bytes, out _));
        World.Succeeds(files.SetLength(file, FileSizes.ByteLengthMax + 7));
        bytes = [1, 2, 3, 4, 5];
        World.Succeeds(files.Read(file, FileSizes.ByteLengthMax + 4, bytes, out count));
        Assert.Equal((3, "0000000405"), (count, Convert.ToHexString(bytes)));    // up to the end
        bytes = new byte[8193];
        World.Succeeds(files.Read(file, FileSizes.ByteLengthMax - 1, bytes, out count));
        Assert.Equal(8, count);
        World.Succeeds(files.SetLength(file, long.MaxValue));
        World.Succeeds(files.SetLength(file, long.MaxValue));    // again: no page that could be cleared ends there
        bytes = [1, 2, 3];
        Assert.Equal(Errno.EFBIG, files.Write(file, FileSizes.ByteLengthMax, bytes, out _));
        World.Succeeds(files.PunchHole(file, FileSizes.ByteLengthMax - 1, 8192));
        world.MapFile(file, 0, 2);
        Assert.Equal((0x10, 0), (world.Peek(0), world.Peek(1)));
        world.Verify();
        World.Succeeds(files.SetLength(file, 4096));
        Assert.False(world.Mmu.TryRead(World.At(1), out byte _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AFileOfTheLargestSizeTakesNoMoreThanItsPages()
    {
        using World world = new();
        int file = world.OpenFile("f", 1);
        World.Succeeds(world.First.FileDescriptors.SetLength(file, FileSizes.ByteLengthMax));
        World.Succeeds(world.First.FileDescriptors.Write(file, FileSizes.ByteLengthMax - 1, [0x42, 0x43], out int written));
        Assert.Equal(1, written);
        byte[] bytes = new byte[8];
        World.Succeeds(world.First.FileDescriptors.Read(file, FileSizes.ByteLengthMax - 2, bytes, out int read));
        Assert.Equal((2, (byte)0, (byte)0x42), (read, bytes[0], bytes[1]));
        Assert.Equal(2u, world.Engine.Parts.Files.Cache.PageCount);
        World.Succeeds(world.First.FileDescriptors.SetLength(file, 10));
        Assert.Equal(1u, world.Engine.Parts.Files.Cache.PageCount);
        world.AssertNothingIsLeft();
    }
}
