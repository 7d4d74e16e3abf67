using Paging.Core.Spaces;
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
        Assert.True(world.Engine.TryTakeFrames(4, out FrameNumber first));
        Assert.Equal(0u, first.Value % 16);
        Assert.Equal(before.Free - 16, Balance.Of(world.Engine).Free);
        Assert.Equal(FrameState.Kernel, world.Engine.DescribeFrame(first).State);
        world.Verify();
        world.Engine.ReturnFrames(first, 4);
        Assert.Equal(before, Balance.Of(world.Engine));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void OnlyWhatTheHostTookIsGivenBack()
    {
        using World world = new(3);    // with a kernel table
        world.Map(0, 1);
        world.Touch(0);
        Assert.Throws<ArgumentException>(() => world.Engine.ReturnFrames(Damage.FrameAt(world, 0), 0));
        Assert.Throws<ArgumentException>(() => world.Engine.ReturnFrames(world.Machine.KernelHalf.Table, 0));
        Assert.Throws<ArgumentException>(() => world.Engine.ReturnFrames(default, 0));
        Assert.True(world.Engine.TryTakeFrames(0, out FrameNumber frame));
        Assert.Throws<ArgumentException>(() => world.Engine.ReturnFrames(frame, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Engine.ReturnFrames(frame, 11));
        world.Engine.ReturnFrames(frame, 0);
        Assert.Throws<ArgumentException>(() => world.Engine.ReturnFrames(frame, 0));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void WhatIsNotThereIsNotTaken()
    {
        using World world = new(1);
        Assert.False(world.Engine.TryTakeFrames(10, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Engine.DescribeFrame(new(256)));
        world.AssertNothingIsLeft();
    }
}
