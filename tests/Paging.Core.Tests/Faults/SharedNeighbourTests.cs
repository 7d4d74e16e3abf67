using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Pages in neighbouring frames, shared after a fork or the process's own, are unmapped eight at once.</summary>
/// <remarks>Each case compares the counts of every frame, however they were changed.</remarks>
public sealed class SharedNeighbourTests
{
    private const int Pages = 40;

    public static TheoryData<int, int> Ranges
    {
        get
        {
            TheoryData<int, int> ranges = [];
            for (int first = 0; first <= 9; first++)
                foreach (int count in (int[])[1, 7, 8, 9, 16, 23, 30]) ranges.Add(first, count);
            return ranges;
        }
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public void PagesThatTheChildUnmapsStayTheParents(int first, int count)
    {
        using World world = new();
        FrameNumber[] frames = Touch(world);
        using UserProcess child = world.First.Fork();
        World.Succeeds(child.Memory.Unmap(World.At(first), World.Bytes(count)));
        for (int i = 0; i < Pages; i++)
        {
            bool isGone = i >= first && i < first + count;
            Assert.Equal(isGone ? 1u : 2u, world.Engine.Frames.Describe(frames[i]).MapCount);
            Assert.Equal(i + 1, world.Peek(i));
            Assert.Equal(!isGone, child.Memory.Mmu.TryRead(World.At(i), out byte _, out _));
        }

        Assert.Equal(Pages - count, child.Memory.Space.Statistics.ResidentAnonymous);
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(15)]
    public void APageThatIsTheChildsAloneIsFreed(int written)
    {
        using World world = new();
        FrameNumber[] frames = Touch(world);
        UserProcess child = world.First.Fork();
        child.Memory.Mmu.Write(World.At(written), (byte)0xAA);    // a copy of its own, and the parent's is the parent's alone
        uint free = world.Machine.Allocator.FreeFrames.Value;
        World.Succeeds(child.Memory.Unmap(World.At(0), World.Bytes(Pages)));
        Assert.True(world.Machine.Allocator.FreeFrames.Value > free);
        foreach (FrameNumber frame in frames) Assert.Equal(1u, world.Engine.Frames.Describe(frame).MapCount);
        world.Verify();
        child.Dispose();
        world.AssertNothingIsLeft();
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public void PagesOfOneProcessAreFreed(int first, int count)
    {
        using World world = new();
        FrameNumber[] frames = Touch(world);
        World.Succeeds(world.Memory.Unmap(World.At(first), World.Bytes(count)));
        for (int i = 0; i < Pages; i++)
        {
            bool isGone = i >= first && i < first + count;
            Assert.Equal(isGone ? FrameState.Free : FrameState.Anonymous, world.Engine.Frames.Describe(frames[i]).State);
            if (!isGone) Assert.Equal(i + 1, world.Peek(i));
        }

        Assert.Equal(Pages - count, world.Memory.Space.Statistics.ResidentAnonymous);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void OfThreeProcessesTheLastFreesTheFrames()
    {
        using World world = new();
        FrameNumber[] frames = Touch(world);
        UserProcess second = world.First.Fork(), third = world.First.Fork();
        foreach (UserProcess process in (UserProcess[])[second, world.First, third])
        {
            uint users = world.Engine.Frames.Describe(frames[0]).MapCount;
            process.Dispose();
            world.Verify();
            foreach (FrameNumber frame in frames) Assert.Equal(users - 1, world.Engine.Frames.Describe(frame).MapCount);
        }

        Assert.All(frames, frame => Assert.Equal(FrameState.Free, world.Engine.Frames.Describe(frame).State));
    }

    private static FrameNumber[] Touch(World world)
    {
        world.Map(0, Pages);
        FrameNumber[] frames = new FrameNumber[Pages];
        for (int i = 0; i < Pages; i++)
        {
            world.Touch(i, (byte)(i + 1));
            frames[i] = world.Memory.Space.Tables.Read(World.At(i).Page).Frame;
        }

        return frames;
    }
}
