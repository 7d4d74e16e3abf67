using Paging.Native.Allocation;
using Paging.Native.Frames;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

public sealed class BuddyAllocatorTests
{
    [Fact]
    public void EveryFrameButTheReservedOnesIsHandedOutOnce()
    {
        using FrameWorld world = new(FrameCount.MiB(2), 5, 6, 300);
        List<FrameNumber> all = world.AllocateAll();
        Assert.Equal(512 - 4, all.Count);
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.DoesNotContain(new FrameNumber(0), all);
        Assert.DoesNotContain(new FrameNumber(300), all);
        Assert.Equal(0u, world.Buddy.FreeFrames.Value);
        world.AssertClean();
    }

    [Fact]
    public void AFrameComesWithOneReferenceAndNothingElse()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        FrameNumber frame = world.Allocate(FrameState.PageTable);
        FrameDescriptor expected = new() { State = FrameState.PageTable, ReferenceCount = 1 };
        Assert.Equal(expected, world.Frames[frame]);
        world.Frames[frame] = new()
        {
            State = FrameState.PageTable,
            Flags = FrameFlags.Owner3,
            Owner = 1,
            Index = 2,
            Next = 3,
            Previous = 4,
            Private = 5
        };
        world.Buddy.Free(frame);
        Assert.Equal(frame, world.Allocate(FrameState.PageTable));
        Assert.Equal(expected, world.Frames[frame]);
    }

    [Fact]
    public void AShortageIsAnAnswerAndAFreedFrameEndsIt()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        List<FrameNumber> all = world.AllocateAll();
        Assert.False(world.Buddy.TryAllocate(FrameState.Anonymous, out FrameNumber none));
        Assert.False(world.Buddy.TryAllocateBlock(0, FrameState.Anonymous, out _));
        Assert.Equal(0u, none.Value);
        world.Buddy.Free(all[100]);
        Assert.Equal(all[100], world.Allocate());
        world.AssertClean();
    }

    [Fact]
    public void TheFrameFreedLastIsHandedOutFirst()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        FrameNumber[] frames = [world.Allocate(), world.Allocate(), world.Allocate()];
        foreach (FrameNumber frame in frames) world.Buddy.Free(frame);
        foreach (FrameNumber frame in frames.Reverse()) Assert.Equal(frame, world.Allocate());
    }

    [Fact]
    public void FramesOfAFreshBlockComeInAscendingOrder()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        FrameNumber first = world.Allocate();
        for (uint next = 1; next < 32; next++) Assert.Equal(first.Value + next, world.Allocate().Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(10)]
    public void ABlockIsAlignedAndEachOfItsFramesIsHandedOut(int order)
    {
        using FrameWorld world = new(FrameCount.MiB(8));
        FrameNumber first = world.AllocateBlock(order, FrameState.PageCache);
        Assert.Equal(0u, first.Value % (1u << order));
        for (uint frame = first.Value; frame < first.Value + (1u << order); frame++)
            Assert.Equal(new() { State = FrameState.PageCache, ReferenceCount = 1 }, world.Frames[new(frame)]);
        Assert.Equal(1u << order, world.Frames.CountOf(FrameState.PageCache).Value);
        world.AssertClean();
    }

    [Fact]
    public void ABlockMayBeFreedFrameByFrame()
    {
        using FrameWorld world = new(FrameCount.MiB(8));
        string before = world.FreeBlocks;
        FrameNumber first = world.AllocateBlock(4);
        for (uint frame = 0; frame < 16; frame++) world.Buddy.Free(new(first.Value + frame));
        world.Buddy.Drain();
        Assert.Equal(before, world.FreeBlocks);
    }

    [Theory]
    [InlineData(1)]    // in the order they came
    [InlineData(-1)]    // backwards
    [InlineData(0)]    // in no order
    public void WhenAllIsFreedAndDrainedTheLargestBlocksAreBack(int direction)
    {
        using FrameWorld world = new(FrameCount.MiB(9), 700);
        string before = world.FreeBlocks;
        FrameNumber[] all = [.. world.AllocateAll()];
        if (direction < 0) Array.Reverse(all);
        if (direction == 0) new Random(1).Shuffle(all);
        foreach (FrameNumber frame in all) world.Buddy.Free(frame);
        world.AssertClean();
        world.Buddy.Drain();
        Assert.Equal(before, world.FreeBlocks);
        world.AssertClean();
    }

    [Fact]
    public void ABlockIsFoundInTheFramesOfTheHotStack()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        List<FrameNumber> all = world.AllocateAll();
        foreach (FrameNumber frame in all.Where(frame => frame.Value is >= 64 and < 80)) world.Buddy.Free(frame);
        Assert.Equal(0, world.Buddy.FreeBlocks(4));
        Assert.Equal(64u, world.AllocateBlock(4).Value);
        world.AssertClean();
    }

    [Fact]
    public void FreeBlocksAreCountedByOrder()
    {
        using FrameWorld world = new(FrameCount.MiB(8));    // frame 0 is gone: one block of each order, and 1024 to 2047
        Assert.Equal("1 1 1 1 1 1 1 1 1 1 1",
            world.FreeBlocks);
        _ = world.AllocateBlock(3);
        Assert.Equal("1 1 1 0 1 1 1 1 1 1 1",
            world.FreeBlocks);
    }

    [Fact]
    public void TheSameCallsGiveTheSameFrames()
    {
        static List<uint> Story(int seed)
        {
            using FrameWorld world = new(FrameCount.MiB(2));
            Random random = new(seed);
            List<uint> given = [];
            Queue<FrameNumber> held = new();
            for (int step = 0; step < 2_000; step++)
            {
                if (random.Next(5) == 0 && world.Buddy.TryAllocateBlock(random.Next(4), FrameState.Kernel, out FrameNumber block))
                    held.Enqueue(block);
                else if (random.Next(2) == 0 && world.Buddy.TryAllocate(FrameState.Kernel, out FrameNumber frame)) held.Enqueue(frame);
                else if (held.TryDequeue(out FrameNumber old)) world.Buddy.Free(old);
                given.Add(held.LastOrDefault().Value);
            }
            return given;
        }

        List<uint> frames = Story(7);
        Assert.Equal(frames, Story(7));
        Assert.NotEqual(frames, Story(8));
    }

    [Fact]
    public void TheChosenAllocationFailsAndChangesNothing()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        world.Injection.IsCounting = true;
        _ = world.Allocate();
        world.Injection.FailAtAllocation = 2;
        FrameNumber frame = world.Allocate();
        uint free = world.Buddy.FreeFrames.Value;
        Assert.False(world.Buddy.TryAllocate(FrameState.Kernel, out _));
        world.Injection.FailAtAllocation = 1;
        Assert.False(world.Buddy.TryAllocateBlock(2, FrameState.Kernel, out _));
        Assert.Equal(free, world.Buddy.FreeFrames.Value);
        Assert.Equal(frame.Value + 1, world.Allocate().Value);
        Assert.Equal(5, world.Injection.AllocationsAsked);
        world.AssertClean();
    }

    [Fact]
    public void AnAllocatorWantsATableOfItsOwnAndOfTheSameSize()
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1));
        using FrameTable larger = new(FrameCount.MiB(2));
        using FrameTable frames = new(FrameCount.MiB(1));
        Assert.Throws<ArgumentException>(() => new BuddyAllocator(ram, larger));
        Assert.True(new BuddyAllocator(ram, frames).TryAllocate(FrameState.Kernel, out _));
        Assert.Throws<ArgumentException>(() => new BuddyAllocator(ram, frames));
    }

    [Fact]
    public void NoManagedMemoryIsTaken()
    {
        using FrameWorld world = new(FrameCount.MiB(4));
        FrameNumber[] held = new FrameNumber[600];
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int i = 0; i < held.Length; i++) Assert.True(world.Buddy.TryAllocate(FrameState.Anonymous, out held[i]));
            Assert.True(world.Buddy.TryAllocateBlock(5, FrameState.Kernel, out FrameNumber block));
            foreach (FrameNumber frame in held) world.Buddy.Free(frame);
            world.Buddy.FreeBlock(block, 5);
            world.Buddy.Drain();
        }));
    }
}
