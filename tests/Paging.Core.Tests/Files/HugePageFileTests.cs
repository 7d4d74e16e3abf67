using Xunit;

namespace Paging.Core.Tests;

/// <summary>Files of huge pages through a host's calls: they can be read and mapped, and not written. fs/hugetlbfs.</summary>
public sealed class HugePageFileTests
{
    private const int HugeBytes = 4 << 20;

    [Theory]
    [InlineData(0)]
    [InlineData(int.MaxValue)]
    public void AHostCannotWriteOne(long offset)
    {
        using World world = new(Options);
        using GuestFile file = Create(world);
        Assert.Equal(Errno.EINVAL, file.Write(offset, [1], out int written));
        Assert.Equal((0, 0L), (written, file.ByteLength));
        world.Verify();
    }

    [Fact]
    public void AHostReadsTheStoresOfAMapping()
    {
        using World world = new(Options);
        using GuestFile file = Create(world);
        World.Succeeds(file.SetLength(2 * HugeBytes));
        World.Succeeds(file.Open(world.First, FileRights.Read | FileRights.Write, out int descriptor));
        world.MapFile(descriptor, 0, 2 * HugeBytes / 4096, type: MapFlags.Shared);
        world.Mmu.Write(World.At(1, 8), 0x1234_5678);
        byte[] bytes = new byte[16];
        World.Succeeds(file.Read(4096 + 4, bytes, out int read));
        Assert.Equal(16, read);
        Assert.Equal([0, 0, 0, 0, 0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0, 0, 0, 0, 0], bytes);
        bytes.AsSpan().Fill(0xFF);
        World.Succeeds(file.Read((2 * HugeBytes) - 4, bytes, out read));    // a hole, and the end
        Assert.Equal((4, 0), (read, bytes[0] + bytes[1] + bytes[2] + bytes[3]));
        world.Verify();
    }

    [Fact]
    public void AHoleBeyondEveryOffsetIsTooLarge()
    {
        using World world = new(Options);
        using GuestFile file = Create(world);
        World.Succeeds(file.SetLength(2 * HugeBytes));
        World.Succeeds(file.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open));
        using OpenFileDescription opened = open!;
        World.Returns(Errno.EFBIG, opened.PunchHole(long.MaxValue - 10, 100));
        world.Verify();
    }

    private static EngineOptions Options => World.Options(32) with { HugePages = 2 };

    private static GuestFile Create(World world)
    {
        World.Succeeds(world.Engine.HugePages.CreateFile("pool", MemoryFileFlags.HugeTlb, out GuestFile? file));
        return file!;
    }
}
