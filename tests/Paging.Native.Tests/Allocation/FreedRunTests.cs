using Paging.Native.Memory;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Neighbours that are freed in one sweep, and translated code of frames that get other bytes.</summary>
public sealed class FreedRunTests
{
    [Theory]
    [InlineData(1u, 1u)]
    [InlineData(5u, 27u)]
    [InlineData(31u, 34u)]
    [InlineData(1u, 255u)]
    public void ARunOfMappedPagesComesBackInLargestBlocks(uint first, uint count)
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        string before = world.FreeBlocks;
        List<FrameNumber> all = world.AllocateAll();
        foreach (FrameNumber frame in all) world.Frames[frame].MapCount = 1;
        world.Buddy.FreeAnonymous(new(first), count);
        Assert.Equal(count, world.Buddy.FreeFrames.Value);
        foreach (FrameNumber frame in all)
            Assert.Equal(frame.Value - first < count ? FrameState.Free : FrameState.Anonymous, world.Frames[frame].State);
        world.AssertClean();
        if (first > 1) world.Buddy.FreeAnonymous(new(1), first - 1);
        if (first + count < 256) world.Buddy.FreeAnonymous(new(first + count), 256 - first - count);
        Assert.Equal(before, world.FreeBlocks);
        world.AssertClean();
    }

    [Fact]
    public void CodeInAFrameIsReportedForEachWayOfFreeing()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        CodeFrames code = new(world.Ram.FrameCount);
        world.Ram.Observers.Code = code;
        foreach (FrameNumber frame in world.AllocateAll())
        {
            world.Frames[frame].MapCount = frame.Value is >= 16 and < 20 ? 1u : 0;
            Assert.True(code.Mark(frame));
        }

        world.Buddy.Free(new(9));
        world.Buddy.FreeBlock(new(12), 2);
        world.Buddy.FreeAnonymous(new(16), 4);
        List<uint> reported = [];
        while (code.TryTakeChanged(out FrameNumber frame)) reported.Add(frame.Value);
        Assert.Equal([9u, 12, 13, 14, 15, 16, 17, 18, 19], reported.Order().ToArray());
        Assert.Equal(9, code.ChangedCount);
        foreach (uint frame in (uint[])[8, 9, 10, 11, 12, 15, 16, 19, 20])
            Assert.Equal(!reported.Contains(frame), code.Holds(new(frame)));
    }

    /// <summary>In all words of the bitmap: a frame waits once, until it is marked and changed again.</summary>
    [Fact]
    public void AFrameWaitsOnceAndNoOtherWithIt()
    {
        CodeFrames code = new(new FrameCount(130));
        foreach (uint frame in (uint[])[0, 63, 64, 127, 128, 129])
        {
            Assert.False(code.Holds(new(frame)));
            Assert.True(code.Mark(new(frame)));
            Assert.False(code.Mark(new(frame)));
            for (uint other = 0; other < 130; other++) Assert.Equal(other == frame, code.Holds(new(other)));
            Assert.False(code.HasChanged);
            code.Changed(new(frame));
            code.Changed(new(frame));
            Assert.True(code.HasChanged);
            Assert.True(code.TryTakeChanged(out FrameNumber taken));
            Assert.Equal(frame, taken.Value);
            Assert.False(code.TryTakeChanged(out taken));
            Assert.Equal(0u, taken.Value);
        }

        Assert.Equal(6, code.ChangedCount);
        Assert.Throws<ArgumentOutOfRangeException>(() => code.Holds(new(130)));
        Assert.Throws<ArgumentOutOfRangeException>(() => code.Mark(new(130)));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new CodeFrames(new FrameCount((1 << 24) + 1)));
    }
}
