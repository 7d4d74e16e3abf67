using Paging.Native.Allocation;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Frames for page tables come from the high end downwards, so that the rest of RAM stays in large blocks.</summary>
public sealed class FixedFramesTests
{
    private const uint HighStart = 896 << 8, HighCount = 4096;

    [Fact]
    public void TheHighestFreeFrameComesFirstAndLargeBlocksStayWhole()
    {
        using FrameWorld world = new(FrameCount.MiB(8));    // frames 1 to 2047 in blocks of every order
        FixedFrames tables = new(world.Buddy);
        uint free = world.Buddy.FreeFrames.Value;
        for (uint taken = 1; taken <= 1024; taken++)
        {
            Assert.True(tables.TryAllocate(FrameState.PageTable, needsLow: false, out FrameNumber frame));
            Assert.Equal(2048 - taken, frame.Value);
            Assert.Equal(new() { State = FrameState.PageTable, ReferenceCount = 1 }, world.Frames[frame]);
            Assert.Equal(free - taken, world.Buddy.FreeFrames.Value);
        }

        Assert.Equal("1 1 1 1 1 1 1 1 1 1 0", world.FreeBlocks);    // 1 to 1023, cut as it was; 1024 to 2047 is gone
        world.AssertClean();
    }

    [Fact]
    public void AFrameInUseIsPassedAndOneThatCameFreeAboveIsFoundAgain()
    {
        using FrameWorld world = new(FrameCount.MiB(1), 253, 254);
        FixedFrames tables = new(world.Buddy);
        FrameNumber[] three = [Take(tables), Take(tables), Take(tables)];
        Assert.Equal([255u, 252u, 251u], three.Select(static frame => frame.Value));
        tables.Free(three[1]);
        Assert.Equal(FrameState.Free, world.Frames[three[1]].State);
        Assert.Equal(252u, Take(tables).Value);
        tables.Free(three[2]);    // a lower one, while the search is above it
        tables.Free(three[0]);
        Assert.Equal([255u, 251u, 250u], [Take(tables).Value, Take(tables).Value, Take(tables).Value]);
        world.AssertClean();
    }

    /// <summary>Blocks are split and joined at every size; in any order, all come back whole.</summary>
    [Fact]
    public void WhenAllAreGivenBackTheBlocksAreAsBefore()
    {
        using FrameWorld world = new(FrameCount.MiB(2), 300);
        string before = world.FreeBlocks;
        FixedFrames tables = new(world.Buddy);
        List<FrameNumber> held = [];
        while (tables.TryAllocate(FrameState.PageTable, needsLow: false, out FrameNumber frame)) held.Add(frame);
        Assert.Equal(512 - 2, held.Distinct().Count());
        Assert.Equal(0u, world.Buddy.FreeFrames.Value);
        foreach (FrameNumber frame in held) tables.Free(frame);
        Assert.Equal(before, world.FreeBlocks);
        world.AssertClean();
    }

    /// <summary>A frame that another user gave back lies on the stack, above the search: it serves when the lists have nothing.</summary>
    [Fact]
    public void AfterTheSearchAnyFreeFrameIsTakenAndTheSearchRestarts()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        FixedFrames tables = new(world.Buddy);
        List<FrameNumber> all = world.AllocateAll();
        Assert.False(tables.TryAllocate(FrameState.PageTable, needsLow: false, out FrameNumber none));
        Assert.Equal(0u, none.Value);
        world.Buddy.Free(new(77));
        Assert.Equal(77u, Take(tables).Value);
        foreach (uint frame in (uint[])[100, 200]) world.Buddy.FreeBlock(new(frame), 0);
        Assert.Equal([200u, 100u], [Take(tables).Value, Take(tables).Value]);
        Assert.Equal(255, all.Count);
    }

    [Fact]
    public void LowAndHighMemoryAreSearchedEachFromItsOwnEnd()
    {
        using FrameWorld world = new(new FrameCount(HighStart + HighCount));
        FixedFrames tables = new(world.Buddy);
        FrameNumber high = Take(tables);
        FrameNumber low = Take(tables, needsLow: true);
        Assert.Equal((HighStart + HighCount - 1, HighStart - 1), (high.Value, low.Value));
        Assert.Equal((high.Value - 1, low.Value - 1), (Take(tables).Value, Take(tables, needsLow: true).Value));
        tables.Free(high);
        tables.Free(low);
        Assert.Equal((high, low), (Take(tables), Take(tables, needsLow: true)));
        for (uint taken = 2; taken < HighCount; taken++) Assert.True(Take(tables).Value >= HighStart);
        Assert.True(Take(tables).Value < HighStart);    // high memory is used up
        world.AssertClean();
    }

    [Fact]
    public void MemoryThatEndsWithLowMemoryHasNoHighEnd()
    {
        using FrameWorld world = new(new FrameCount(HighStart));
        FixedFrames tables = new(world.Buddy);
        Assert.Equal(HighStart - 1, Take(tables).Value);
        Assert.Equal(HighStart - 2, Take(tables, needsLow: true).Value);
    }

    [Fact]
    public void AnInjectedFailureTakesNothing()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        FixedFrames tables = new(world.Buddy);
        uint free = world.Buddy.FreeFrames.Value;
        world.Injection.FailAtAllocation = 1;
        Assert.False(tables.TryAllocate(FrameState.PageTable, needsLow: false, out FrameNumber none));
        Assert.Equal((0u, free), (none.Value, world.Buddy.FreeFrames.Value));
        Assert.Equal(255u, Take(tables).Value);
    }

    private static FrameNumber Take(FixedFrames tables, bool needsLow = false)
    {
        Assert.True(tables.TryAllocate(FrameState.PageTable, needsLow, out FrameNumber frame));
        return frame;
    }
}
