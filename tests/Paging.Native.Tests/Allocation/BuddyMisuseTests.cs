using Paging.Native.Allocation;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Defects of other code as the allocator sees them: with checks on, each is found at once and named.</summary>
public sealed class BuddyMisuseTests
{
    [Fact]
    public void FreeingAFrameTwiceIsFoundOut()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        FrameNumber frame = world.Allocate();
        world.Buddy.Free(frame);
        AssertBroken("B7", () => world.Buddy.Free(frame));
        AssertBroken("B7", () => world.Buddy.FreeBlock(new(frame.Value & ~1u), 1));
        world.AssertClean();
    }

    [Fact]
    public void FreeingAMappedFrameIsFoundOut()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        FrameNumber frame = world.Allocate();
        world.Frames[frame].MapCount = 1;
        AssertBroken("B7", () => world.Buddy.Free(frame));
    }

    [Fact]
    public void FreeingAFrameWithAnotherUserIsFoundOut()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        FrameNumber frame = world.Allocate();
        world.Frames[frame].ReferenceCount = 2;
        AssertBroken("B7", () => world.Buddy.Free(frame));
    }

    [Fact]
    public void FreeingAReservedFrameIsFoundOut()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        AssertBroken("B7", () => world.Buddy.Free(new(0)));
    }

    [Fact]
    public void FramesCannotBeHandedOutAsFreeOrReserved()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Buddy.TryAllocate(FrameState.Free, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Buddy.TryAllocateBlock(2, FrameState.Reserved, out _));
        world.AssertClean();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(11)]
    public void OrdersBeyondTheListsAreRefused(int order)
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Buddy.TryAllocateBlock(order, FrameState.Kernel, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Buddy.FreeBlock(new(0), order));
    }

    [Fact]
    public void ABlockIsFreedWhereItBegins()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        FrameNumber first = world.AllocateBlock(3);
        Assert.Throws<ArgumentException>(() => world.Buddy.FreeBlock(new(first.Value + 2), 3));
    }

    [Fact]
    public void FreedBytesArePoison()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        FrameNumber frame = world.Allocate(), block = world.AllocateBlock(1);
        world.Buddy.Free(frame);
        world.Buddy.FreeBlock(block, 1);
        Assert.True(world.Ram.IsFilledWith(frame, BuddyAllocator.PoisonByte));
        Assert.True(world.Ram.IsFilledWith(block + new FrameCount(1), BuddyAllocator.PoisonByte));
    }

    [Fact]
    public void AWriteAfterFreeIsFoundWhenTheFrameIsHandedOutAgain()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        FrameNumber frame = world.Allocate();
        world.Buddy.Free(frame);
        world.Ram.Bytes(frame)[4000] = 1;
        AssertBroken("B6", () => world.Buddy.TryAllocate(FrameState.Kernel, out _));
    }

    [Fact]
    public void AStateChangedBehindTheHotStacksBackIsFoundWhenTheFrameIsHandedOut()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        FrameNumber frame = world.Allocate();
        world.Buddy.Free(frame);
        world.Frames[frame].State = FrameState.Kernel;
        AssertBroken("B2", () => world.Buddy.TryAllocate(FrameState.Kernel, out _));
    }

    [Fact]
    public void ABrokenLinkIsFoundBeforeItIsFollowed()
    {
        using FrameWorld world = new(FrameCount.MiB(4));
        _ = world.AllocateBlock(0);
        FrameNumber head = new(world.Buddy.Lists.Low.First(8));
        world.Frames[head].Next = 77;
        AssertBroken("B5", () => world.Buddy.TryAllocateBlock(8, FrameState.Kernel, out _));
    }

    private static void AssertBroken(string rule, Action act) =>
        Assert.StartsWith(rule, Assert.Throws<InvariantException>(act).Message, StringComparison.Ordinal);
}
