using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Records of files are used again: a new file has nothing of the one before.</summary>
public sealed class FileReuseTests
{
    /// <summary>A pending flush and an unreported error end with the file. Linux: inode_init_always.</summary>
    [Theory]
    [InlineData(Errno.None)]
    [InlineData(Errno.EIO)]
    public void NeitherFlushesNorErrorsAreInherited(Errno error)
    {
        using World world = new(World.Options() with { DirtyExpireTicks = 1 });
        ByteBacking old = new(8192), fresh = new(8192);
        int number;
        using (GuestFile before = world.Engine.Files.CreateFile("before", old))
        {
            number = before.Id;
            World.Succeeds(before.Write(0, [1], out _));
            old.WriteError = error;
            for (int tick = 0; tick < 3; tick++) world.Engine.RunBackground(100);
            Assert.Equal((true, 0), (old.WriteCount > 0, old.FlushCount));
        }

        using GuestFile after = world.Engine.Files.CreateFile("after", fresh);
        Assert.Equal(number, after.Id);
        World.Succeeds(after.Open(world.First, FileRights.ReadWrite, out int descriptor));
        world.Engine.Files.SynchronizeAll();
        Assert.Equal((0, 0), (fresh.FlushCount, fresh.WriteCount));
        World.Succeeds(after.Write(0, [1], out _));
        for (int tick = 0; tick < 2; tick++) world.Engine.Files.SynchronizeAll();
        Assert.Equal((1, 1), (fresh.FlushCount, fresh.WriteCount));
        World.Succeeds(world.First.FileDescriptors.Synchronize(descriptor));
        Assert.Equal((2, 1), (fresh.FlushCount, fresh.WriteCount));    // fsync asks the device each time
        World.Succeeds(world.First.FileDescriptors.Close(descriptor));
    }

    /// <summary>Neither seals nor pages of the pool: memory that was sealed and huge, then a plain file.</summary>
    [Fact]
    public void NeitherSealsNorHugePagesAreInherited()
    {
        using World world = new(World.Options(16) with { HugePages = 2 });
        int number;
        using (GuestFile before = world.Engine.Files.CreateMemoryFile("sealed"))
        {
            number = before.Id;
            World.Succeeds(before.SetLength(4096));
            World.Succeeds(before.AddSeals(FileSeals.Grow | FileSeals.Shrink | FileSeals.Write));
            World.Returns(Errno.EPERM, before.SetLength(0));
        }

        using (GuestFile plain = world.Engine.Files.CreateMemoryFile("plain"))
        {
            Assert.Equal(number, plain.Id);
            World.Succeeds(plain.SetLength(8192));
            World.Succeeds(plain.Write(5000, [1], out _));
            World.Succeeds(plain.SetLength(0));
        }

        world.AssertNothingIsLeft();
    }

    /// <summary>Nor the record of a huge page, for which every fault and every new length would look.</summary>
    [Fact]
    public void ACollapsedLineIsNotInherited()
    {
        using World world = new(World.Options(16) with
        {
            Tables = TableFormat.Pae,
            TransparentHugePages = TransparentHugePages.Advised,
        });
        int number;
        using (GuestFile before = world.CreateFile("collapsed", 512))
        {
            number = before.Id;
            int descriptor = world.Open(before);
            world.MapFile(descriptor, 0, 512, type: MapFlags.Shared);
            World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(512), MemoryAdvice.Collapse));
            Assert.True(before.Object.HasCollapsed);
            World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(512)));
            World.Succeeds(world.First.FileDescriptors.Close(descriptor));
        }

        using GuestFile after = world.CreateFile("plain", 1);
        Assert.Equal((number, false), (after.Id, after.Object.HasCollapsed));
    }
}
