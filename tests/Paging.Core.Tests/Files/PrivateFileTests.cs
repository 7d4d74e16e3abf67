using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Private mappings of files: the file as it is now, until this process writes to the page.</summary>
public sealed class PrivateFileTests
{
    private static byte ByteOfFile(World world, int descriptor, long offset)
    {
        byte[] bytes = new byte[1];
        World.Succeeds(world.First.FileDescriptors.Read(descriptor, offset, bytes, out int count));
        return count == 1 ? bytes[0] : throw new InvalidOperationException("The file ends before.");
    }

    private static void Write(World world, int descriptor, long offset, byte value) =>
        World.Succeeds(world.First.FileDescriptors.Write(descriptor, offset, [value], out _));

    [Fact]
    public void AReadShowsThePageOfTheCacheItself()
    {
        using World world = new();
        int file = world.OpenFile("f", 3);
        world.MapFile(file, 0, 2, filePage: 1);
        Assert.Equal("Minor 1, File 1, FaultAround 1", FaultStory.Of(world.First, () => Assert.Equal(0x11, world.Peek(0))));
        PageTableEntry entry = world.Memory.Space.Tables.Read(World.At(0).Page);
        Assert.Equal((FrameState.PageCache, false), (world.Machine.Frames[entry.Frame].State, entry.IsWritable));
        Assert.Equal((new PageCount(2), PageCount.Zero), (world.Memory.Usage.ResidentShared, world.Memory.Usage.ResidentAnonymous));
        Write(world, file, 4096, 0x77);
        Assert.Equal(0x77, world.Peek(0));    // at once visible
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AFirstWriteCopiesAtOnceAndTheFileKeepsItsBytes()
    {
        using World world = new();
        int file = world.OpenFile("f", 1);
        world.MapFile(file, 0, 1);
        Assert.Equal("Minor 1, Copied 1", FaultStory.Of(world.First, () => world.Touch(0, 0x55)));
        Assert.Equal((0x55, 0x10), (world.Peek(0), world.Peek(0, 1)));
        Assert.Equal(0x10, ByteOfFile(world, file, 0));
        Write(world, file, 1, 0x99);
        Assert.Equal(0x10, world.Peek(0, 1));    // the copy is on its own now
        Assert.True(world.Memory.HasOwnPage(World.At(0).Page));
        Assert.Equal((PageCount.One, PageCount.Zero), (world.Memory.Usage.ResidentAnonymous, world.Memory.Usage.ResidentShared));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AWriteAfterAReadIsASecondFaultThatCopies()
    {
        using World world = new();
        int file = world.OpenFile("f", 1);
        world.MapFile(file, 0, 1);
        Assert.Equal("Minor 2, Copied 1, File 1", FaultStory.Of(world.First, () =>
        {
            world.Peek(0);
            world.Touch(0, 1);
        }));
        Assert.Equal((PageCount.One, PageCount.Zero), (world.Memory.Usage.ResidentAnonymous, world.Memory.Usage.ResidentShared));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void DiscardedCopiesShowTheFileAgain()
    {
        using World world = new();
        int file = world.OpenFile("f", 2);
        world.MapFile(file, 0, 2);
        world.Touch(1, 0x55);
        World.Succeeds(world.Memory.Advise(World.At(0), 8192, MemoryAdvice.DontNeed));
        Assert.Equal(0x11, world.Peek(1));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AfterForkCopiesAreSharedAndCachedPagesAreTheFiles()
    {
        using World world = new();
        int file = world.OpenFile("f", 2);
        world.MapFile(file, 0, 2);
        world.Touch(0, 0x55);
        world.Peek(1);
        UserProcess child = world.First.Fork();
        Assert.Equal("Minor 1, Copied 1", FaultStory.Of(child, () => child.Memory.Mmu.Write(World.At(0), (byte)0x66)));
        Assert.Equal("Minor 1, Reused 1", FaultStory.Of(world.First, () => world.Touch(0, 0x77)));
        Assert.Equal("Minor 1, Copied 1", FaultStory.Of(child, () => child.Memory.Mmu.Write(World.At(1), (byte)0x88)));
        Assert.Equal((0x66, 0x88), (child.Memory.Mmu.Read<byte>(World.At(0)), child.Memory.Mmu.Read<byte>(World.At(1))));
        Assert.Equal((0x77, 0x11), (world.Peek(0), world.Peek(1)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void APageWhollyBeyondTheEndIsABusErrorAndThePartialOneEndsInZeros()
    {
        using World world = new();
        int file = world.OpenFile("f", 2);
        World.Succeeds(world.First.FileDescriptors.SetLength(file, 4096 + 100));
        world.MapFile(file, 0, 3);
        Assert.Equal((0x11, 0), (world.Peek(1, 99), world.Peek(1, 100)));
        world.Mmu.TryRead(World.At(2, 7), out byte _, out MemoryFault fault);
        Assert.Equal(new(MemoryFaultKind.BusError, World.At(2, 7)), fault);
        world.Mmu.TryWrite(World.At(1, 4094), 0u, out fault);
        Assert.Equal(new(MemoryFaultKind.BusError, World.At(2)), fault);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AFileThatIsOpenForWritingOnlyOrADirectoryCannotBeMapped()
    {
        using World world = new();
        int writeOnly = world.OpenFile("f", 1, rights: FileRights.Write);
        using GuestFile directory = world.Engine.Files.CreateDirectory("d");
        World.Succeeds(directory.Open(world.First, FileRights.Read, out int folder));
        Errno Map(int descriptor, MapFlags flags = MapFlags.Private, MemoryProtection protection = MemoryProtection.Read,
            ulong offset = 0) =>
            world.Memory.Map(VirtualAddress.Zero, 4096, protection, flags, descriptor, offset, out _);
        Assert.Equal(Errno.EACCES, Map(writeOnly));
        Assert.Equal(Errno.ENODEV, Map(folder));
        Assert.Equal(Errno.EBADF, Map(99));
        Assert.Equal(Errno.EINVAL, Map(99, offset: 100));
        int file = world.OpenFile("g", 1, rights: FileRights.Read);
        Assert.Equal(Errno.EINVAL, Map(file, MapFlags.Private | MapFlags.GrowsDown));
        Assert.Equal(Errno.EINVAL, Map(file, MapFlags.None));
        Assert.Equal(Errno.EOPNOTSUPP, Map(file, MapFlags.SharedValidate | MapFlags.Sync));
        Assert.Equal(Errno.EACCES, Map(file, MapFlags.Shared, MemoryProtection.ReadWrite));
        Assert.Equal(Errno.None, Map(file, MapFlags.Private, MemoryProtection.ReadWrite));
        Assert.Equal(Errno.None, Map(file, MapFlags.SharedValidate));
        Assert.Equal(Errno.EOVERFLOW, Map(file, offset: 0xFFF_FFFF_F000));
        World.Succeeds(world.First.FileDescriptors.Close(file));
        Assert.Equal(Errno.EBADF, Map(file));
    }

    [Fact]
    public void AMappingOutlivesItsDescriptorAndTheName()
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 2);
        int descriptor = world.Open(file);
        world.MapFile(descriptor, 0, 2);
        World.Succeeds(world.First.FileDescriptors.Close(descriptor));
        file.Dispose();
        Assert.Equal(0x11, world.Peek(1));
        world.AssertNothingIsLeft();
    }
}
