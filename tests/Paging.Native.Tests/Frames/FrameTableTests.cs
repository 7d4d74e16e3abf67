using Paging.Native.Frames;
using Xunit;

namespace Paging.Native.Tests;

public sealed class FrameTableTests
{
    private static readonly FrameNumber Frame = new(9);

    [Fact]
    public void ANewTableHasOneReservedFrameAndAllOthersAreFree()
    {
        using FrameTable frames = new(FrameCount.MiB(1));
        Assert.Equal(FrameState.Reserved, frames[new(0)].State);
        Assert.Equal(1u, frames.CountOf(FrameState.Reserved).Value);
        Assert.Equal(255u, frames.CountOf(FrameState.Free).Value);
        Audits.AssertClean(frames.Audit);
    }

    [Fact]
    public void ATableWithoutFramesIsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new FrameTable(default));

    // Rows: from; columns: to. x the owner moves it, R only before the allocator starts, . never.
    [Theory]
    [InlineData("Free......", ".R......")]
    [InlineData("Reserved..", "........")]
    [InlineData("Kernel....", "........")]
    [InlineData("PageTable.", "........")]
    [InlineData("Anonymous.", "......x.")]
    [InlineData("PageCache.", "......xx")]
    [InlineData("SwapCache.", "....xx.x")]
    [InlineData("Allocated.", "..xxxxx.")]
    public void AFrameMovesOnlyAlongTheDrawnWays(string from, string row)
    {
        FrameState state = Enum.Parse<FrameState>(from.TrimEnd('.'));
        for (int to = 0; to < 8; to++)
        {
            using FrameTable frames = new(FrameCount.MiB(1));
            frames[Frame].State = state;
            if (row[to] == '.') Assert.Throws<InvariantException>(() => frames.Move(Frame, (FrameState)to));
            else frames.Move(Frame, (FrameState)to);
            Assert.Equal(row[to] == '.' ? state : (FrameState)to, frames[Frame].State);

            using FrameWorld started = new(FrameCount.MiB(1));    // its allocator has begun
            started.Frames[Frame].State = state;
            if (row[to] == 'R') Assert.Throws<InvariantException>(() => started.Frames.Move(Frame, (FrameState)to));
        }
    }

    [Fact]
    public void AForbiddenMoveIsReportedWithFrameStatesAndCounts()
    {
        using FrameTable frames = new(FrameCount.MiB(1));
        frames[Frame] = new() { State = FrameState.Anonymous, MapCount = 2, ReferenceCount = 3 };
        string message = Assert.Throws<InvariantException>(() => frames.Move(Frame, FrameState.Free)).Message;
        Assert.StartsWith("F2: frame 00009 is Anonymous with 2 mappings and 3 references and cannot become Free.", message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void MovesAreCountedByState()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        FrameNumber frame = world.Allocate(FrameState.Allocated);
        world.Frames.Move(frame, FrameState.PageCache);
        world.Frames.Move(frame, FrameState.SwapCache);
        world.Frames.Move(frame, FrameState.Anonymous);
        Assert.Equal(1u, world.Frames.CountOf(FrameState.Anonymous).Value);
        Assert.Equal(254u, world.Frames.CountOf(FrameState.Free).Value);
        Assert.Equal(0u, world.Frames.CountOf(FrameState.Allocated).Value + world.Frames.CountOf(FrameState.PageCache).Value);
        world.AssertClean();
    }

    [Fact]
    public void FramesBeyondRamAndAfterDisposeAreRefused()
    {
        FrameTable frames = new(FrameCount.MiB(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => frames[new(256)].State);
        frames.Dispose();
        Assert.Throws<ObjectDisposedException>(() => frames[new(1)].State);
    }
}
