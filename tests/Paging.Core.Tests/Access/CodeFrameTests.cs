using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Memory;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A processor that translates code ahead is notified of the first store to each frame that it has marked.</summary>
public sealed class CodeFrameTests
{
    [Fact]
    public void AStoreThatHitsIsNotReportedUntilTranslationsAreDropped()
    {
        using World world = new();
        CodeFrames code = world.Engine.Ram.Observers.Code = new(world.Engine.Ram.FrameCount);
        world.Map(0, 2);
        world.MapShared(10, 2);
        UserProcess other = world.Engine.CreateProcess("other");
        World.MapAs(other, 0, 2, MemoryProtection.ReadWrite, World.PrivateFixed);
        (Mmu Mmu, int Page)[] places = [(world.Mmu, 0), (world.Mmu, 1), (world.Mmu, 10), (other.Memory.Mmu, 0)];
        foreach ((Mmu mmu, int page) in places)
        {
            mmu.Write(World.At(page), 1);
            Assert.True(code.Mark(FrameOf(mmu, page)));
            mmu.Write(World.At(page, 8), 2);    // the right to write is cached: the processor sees this store itself
            Assert.False(code.HasChanged);
        }

        for (int round = 0; round < 2; round++)
        {
            foreach (Space space in world.Engine.Parts.Machine.Spaces.All) space.Translations.ForgetWrites();
            foreach ((Mmu mmu, int page) in places)
            {
                Assert.Equal(1, mmu.Read<int>(World.At(page)));
                Assert.False(code.HasChanged);
                mmu.Write(World.At(page, 8), 3);
                Assert.True(code.TryTakeChanged(out FrameNumber frame));
                Assert.Equal(FrameOf(mmu, page), frame);
                Assert.True(code.Mark(frame));
                mmu.Write(World.At(page, 12), 3);
                Assert.False(code.HasChanged);
            }
        }

        world.Engine.Ram.Observers.Code = null;
        other.Dispose();
        world.AssertNothingIsLeft();
    }

    /// <summary>Code in a private mapping of a file lies in the file's own frame, which a shared mapping may write.</summary>
    [Fact]
    public void AStoreThroughASharedMappingOfTheFileIsReported()
    {
        using World world = new();
        CodeFrames code = world.Engine.Ram.Observers.Code = new(world.Engine.Ram.FrameCount);
        int descriptor = world.OpenFile("program", 2);
        UserProcess other = world.First.Fork();
        world.MapFile(descriptor, 0, 2, protection: MemoryProtection.Read | MemoryProtection.Execute);
        World.Succeeds(other.Memory.Map(World.At(20), World.Bytes(2), MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed,
            descriptor, 0, out _));
        _ = world.Peek(0);
        other.Memory.Mmu.Write(World.At(20), 1);    // writable from now on
        FrameNumber frame = FrameOf(world.Mmu, 0);
        Assert.Equal(frame, FrameOf(other.Memory.Mmu, 20));
        code.Mark(frame);
        Assert.True(world.First.ProtectCode(World.At(0).Page));
        other.Memory.Mmu.Write(World.At(20), 2);
        Assert.True(code.TryTakeChanged(out FrameNumber changed));
        Assert.Equal((frame, 2), (changed, world.Mmu.Read<int>(World.At(0))));

        World.Succeeds(other.Memory.Unmap(World.At(20), World.Bytes(2)));
        code.Mark(frame);
        Assert.False(world.First.ProtectCode(World.At(0).Page));    // no mapping can write: nothing to flush
        world.Engine.Ram.Observers.Code = null;
        other.Dispose();
        world.AssertNothingIsLeft();
    }

    /// <summary>A private page is protected in its process, where the next store faults and is reported.</summary>
    [Fact]
    public void AStoreToAPrivatePageIsReportedOnceItIsProtected()
    {
        using World world = new();
        CodeFrames code = world.Engine.Ram.Observers.Code = new(world.Engine.Ram.FrameCount);
        world.Map(0, 2);
        world.Touch(0);
        FrameNumber frame = FrameOf(world.Mmu, 0);
        code.Mark(frame);
        Assert.True(world.First.ProtectCode(World.At(0).Page));
        Assert.False(world.Memory.Space.Tables.Read(World.At(0).Page).IsWritable);
        Assert.False(world.First.ProtectCode(World.At(0).Page));
        world.Touch(0, 9);
        Assert.True(code.TryTakeChanged(out FrameNumber changed));
        Assert.Equal((frame, frame, (byte)9), (changed, FrameOf(world.Mmu, 0), world.Peek(0)));
        world.Engine.Ram.Observers.Code = null;
        world.AssertNothingIsLeft();
    }

    private static FrameNumber FrameOf(Mmu mmu, int page) => mmu.Space.Tables.Read(World.At(page).Page).Frame;
}
