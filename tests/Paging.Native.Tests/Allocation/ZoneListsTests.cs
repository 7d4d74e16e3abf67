using Paging.Native.Allocation;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Low and high memory: the zones of each allocation, the reserve of low memory, and that blocks never cross.</summary>
public sealed class ZoneListsTests
{
    private const uint HighStart = 896 << 8, HighCount = 4096;

    private static FrameWorld Create(uint highCount = HighCount) => new(new FrameCount(HighStart + highCount));

    [Fact]
    public void HighMemoryGoesFirst()
    {
        using FrameWorld world = Create();
        BuddyAllocator allocator = world.Buddy;
        for (uint i = 0; i < HighCount; i++)
        {
            Assert.True(allocator.TryAllocate(FrameState.Anonymous, out FrameNumber frame));
            Assert.True(frame.Value >= HighStart, $"frame {i} is {frame}");
        }

        Assert.True(allocator.TryAllocate(FrameState.Anonymous, out FrameNumber low));
        Assert.True(low.Value < HighStart);
        Assert.True(allocator.TryAllocateBlock(10, FrameState.Anonymous, out low));
        Assert.True(low.Value < HighStart);
    }

    [Fact]
    public void TheReserveOfLowMemoryIsForLowAllocations()
    {
        const uint lots = 2048 << 8;    // low memory keeps a 32nd of 2 GiB of high memory; DMA, a 256th
        using FrameWorld world = Create(lots);
        BuddyAllocator allocator = world.Buddy;
        uint kept = (lots / 32) + ((lots + HighStart - 4096) / 256);
        Assert.Equal(kept, MemoryZones.LowReserve(world.Frames.Count));
        Assert.Equal(kept, allocator.FreeFrames.Value - allocator.AvailableFrames.Value);
        while (allocator.TryAllocateBlock(10, FrameState.Anonymous, out _)) { }
        while (allocator.TryAllocate(FrameState.Anonymous, out _)) { }
        Assert.Equal((kept, 0u), (allocator.FreeFrames.Value, allocator.AvailableFrames.Value));
        for (uint i = 0; i < kept; i++) Assert.True(allocator.TryAllocateLow(FrameState.PageTable, out _));
        Assert.False(allocator.TryAllocateLow(FrameState.PageTable, out _));
        world.AssertClean();
    }

    [Fact]
    public void NeighboursOnBothSidesOfTheBoundaryAreNotJoined()
    {
        using FrameWorld world = Create();
        BuddyAllocator allocator = world.Buddy;
        FrameNumber last = default, first = default;
        while (allocator.TryAllocate(FrameState.Anonymous, out FrameNumber frame) && frame.Value >= HighStart)
            if (frame.Value == HighStart) first = frame;
        while (allocator.TryAllocateLow(FrameState.Anonymous, out FrameNumber frame))
            if (frame.Value == HighStart - 1) last = frame;
        Assert.NotEqual(default, first);
        Assert.NotEqual(default, last);
        allocator.Free(first);
        allocator.Free(last);
        allocator.Drain();
        Assert.Equal(2, allocator.FreeBlocks(0));
        Assert.True(allocator.TryAllocateLow(FrameState.Anonymous, out FrameNumber low));
        Assert.Equal(last, low);
        world.AssertClean();
    }

    [Fact]
    public void RandomUseKeepsEachListInItsZone()
    {
        using FrameWorld world = Create();
        BuddyAllocator allocator = world.Buddy;
        Random random = new(7);
        List<FrameNumber> held = [];
        for (int i = 0; i < 40_000; i++)
        {
            bool isLow = random.Next(3) == 0;
            if (random.Next(5) < 3 && (isLow ? allocator.TryAllocateLow(FrameState.PageTable, out FrameNumber frame)
                : allocator.TryAllocate(FrameState.Anonymous, out frame)))
            {
                Assert.True(!isLow || frame.Value < HighStart);
                held.Add(frame);
            }
            else if (held.Count != 0)
            {
                int at = random.Next(held.Count);
                allocator.Free(held[at]);
                held.RemoveAt(at);
            }
        }

        world.AssertClean();
    }
}
