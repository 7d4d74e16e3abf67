using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Compaction beside a thread that has found a page's frame: its stores until it rests move with the page.</summary>
/// <remarks>Linux: mm/migrate.c migrate_folio_unmap, whose TLB flush comes before the copy.</remarks>
public sealed class MoveBesideThreadsTests
{
    [Fact]
    public void AStoreBeforeTheThreadPollsIsMovedToo()
    {
        using ThreadedEngine world = new();
        Scatter(world.Engine);
        VirtualAddress at = world.Map(1);
        using SpanHolder other = new(world, at, stored: 7);
        FrameNumber before = FrameOf(world, at);
        Assert.NotEqual(0u, world.Engine.Frames.Compact().Value);
        Assert.NotEqual(before, FrameOf(world, at));
        Assert.Equal(7u, world.Engine.Ram.Words(FrameOf(world, at))[0]);
    }

    /// <summary>A thread that does not come to rest in time: the page stays where it is, and the thread is named.</summary>
    [Fact]
    public void APageStaysWhereAThreadDoesNotRest()
    {
        using ThreadedEngine world = new(new() { RamBytes = 16 << 20, ShootdownTimeout = TimeSpan.FromMilliseconds(50) });
        Scatter(world.Engine);
        VirtualAddress at = world.Map(1);
        using ManualResetEventSlim found = new(), end = new();
        Thread other = new(() =>
        {
            using VirtualProcessor processor = world.Engine.Threads.CreateProcessor("sleeper");
            processor.Run(world.Process);
            world.Mmu.Write(at, 5u);
            found.Set();
            end.Wait();
        });
        other.Start();
        found.Wait();
        FrameNumber before = FrameOf(world, at);
        uint free = world.Engine.Frames.CountOf(FrameState.Free).Value;
        TimeoutException report = Assert.Throws<TimeoutException>(() => world.Engine.Frames.Compact());
        Assert.Contains("'sleeper'", report.Message, StringComparison.Ordinal);
        Assert.Equal(before, FrameOf(world, at));
        HugeCounters counters = world.Engine.HugePages.Counters;
        Assert.Equal((1L, 0L, free), (counters.MovesRefused, counters.Moved, world.Engine.Frames.CountOf(FrameState.Free).Value));
        end.Set();
        other.Join();
        Assert.NotEqual(0u, world.Engine.Frames.Compact().Value);
        Assert.NotEqual(before, FrameOf(world, at));
        Assert.Equal(5u, world.Engine.Ram.Words(FrameOf(world, at))[0]);
    }

    /// <summary>
    /// The host has a frame in each part of RAM, so that none is left alone as wholly free. The lowest frame is taken next: it can move up.
    /// </summary>
    private static void Scatter(PagingEngine engine)
    {
        List<FrameNumber> all = engine.TakeAllFrames();
        foreach (FrameNumber frame in all.Where(static frame => frame.Value % 512 != 77).OrderByDescending(static frame => frame.Value))
            engine.Frames.Return(frame, 0);
    }

    private static FrameNumber FrameOf(ThreadedEngine world, VirtualAddress at) => world.Memory.Space.Tables.Read(at.Page).Frame;
}
