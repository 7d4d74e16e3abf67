using Paging.Native;
using Paging.Native.Allocation;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>With frames zeroed ahead a program sees the same zeros, at the same addresses, and nothing of the rest.</summary>
public sealed class ZeroedAheadTests
{
    [Fact]
    public void FirstTouchesTakeZeroedFramesAndTheBackgroundWorkBringsNewOnes()
    {
        using World world = new(World.Options() with { ZeroedFrames = 100 });
        Assert.Equal(100, world.Engine.RunBackground(1000));
        Assert.Equal(0, world.Engine.RunBackground(1000));
        world.Map(0, 150);
        for (int page = 0; page < 150; page++) Assert.Equal(0, Touched(world, page));
        Assert.Equal(0u, world.Machine.Allocator.ZeroedCount.Value);
        World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(150)));    // full of other bytes
        Assert.Equal(100, world.Engine.RunBackground(1000));
        world.Map(0, 50);
        for (int page = 0; page < 50; page++) Assert.Equal(0, Touched(world, page));
        Assert.Equal(50u, world.Machine.Allocator.ZeroedCount.Value);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AWriteToTheZeroPageTakesOneAndACopyDoesNot()
    {
        using World world = new(World.Options() with { ZeroedFrames = 10 });
        world.Engine.RunBackground(10);
        world.Map(0, 2);
        Assert.Equal(0, world.Peek(0));
        world.Touch(0);
        Assert.Equal(9u, world.Machine.Allocator.ZeroedCount.Value);
        using UserProcess child = world.First.Fork();
        world.Touch(0);
        Assert.Equal(9u, world.Machine.Allocator.ZeroedCount.Value);
    }

    [Fact]
    public void ZeroedFramesCountAsFreeAndAreGivenAwayWhenMemoryIsShort()
    {
        using World world = new(World.Options(1) with { ZeroedFrames = 1000 });
        FrameCount free = world.Engine.Frames.CountOf(FrameState.Free);
        world.Engine.RunBackground(1000);
        Assert.Equal(free, world.Engine.Frames.CountOf(FrameState.Free));
        Assert.True(world.Engine.Frames.TryTake(5, out FrameNumber block));    // needs neighbours: the zeroed ones go back to the lists
        world.Engine.Frames.Return(block, 5);
        Assert.Equal(free, world.Engine.Frames.CountOf(FrameState.Free));
        world.AssertNothingIsLeft();
    }

    /// <summary>The byte in a fresh page before it is filled with something else.</summary>
    private static int Touched(World world, int page)
    {
        world.Mmu.Write(World.At(page, 8), 7);
        int found = world.Mmu.Read<int>(World.At(page, 2000)) | world.Mmu.Read<int>(World.At(page))
            | world.Mmu.Read<int>(World.At(page, 4092));
        world.Mmu.Fill(World.At(page), 4096, 0xEE, out _);
        return found;
    }
}
