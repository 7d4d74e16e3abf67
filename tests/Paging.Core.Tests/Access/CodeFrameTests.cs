using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A processor that translates code ahead is notified of the first store to each frame that it has marked.</summary>
public sealed class CodeFrameTests
{
    [Fact]
    public void AStoreThatHitsIsNotReportedUntilTranslationsAreDropped()
    {
        using World world = new();
        CodeFrames code = world.Engine.Ram.Code = new(world.Engine.Ram.FrameCount);
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
            world.Engine.ForgetWriteTranslations();
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

        world.Engine.Ram.Code = null;
        other.Dispose();
        world.AssertNothingIsLeft();
    }

    private static FrameNumber FrameOf(Mmu mmu, int page) => mmu.Space.Tables.Read(World.At(page).Page).Frame;
}
