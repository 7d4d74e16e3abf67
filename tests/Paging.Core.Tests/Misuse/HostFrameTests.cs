using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Frames that the host takes for itself, and copies of descriptors that it may look at.</summary>
public sealed class HostFrameTests
{
    [Fact]
    public void TakenFramesAreAlignedCountedAndGivenBack()
    {
        using World world = new();
        Balance before = Balance.Of(world.Engine);
        Assert.True(world.Engine.Frames.TryTake(4, out FrameNumber first));
        Assert.Equal(0u, first.Value % 16);
        Assert.Equal(before.Free - 16, Balance.Of(world.Engine).Free);
        Assert.Equal(FrameState.Kernel, world.Engine.Frames.Describe(first).State);
        world.Verify();
        world.Engine.Frames.Return(first, 4);
        Assert.Equal(before, Balance.Of(world.Engine));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void OnlyFramesThatTheHostTookAreGivenBack()
    {
        using World world = new(3);    // with a kernel table
        world.Map(0, 1);
        world.Touch(0);
        Assert.Throws<ArgumentException>(() => world.Engine.Frames.Return(Damage.FrameAt(world, 0), 0));
        Assert.Throws<ArgumentException>(() => world.Engine.Frames.Return(world.Machine.KernelHalf.Table, 0));
        Assert.Throws<ArgumentException>(() => world.Engine.Frames.Return(default, 0));
        Assert.True(world.Engine.Frames.TryTake(0, out FrameNumber frame));
        Assert.Throws<ArgumentException>(() => world.Engine.Frames.Return(frame, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Engine.Frames.Return(frame, 11));
        world.Engine.Frames.Return(frame, 0);
        Assert.Throws<ArgumentException>(() => world.Engine.Frames.Return(frame, 0));
        world.AssertNothingIsLeft();
    }

    /// <summary>The first frame is the host's and the one after it is not, so the block is not given back.</summary>
    [Fact]
    public void TheRestOfABlockIsLookedAtToo()
    {
        using World world = new();
        List<FrameNumber> others = [];
        FrameNumber first;
        while (true)
        {
            Assert.True(world.Engine.Frames.TryTake(0, out first));
            if (first.Value % 2 == 0) break;
            others.Add(first);
        }

        others.ForEach(frame => world.Engine.Frames.Return(frame, 0));
        Balance before = Balance.Of(world.Engine);
        ArgumentException refused = Assert.Throws<ArgumentException>("first", () => world.Engine.Frames.Return(first, 1));
        Assert.Contains($"{first.Value + 1:x5}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Balance.Of(world.Engine));
        world.Engine.Frames.Return(first, 0);
        world.AssertNothingIsLeft();
    }

    /// <summary>Every frame of a block must be the host's: one that is too large is refused, and nothing has changed.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 5)]
    public void ABlockThatIsTooLargeIsNotGivenBack(int taken, int returned)
    {
        using World world = new();
        Assert.True(world.Engine.Frames.TryTake(returned, out FrameNumber first));    // aligned for both
        world.Engine.Frames.Return(first, returned);
        Assert.True(world.Engine.Frames.TryTake(taken, out FrameNumber again));
        Balance before = Balance.Of(world.Engine);
        FrameNumber aligned = new(again.Value & ~((1u << returned) - 1));
        Assert.Throws<ArgumentException>("first", () => world.Engine.Frames.Return(aligned, returned));
        Assert.Equal(before, Balance.Of(world.Engine));
        world.Engine.Frames.Return(again, taken);
        world.AssertNothingIsLeft();
    }

    /// <summary>A file shows frames 2 and 3 of eight. Blocks with one of them are given back when the file is gone.</summary>
    [Theory]
    [InlineData(0, 1, true), InlineData(4, 1, true), InlineData(4, 2, true), InlineData(1, 0, true), InlineData(4, 0, true)]
    [InlineData(2, 1, false), InlineData(2, 0, false), InlineData(3, 0, false), InlineData(0, 2, false), InlineData(0, 3, false)]
    public void FramesThatAFileShowsAreKept(uint at, int order, bool isFree)
    {
        using World world = new();
        GuestFile device = world.Engine.Files.CreateDevice("device", new RecordingDevice(), 1L << 31);    // has no frames at any length
        Assert.True(world.Engine.Frames.TryTake(3, out FrameNumber first));
        GuestFile screen = world.Engine.Files.CreateFrameFile("screen", first + new FrameCount(2), new FrameCount(2));
        Balance before = Balance.Of(world.Engine);
        FrameNumber block = first + new FrameCount(at);
        if (isFree)
        {
            world.Engine.Frames.Return(block, order);
            Assert.Equal(before.Free + (1 << order), Balance.Of(world.Engine).Free);
        }
        else
        {
            Assert.Contains("screen", Assert.Throws<ArgumentException>("first", () => world.Engine.Frames.Return(block, order)).Message,
                StringComparison.Ordinal);
            Assert.Equal(before, Balance.Of(world.Engine));
        }

        screen.Dispose();
        if (!isFree) world.Engine.Frames.Return(block, order);
        for (uint frame = 0; frame < 8; frame++)
            if (frame < at || frame >= at + (1u << order)) world.Engine.Frames.Return(first + new FrameCount(frame), 0);
        device.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void FramesThatAreNotThereAreNotTaken()
    {
        using World world = new(1);
        Assert.False(world.Engine.Frames.TryTake(10, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Engine.Frames.Describe(new(256)));
        world.AssertNothingIsLeft();
    }
}
