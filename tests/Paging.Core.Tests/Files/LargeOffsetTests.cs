using Paging.Core.Frames;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Calls on files at the largest offsets there are: each error, and that nothing is read, written or made longer.</summary>
/// <remarks>
/// A page number has 32 bits, so 2^32 - 1 pages can be written (MAX_LFS_FILESIZE on i386); memory may be longer, as it is on a 64-bit
/// kernel. Linux: generic_write_checks, generic_file_direct_write, inode_newsize_ok, vfs_fallocate, shmem_fallocate.
/// </remarks>
public sealed class LargeOffsetTests : IDisposable
{
    private const long Max = GuestFile.ByteLengthMax;

    private readonly World _world = new(World.Options(16) with { HugePages = 1 });
    private readonly ByteBacking _bytes = new(8192);

    public void Dispose()
    {
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    private OpenFileDescription Open(GuestFile file, OpenFlags flags = OpenFlags.None)
    {
        World.Succeeds(file.Open(FileRights.ReadWrite, flags, out OpenFileDescription? open));
        return open!;
    }

    [Theory]
    [InlineData(Max - 512, 512, Errno.EFBIG, OpenFlags.Direct, 1024)]
    [InlineData(Max, 512, Errno.EFBIG, OpenFlags.Direct, 512)]
    [InlineData(Max + 512, 512, Errno.EFBIG, OpenFlags.Direct, 512)]
    [InlineData(Max, 1, Errno.EFBIG, OpenFlags.None, 1)]
    [InlineData(-1, 1, Errno.EINVAL, OpenFlags.None, 1)]
    [InlineData(-512, 512, Errno.EINVAL, OpenFlags.Direct, 512)]
    [InlineData(long.MaxValue, 1, Errno.EINVAL, OpenFlags.None, 2)]
    public void AFileOnADiskIsNotWrittenThere(long offset, int alignment, Errno expected, OpenFlags flags, int length)
    {
        GuestFile file = _world.CreateBacked(_bytes);
        using OpenFileDescription open = Open(file, flags);
        Assert.Equal(0, offset % alignment);
        World.Returns(expected, open.WriteAt(offset, new byte[length], out int written));
        Assert.Equal((0, 8192L, 0u), (written, file.ByteLength, file.CachedPages.Value));
        Assert.Equal((0, 8192L), (_bytes.WriteCount, _bytes.ByteLength));
        byte[] bytes = [9, 9];
        bool isRead = flags == OpenFlags.None && offset is >= 0 and < long.MaxValue;    // nothing, since it lies beyond the end
        World.Returns(isRead ? Errno.None : Errno.EINVAL, open.ReadAt(offset, bytes, out int read));
        Assert.Equal((0, 9), (read, bytes[0]));
        if (offset > 0) World.Returns(Errno.EFBIG, open.SetLength(Math.Max(offset, Max + 1)));
        World.Returns(offset < 0 ? Errno.EINVAL : Errno.EFBIG, open.PunchHole(offset, 8192));
        World.Returns(offset < 0 ? Errno.EINVAL : Errno.EFBIG, open.Allocate(AllocationFlags.None, offset, 8192));
        Assert.Equal(8192, file.ByteLength);
    }

    [Fact]
    public void MemoryMayBeLongerThanItCanBeWritten()
    {
        GuestFile file = _world.CreateFile("memory", 1, first: 7);
        using OpenFileDescription open = Open(file);
        World.Succeeds(open.SetLength(long.MaxValue));
        byte[] bytes = [9, 9, 9, 9];
        World.Succeeds(open.ReadAt(Max - 2, bytes, out int read));
        Assert.Equal((4, "0,0,0,0"), (read, string.Join(',', bytes)));
        bytes.AsSpan().Fill(9);
        World.Returns(Errno.EINVAL, open.ReadAt(long.MaxValue - 3, bytes, out read));    // it would end beyond every offset
        World.Succeeds(open.ReadAt(long.MaxValue - 3, bytes.AsSpan(0, 3), out read));
        Assert.Equal((3, "0,0,0,9"), (read, string.Join(',', bytes)));
        World.Returns(Errno.EFBIG, open.WriteAt(Max, [1], out int written));
        World.Succeeds(open.WriteAt(Max - 2, [5, 6, 7], out written));
        Assert.Equal((2, 2u), (written, file.CachedPages.Value));
        World.Succeeds(open.ReadAt(Max - 2, bytes, out read));
        Assert.Equal((4, "5,6,0,0"), (read, string.Join(',', bytes)));
        World.Succeeds(open.PunchHole(Max - 1, 4096));
        World.Succeeds(open.ReadAt(Max - 2, bytes, out read));
        Assert.Equal("5,0,0,0", string.Join(',', bytes));
        World.Succeeds(open.PunchHole(Max, long.MaxValue - Max));
        World.Succeeds(open.PunchHole(4096, long.MaxValue - 4096));
        Assert.Equal((1u, long.MaxValue), (file.CachedPages.Value, file.ByteLength));
        World.Returns(Errno.EINVAL, open.PunchHole(0, 0));
        World.Returns(Errno.EINVAL, open.PunchHole(-1, 10));
        World.Returns(Errno.EINVAL, open.SetLength(-1));
    }

    /// <summary>Huge pages of 4 MiB: the highest has number 2^32 - 3.</summary>
    [Fact]
    public void AFileOfHugePagesHasNumbersForItsPages()
    {
        World.Succeeds(_world.Engine.HugePages.CreateFile("huge", MemoryFileFlags.HugeTlb, out GuestFile? file));
        using OpenFileDescription open = Open(file!);
        const long page = 4 << 20, last = uint.MaxValue - 2;
        World.Returns(Errno.EINVAL, open.SetLength(page + 4096));
        World.Returns(Errno.EINVAL, open.SetLength(-page));
        World.Returns(Errno.EFBIG, open.SetLength((last + 1) * page));
        Assert.Equal(0, file!.ByteLength);
        World.Succeeds(open.SetLength(last * page));
        Assert.Equal(last * page, file.ByteLength);
        World.Returns(Errno.EFBIG, open.Allocate(AllocationFlags.None, last * page, page));
        World.Returns(Errno.EOPNOTSUPP, open.Allocate(AllocationFlags.ZeroRange, 0, page));
        World.Returns(Errno.EOPNOTSUPP, open.Allocate(AllocationFlags.ZeroRange | AllocationFlags.KeepSize, 0, page));
        Assert.Equal(new HugePoolCounters(1, 1, 0, 0), _world.Engine.CountPool());
        World.Succeeds(open.Allocate(AllocationFlags.None, (last - 1) * page, 1));    // the last one that there can be
        Assert.Equal(new HugePoolCounters(1, 0, 0, 0), _world.Engine.CountPool());
        World.Returns(Errno.ENOSPC, open.Allocate(AllocationFlags.KeepSize, 0, 1));
        World.Returns(Errno.EFBIG, open.PunchHole(page, long.MaxValue));    // vfs_fallocate: the end is no offset
        World.Returns(Errno.EFBIG, open.PunchHole(long.MaxValue, 1));
        Assert.Equal(0, _world.Engine.CountPool().Free);
        World.Succeeds(open.PunchHole(long.MaxValue - 10, 5));    // after all of them
        World.Succeeds(open.PunchHole(long.MaxValue - page, page));
        World.Succeeds(open.PunchHole(last * page, long.MaxValue - (last * page)));
        Assert.Equal(0, _world.Engine.CountPool().Free);
        World.Succeeds(open.PunchHole(page, long.MaxValue - page));
        Assert.Equal((1L, last * page), (_world.Engine.CountPool().Free, file.ByteLength));
        file.Dispose();
    }
}
