using Paging.Native.Allocation;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Where pages move to: free frames of parts that are in use already, from the high end.</summary>
public sealed class FreeTargetsTests
{
    private const int PartOrder = 5;    // parts of 32 frames; RAM of 1 MiB has eight

    /// <summary>Parts 2 and 5 have free frames among used ones, part 6 is all free, the others are all used.</summary>
    private static readonly uint[] Free =
        [70, 72, 73, 74, 75, 95, 160, 161, 190, .. Enumerable.Range(192, 32).Select(static one => (uint)one)];

    [Fact]
    public void TheHighestPartComesFirstAndAFreePartIsLeftAlone()
    {
        using FrameWorld world = Create();
        FreeTargets targets = new(world.Buddy, 256, PartOrder);
        List<uint> taken = TakeAll(ref targets, world, limit: 0);
        Assert.Equal([160u, 161u, 190u, 70u, 72u, 73u, 74u, 75u, 95u], taken);
        Assert.Equal(0u, targets.Lowest);
        Assert.Equal("0 0 0 0 0 1 0 0 0 0 0", world.FreeBlocks);
        foreach (uint frame in taken)
            Assert.Equal(new() { State = FrameState.Anonymous, ReferenceCount = 1 }, world.Frames[new(frame)]);
        world.AssertClean();
    }

    /// <summary>A part is searched only if all of it lies at the limit or above.</summary>
    [Theory]
    [InlineData(64u, 9)]
    [InlineData(65u, 3)]
    [InlineData(160u, 3)]
    [InlineData(161u, 0)]
    public void NothingBelowTheLimitIsTaken(uint limit, int count)
    {
        using FrameWorld world = Create();
        FreeTargets targets = new(world.Buddy, 256, PartOrder);
        Assert.Equal(count, TakeAll(ref targets, world, limit).Count);
        Assert.True(targets.Lowest >= limit);
        world.AssertClean();
    }

    [Fact]
    public void TheRestOfABlockWaitsAndIsGivenBackOnce()
    {
        using FrameWorld world = Create();
        string before = world.FreeBlocks;
        FreeTargets targets = new(world.Buddy, 128, PartOrder);    // an end in the middle: the parts above are not searched
        Assert.Equal(70u, Take(ref targets));
        Assert.Equal(72u, Take(ref targets));
        Assert.Equal(64u, targets.Lowest);
        Assert.Equal((uint)Free.Length - 5, world.Buddy.FreeFrames.Value);    // 70 and 72, and 73 to 75 wait
        targets.GiveBack();
        targets.GiveBack();
        Assert.Equal((uint)Free.Length - 2, world.Buddy.FreeFrames.Value);
        Assert.Equal(95u, Take(ref targets));
        targets.GiveBack();
        foreach (uint frame in (uint[])[70, 72, 95]) world.Buddy.FreeBlock(new(frame), 0);
        Assert.Equal(before, world.FreeBlocks);
        world.AssertClean();
    }

    /// <summary>A frame in use costs one look, a free block one: 32 of part 7, one of part 6, and so on.</summary>
    [Fact]
    public void EachFrameOrBlockIsLookedAtOnce()
    {
        using FrameWorld world = Create();
        FreeTargets targets = new(world.Buddy, 256, PartOrder);
        Assert.Equal(160u, Take(ref targets));
        Assert.Equal(32u + 1 + 1, targets.Scanned);
        Assert.Equal(161u, Take(ref targets));
        Assert.Equal(34u, targets.Scanned);
        Assert.Equal(190u, Take(ref targets));
        Assert.Equal(34u + 28 + 1, targets.Scanned);    // 162 to 189, and 190
    }

    private static FrameWorld Create()
    {
        FrameWorld world = new(FrameCount.MiB(1));
        world.AllocateAll();
        foreach (uint frame in Free) world.Buddy.FreeBlock(new(frame), 0);
        return world;
    }

    private static uint Take(ref FreeTargets targets)
    {
        Assert.True(targets.TryTake(0, FrameState.Anonymous, out FrameNumber frame));
        return frame.Value;
    }

    private static List<uint> TakeAll(ref FreeTargets targets, FrameWorld world, uint limit)
    {
        List<uint> taken = [];
        while (targets.TryTake(limit, FrameState.Anonymous, out FrameNumber frame)) taken.Add(frame.Value);
        Assert.False(targets.TryTake(limit, FrameState.Anonymous, out FrameNumber none));
        Assert.Equal(0u, none.Value);
        Assert.Equal((uint)(Free.Length - taken.Count), world.Buddy.FreeFrames.Value);
        return taken;
    }
}
