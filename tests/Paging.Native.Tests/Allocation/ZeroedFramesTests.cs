using Paging.Native.Allocation;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Frames zeroed ahead of need are zeros when they are handed out, and as free like any other until then.</summary>
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
        world.Ram.Bytes(new FrameNumber(world.Buddy.Zeroed.Top.First))[123] = 1;
        AuditReport report = new();
        world.Buddy.Audit(report);
        Assert.True(report.Names("B9"));
    }

    /// <summary>Runs are made, joined and used up in any order, and stocks take parts of them: frames leave as from a stack.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void TheLastFrameInIsTheFirstOneOut(int seed)
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        Random random = new(seed);
        ZeroedFrames zeroed = world.Buddy.Zeroed;
        List<uint> outside = [];
        while (world.Buddy.TryTake(out FrameNumber frame)) outside.Add(frame.Value);
        foreach (uint frame in outside) world.Ram.Clear(new(frame));
        Stack<uint> expected = [];
        for (int step = 0; step < 2_000; step++)
        {
            if (random.Next(2) == 0 && outside.Count != 0)
            {
                int at = random.Next(3) == 0 ? random.Next(outside.Count) : outside.IndexOf(zeroed.Top.First - 1);
                if (at < 0) continue;
                zeroed.Push(outside[at]);
                expected.Push(outside[at]);
                outside.RemoveAt(at);
            }
            else if (expected.Count != 0)
            {
                uint count = random.Next(2) == 0 ? 1 : zeroed.Top.End - zeroed.Top.First;
                uint first = zeroed.Top.First;
                if (count == 1) Assert.Equal(first, zeroed.Pop());
                else zeroed.PopMarked(count);
                for (uint i = 0; i < count; i++) Assert.Equal(expected.Pop(), first + i);
                for (uint i = 0; i < count; i++) world.Frames[new FrameNumber(first + i)].Private = 0;
                outside.AddRange(Enumerable.Range((int)first, (int)count).Select(static frame => (uint)frame));
            }

            Assert.Equal((uint)expected.Count, zeroed.Count);
        }

        foreach (uint frame in outside) world.Buddy.Reinsert(new(frame));
        world.AssertClean();
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(0xFFFF_FFFFu)]
    public void TheAuditNoticesARunWithAWrongEnd(uint end)
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        world.Buddy.ZeroAhead(target: 3, countMax: 3);
        Assert.True(world.Buddy.TryTake(out FrameNumber apart));
        world.Ram.Clear(apart);
        world.Buddy.Zeroed.Push(apart.Value);    // a run of its own, above the other
        Assert.NotEqual(0u, world.Buddy.Zeroed.Top.Below);
        ref FrameDescriptor below = ref world.Frames[new FrameNumber(world.Buddy.Zeroed.Top.Below)];
        below.Previous = end;
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
