using Xunit;

namespace Paging.Native.Tests;

/// <summary>Frames zeroed ahead of need are zeros when they are handed out, and as free as any other until then.</summary>
public sealed class ZeroedFramesTests
{
    [Fact]
    public void AZeroedFrameKeepsNoOldBytes()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        DirtyEverything(world);
        uint free = world.Buddy.FreeFrames.Value;
        Assert.Equal(100u, world.Buddy.ZeroAhead(target: 100, countMax: uint.MaxValue));
        Assert.Equal((100u, free), (world.Buddy.ZeroedCount.Value, world.Buddy.FreeFrames.Value));
        world.AssertClean();
        for (uint taken = 0; taken < 120; taken++)    // the last twenty are cleared on the spot
        {
            Assert.True(world.Buddy.TryTakeZeroed(out FrameNumber frame));
            world.Frames.HandOut(ref world.Frames[frame], FrameState.Anonymous);
            Assert.True(world.Ram.IsZero(frame));
            Assert.Equal(new() { State = FrameState.Anonymous, ReferenceCount = 1 }, world.Frames[frame]);
        }

        Assert.Equal((0u, free - 120), (world.Buddy.ZeroedCount.Value, world.Buddy.FreeFrames.Value));
        world.AssertClean();
    }

    [Fact]
    public void ZeroingKeepsToItsTargetAndItsBudget()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        Assert.Equal(7u, world.Buddy.ZeroAhead(target: 50, countMax: 7));
        Assert.Equal(43u, world.Buddy.ZeroAhead(target: 50, countMax: 1000));
        Assert.Equal(0u, world.Buddy.ZeroAhead(target: 50, countMax: 1000));
        Assert.Equal(50u, world.Buddy.ZeroedCount.Value);
    }

    [Fact]
    public void WhenNothingElseIsLeftZeroedFramesServeEveryRequest()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        world.Buddy.ZeroAhead(target: 200, countMax: 200);
        uint free = world.Buddy.FreeFrames.Value;
        List<FrameNumber> all = world.AllocateAll();
        Assert.Equal((int)free, all.Distinct().Count());
        Assert.Equal(0u, world.Buddy.FreeFrames.Value);
        world.AssertClean();
    }

    [Fact]
    public void ABlockIsMadeOfThemWhereThereIsNoOther()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        world.Buddy.ZeroAhead(target: 255, countMax: 255);
        FrameNumber block = world.AllocateBlock(6);
        Assert.Equal(0u, world.Buddy.ZeroedCount.Value);
        world.Buddy.FreeBlock(block, 6);
        world.AssertClean();
    }

    [Fact]
    public void AnInjectedFailureRefusesAZeroedFrame()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        world.Buddy.ZeroAhead(target: 3, countMax: 3);
        world.Injection.FailAtAllocation = 2;
        Assert.True(world.Buddy.TryTakeZeroed(out _));
        Assert.False(world.Buddy.TryTakeZeroed(out FrameNumber none));
        Assert.Equal(0u, none.Value);
        Assert.Equal(2u, world.Buddy.ZeroedCount.Value);
    }

    [Fact]
    public void TheAuditNoticesAZeroedFrameThatWasWrittenTo()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        world.Buddy.ZeroAhead(target: 5, countMax: 5);
        world.Ram.Bytes(new FrameNumber(world.Buddy.Zeroed.First))[123] = 1;
        AuditReport report = new();
        world.Buddy.Audit(report);
        Assert.True(report.Names("B9"));
    }

    private static void DirtyEverything(FrameWorld world)
    {
        List<FrameNumber> all = world.AllocateAll();
        foreach (FrameNumber frame in all) world.Ram.Fill(frame, 0x5A);
        foreach (FrameNumber frame in all) world.Buddy.Free(frame);
    }
}
