using Paging.Native.Allocation;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Which blocks are cut, and which stay: the orders of all free blocks after each step, worked out by hand.</summary>
public sealed class BuddyOrderTests
{
    /// <summary>Frames 1 to 2047 are one block of each order. The stack takes 32 at a time.</summary>
    [Fact]
    public void TheStackIsFilledWithBlocksOf32AndSmallerOnesLast()
    {
        using FrameWorld world = new(FrameCount.MiB(8));
        Assert.Equal("1 1 1 1 1 1 1 1 1 1 1", world.FreeBlocks);
        world.Allocate();
        Assert.Equal("1 1 1 1 1 0 1 1 1 1 1", world.FreeBlocks);
        for (int taken = 1; taken < 33; taken++) world.Allocate();
        Assert.Equal("1 1 1 1 1 1 0 1 1 1 1", world.FreeBlocks);    // 64 to 127 is cut in two
        for (int taken = 33; taken < 65; taken++) world.Allocate();
        Assert.Equal("1 1 1 1 1 0 0 1 1 1 1", world.FreeBlocks);
        for (int taken = 65; taken < 97; taken++) world.Allocate();
        Assert.Equal("1 1 1 1 1 1 1 0 1 1 1", world.FreeBlocks);    // 128 to 255: a half, and of the other one a half
        for (int taken = 97; taken < 2047 - 31; taken++) world.Allocate();
        Assert.Equal("1 1 1 1 1 0 0 0 0 0 0", world.FreeBlocks);    // 31 frames are left, in blocks below 32
        world.Allocate();
        Assert.Equal("1 1 1 1 0 0 0 0 0 0 0", world.FreeBlocks);    // the largest of them
        world.AssertClean();
    }

    /// <summary>Blocks of the largest order stay apart, though they are each other's neighbours.</summary>
    [Fact]
    public void TwoLargestBlocksAreNotJoined()
    {
        using FrameWorld world = new(FrameCount.MiB(16));
        FrameNumber[] blocks = [world.AllocateBlock(10), world.AllocateBlock(10), world.AllocateBlock(10)];
        Assert.Equal("1 1 1 1 1 1 1 1 1 1 0", world.FreeBlocks);
        foreach (FrameNumber block in blocks) world.Buddy.FreeBlock(block, 10);
        Assert.Equal("1 1 1 1 1 1 1 1 1 1 3", world.FreeBlocks);
        world.AssertClean();
    }

    /// <summary>Linux: for_each_zone in setup_per_zone_lowmem_reserve keeps a 256th and a 32nd of the memory above, rounded down.</summary>
    [Theory]
    [InlineData((byte)MemoryZone.Dma, (byte)MemoryZone.Normal, 4096u, 0u)]
    [InlineData((byte)MemoryZone.Dma, (byte)MemoryZone.Normal, 4096u + 255, 0u)]
    [InlineData((byte)MemoryZone.Dma, (byte)MemoryZone.Normal, 4096u + 256, 1u)]
    [InlineData((byte)MemoryZone.Dma, (byte)MemoryZone.Dma, 1u << 20, 0u)]
    [InlineData((byte)MemoryZone.Dma, (byte)MemoryZone.HighMem, 1u << 20, ((1u << 20) - 4096) / 256)]
    [InlineData((byte)MemoryZone.Normal, (byte)MemoryZone.HighMem, (896u << 8) + 31, 0u)]
    [InlineData((byte)MemoryZone.Normal, (byte)MemoryZone.HighMem, (896u << 8) + 32, 1u)]
    [InlineData((byte)MemoryZone.Normal, (byte)MemoryZone.Normal, 1u << 20, 0u)]
    [InlineData((byte)MemoryZone.HighMem, (byte)MemoryZone.HighMem, 1u << 20, 0u)]
    public void AZoneKeepsAPartOfTheMemoryAbove(byte zone, byte highest, uint ram, uint kept) =>
        Assert.Equal(kept, MemoryZones.ReserveOf((MemoryZone)zone, (MemoryZone)highest, new(ram)).Value);

    [Fact]
    public void WithoutHighMemoryNothingIsKept()
    {
        using FrameWorld world = new(FrameCount.MiB(64));
        Assert.Equal(world.Buddy.FreeFrames, world.Buddy.AvailableFrames);
        Assert.Equal(0u, MemoryZones.LowReserve(new(896 << 8)));
        Assert.Equal((((896u << 8) + 1 - 4096) / 256) + 0, MemoryZones.LowReserve(new((896 << 8) + 1)));
        world.AssertClean();
    }

    [Fact]
    public void ZonesCoverAllOfMemoryOnce()
    {
        foreach (uint ram in (uint[])[0, 1, 4095, 4096, 4097, (896 << 8) - 1, 896 << 8, (896 << 8) + 1, 1 << 20, 1 << 24])
        {
            uint sum = 0;
            foreach (MemoryZone zone in Enum.GetValues<MemoryZone>()) sum += MemoryZones.CountOf(zone, new(ram)).Value;
            Assert.Equal(ram, sum);
        }

        Assert.Equal(uint.Min(4096, 5000), MemoryZones.CountOf(MemoryZone.Dma, new(5000)).Value);
        Assert.Equal(904u, MemoryZones.CountOf(MemoryZone.Normal, new(5000)).Value);
        Assert.Throws<ArgumentOutOfRangeException>(static () => MemoryZones.BoundsOf((MemoryZone)3));
    }
}
