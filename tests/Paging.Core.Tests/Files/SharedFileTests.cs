using Xunit;

namespace Paging.Core.Tests;

/// <summary>Shared mappings of files in memory: every process maps and writes the same page.</summary>
public sealed class SharedFileTests
{
    [Fact]
    public void StoresAreAtOnceInTheFileAndInEveryOtherMapping()
    {
        using World world = new();
        int file = world.OpenFile("f", 2);
        world.MapFile(file, 0, 2, type: MapFlags.Shared);
        world.MapFile(file, 8, 1, filePage: 1, type: MapFlags.Shared, protection: MemoryProtection.Read);
        world.MapFile(file, 9, 1, filePage: 1);
        Assert.Equal("Minor 1, File 1", FaultStory.Of(world.First, () => world.Touch(1, 0x44)));
        byte[] bytes = new byte[1];
        World.Succeeds(world.First.FileDescriptors.Read(file, 4096, bytes, out _));
        Assert.Equal((0x44, 0x44, 0x44), (bytes[0], world.Peek(8), world.Peek(9)));
        Assert.Equal(3u, world.Machine.Frames[world.Memory.Space.Tables.Read(World.At(1).Page).Frame].MapCount);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AfterForkBothProcessesWriteToTheSamePageWithoutACopy()
    {
        using World world = new();
        int file = world.OpenFile("f", 1);
        world.MapFile(file, 0, 1, type: MapFlags.Shared);
        world.Touch(0, 1);
        UserProcess child = world.First.Fork();
        Assert.Equal("Minor 1, File 1", FaultStory.Of(child, () => child.Memory.Mmu.Write(World.At(0), (byte)2)));
        Assert.Equal(2, world.Peek(0));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void WithoutTheRightToWriteInTheDescriptorProtectIsRefused()
    {
        using World world = new();
        int file = world.OpenFile("f", 1, rights: FileRights.Read);
        world.MapFile(file, 0, 1, type: MapFlags.Shared, protection: MemoryProtection.Read);
        Assert.Equal(Errno.EACCES, world.Memory.Protect(World.At(0), 4096, MemoryProtection.ReadWrite));
        Assert.Equal("0-1 r--s", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void FilesGrowByWritingAndTheirMappingsWithThem()
    {
        using World world = new();
        int file = world.OpenFile("f", 1);
        world.MapFile(file, 0, 3, type: MapFlags.Shared);
        Assert.False(world.Mmu.TryRead(World.At(1), out byte _));
        World.Succeeds(world.First.FileDescriptors.Write(file, 8192 + 5, [0x21], out _));
        Assert.Equal((0, 0x21), (world.Peek(1), world.Peek(2, 5)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void SynchronizingMemoryFilesSucceedsAndLooksAtHolesAndLocks()
    {
        using World world = new();
        int file = world.OpenFile("f", 4);
        world.MapFile(file, 0, 2, type: MapFlags.Shared);
        world.MapFile(file, 3, 1, type: MapFlags.Shared);
        Errno Sync(int page, int count, SyncFlags flags) => world.Memory.Synchronize(World.At(page), World.Bytes(count), flags);
        Assert.Equal(Errno.None, Sync(0, 2, SyncFlags.Sync));
        Assert.Equal(Errno.ENOMEM, Sync(0, 4, SyncFlags.Sync));
        Assert.Equal(Errno.EINVAL, Sync(0, 2, SyncFlags.Sync | SyncFlags.Async));
        Assert.Equal(Errno.EINVAL, Sync(0, 2, (SyncFlags)8));
        Assert.Equal(Errno.EINVAL, world.Memory.Synchronize(World.At(0, 1), 4096, SyncFlags.Async));
        Assert.Equal(Errno.None, Sync(0, 0, SyncFlags.Sync));
        World.Succeeds(world.Memory.Lock(World.At(3), 4096));
        Assert.Equal(Errno.EBUSY, Sync(0, 4, SyncFlags.Invalidate));    // a locked area after a hole
        Assert.Equal(Errno.None, Sync(0, 2, SyncFlags.Invalidate));
        Assert.Equal(Errno.None, world.First.FileDescriptors.Synchronize(file));
        Assert.Equal(Errno.EBADF, world.First.FileDescriptors.Synchronize(77));
        world.AssertNothingIsLeft();
    }
}
