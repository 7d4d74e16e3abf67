using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Calls that the host makes through what it holds: open files without a descriptor, streams, settings, a supervisor's access.
/// </summary>
public sealed class HandleCallTests
{
    [Fact]
    public void AnOpenFileIsMappedAtItsOffset()
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 6);
        World.Succeeds(file.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open));
        const MapFlags fixedShared = MapFlags.Shared | MapFlags.Fixed;
        const MemoryProtection both = MemoryProtection.ReadWrite;
        World.Succeeds(open!.Map(world.Memory, World.At(0), World.Bytes(3), both, fixedShared, World.Bytes(2), out VirtualAddress at));
        Assert.Equal(World.At(0), at);
        for (int page = 0; page < 3; page++) Assert.Equal(0x12 + page, world.Peek(page));
        World.Returns(Errno.EINVAL, open.Map(world.Memory, World.At(8), World.Bytes(1), both, fixedShared, 2049, out at));
        Assert.Equal(default, at);
        World.Returns(Errno.EINVAL, open.Map(world.Memory, World.At(8), 4096, both, fixedShared | MapFlags.Anonymous, 0, out _));
        Assert.False(world.Memory.Areas.IsMappedWithin(new(World.At(8).Page, PageCount.One)));
        world.Verify();    // the audit recounts its holders
        open.Dispose();
        Assert.Equal(0x12, world.Peek(0));
        world.Verify();
    }

    /// <summary>fcntl(F_SETFL) changes O_APPEND and O_DIRECT, and nothing else.</summary>
    [Fact]
    public void AnOpenFileHasFlagsAndAPosition()
    {
        using World world = new();
        World.Succeeds(world.CreateFile("f", 1).Open(FileRights.ReadWrite, OpenFlags.Append, out OpenFileDescription? open));
        using OpenFileDescription one = open!;
        Assert.Equal(OpenFlags.Append, one.Flags);
        one.Flags = OpenFlags.Direct;
        Assert.Equal(OpenFlags.Direct, one.Flags);
        one.Flags = (OpenFlags)(-1);
        Assert.Equal(OpenFlags.Direct | OpenFlags.Append, one.Flags);
        one.Flags = OpenFlags.None;
        Assert.Equal(OpenFlags.None, one.Flags);
        one.Position = 100;
        Assert.Equal(100, one.Position);
        Assert.Throws<ArgumentOutOfRangeException>(() => one.Position = -1);
        one.Position = 0;
        Assert.Equal(0, one.Position);
    }

    [Fact]
    public void AStreamWritesPartsOfArrays()
    {
        using World world = new();
        world.Map(0, 2);
        using Stream stream = world.Memory.OpenStream(World.At(0, 4000), 200);
        byte[] bytes = [1, 2, 3, 4, 5, 6];
        stream.Write(bytes, 2, 3);
        Assert.Equal(3, stream.Position);
        Assert.Equal((3, 4, 5, 0), (world.Peek(0, 4000), world.Peek(0, 4001), world.Peek(0, 4002), world.Peek(0, 4003)));
        stream.Write([]);
        stream.Write(bytes, 6, 0);
        Assert.Equal(3, stream.Position);
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Write(bytes, 5, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Write(bytes, -1, 2));
        Assert.Throws<ArgumentNullException>(() => stream.Write(null!, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Read(bytes, 5, 2));
        stream.Position = 195;
        Assert.Throws<IOException>(() => stream.Write(bytes, 0, 6));
        Assert.Equal(195, stream.Position);
        stream.Write(bytes, 0, 5);
        Assert.Equal((200L, (byte)5), (stream.Position, world.Peek(1, 103)));
        stream.Position = 90;
        World.Succeeds(world.Memory.Unmap(World.At(1), 4096));
        Assert.Throws<IOException>(() => stream.Write(new byte[20]));
        Assert.Equal(96, stream.Position);    // the bytes before the fault were written
    }

    [Fact]
    public void SettingsThatAreNoneAreRefusedAndOthersKept()
    {
        using World world = new();
        PagingEngine engine = world.Engine;
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.MaxMapCount = -1);
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.OvercommitRatio = -1);
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.OvercommitMode = OvercommitMode.Never + 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.OvercommitMode = (OvercommitMode)(-1));
        (engine.MaxMapCount, engine.OvercommitRatio, engine.OvercommitMode) = (0, 0, OvercommitMode.Never);
        Assert.Equal((0, 0, OvercommitMode.Never), (engine.MaxMapCount, engine.OvercommitRatio, engine.OvercommitMode));
        engine.OvercommitMode = OvercommitMode.Always;
        engine.MaxMapCount = 2;
        Assert.Equal(2, engine.MaxMapCount);
    }

    /// <summary>Clean pages that no process maps go; dirty ones, mapped ones and memory files stay. Linux: fs/drop_caches.c.</summary>
    [Fact]
    public void DroppingCachesDropsPagesThatCanBeReadAgain()
    {
        using World world = new();
        int disk = world.OpenBacked(new ByteBacking(8 * 4096));
        world.CreateFile("memory", 3);
        byte[] bytes = new byte[8 * 4096];
        World.Succeeds(world.First.FileDescriptors.Read(disk, bytes, out _));
        world.MapFile(disk, 0, 1, type: MapFlags.Shared);
        _ = world.Peek(0);
        World.Succeeds(world.First.FileDescriptors.Seek(disk, 4096, SeekOrigin.Begin, out _));
        World.Succeeds(world.First.FileDescriptors.Write(disk, [1], out _));
        Assert.Equal(8u + 3, world.Engine.Frames.CountOf(FrameState.PageCache).Value);
        world.Engine.Files.DropCaches();
        Assert.Equal(2u + 3, world.Engine.Frames.CountOf(FrameState.PageCache).Value);
        world.Verify();
    }
}
