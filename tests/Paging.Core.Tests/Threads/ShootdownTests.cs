using System.Diagnostics;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Policies.Online;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>When a call returns, no thread uses what it took away.</summary>
public sealed class ShootdownTests
{
    [Fact]
    public void UnmapWaitsUntilARunningThreadPolls()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(1);
        using SpanHolder other = new(world, at, stored: 7);
        Assert.Equal(Errno.None, world.Memory.Unmap(at, 4096));
        Assert.True(other.HasStored);    // the frame was still its own
        Assert.Equal(1, world.Engine.Threads.Count().Shootdowns);
    }

    /// <summary>No page is cached, as a policy wants every access; a span that its thread holds is waited for all the same.</summary>
    [Fact]
    public void UnmapWaitsForAPageThatIsUsedUncached()
    {
        ReclaimPolicy policy = ReclaimPolicy.Of<LruPolicy>(AccessInformation.EveryAccess);
        using ThreadedEngine world = new(new() { RamBytes = 16 << 20, Policy = policy });
        VirtualAddress at = world.Map(1);
        using SpanHolder other = new(world, at, stored: 7);
        Assert.Equal(Errno.None, world.Memory.Unmap(at, 4096));
        Assert.True(other.HasStored);
        Assert.Equal(1, world.Engine.Threads.Count().Shootdowns);
    }

    /// <summary>T13 holds for the right to execute as well: a thread may have found it for the fetch that it is about to make.</summary>
    [Fact]
    public void TakingTheRightToExecuteWaitsForARunningThread()
    {
        using ThreadedEngine world = new();
        World.Succeeds(world.Memory.Map(
            default, 4096, MemoryProtection.ReadWrite | MemoryProtection.Execute, ThreadedEngine.Private, out VirtualAddress at));
        using SpanHolder other = new(world, at, stored: 7);
        Assert.Equal(Errno.None, world.Memory.Protect(at, 4096, MemoryProtection.ReadWrite));
        Assert.True(other.HasStored);
        Assert.Equal(1, world.Engine.Threads.Count().Shootdowns);
    }

    [Fact]
    public void NoCallWaitsForAThreadThatRestsOrRunsElsewhere()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(3);
        UserProcess elsewhere = world.Engine.CreateProcess("elsewhere");
        using ManualResetEventSlim ready = new(), end = new();
        Thread other = new(() =>
        {
            using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
            processor.Run(world.Process);
            world.Mmu.Write(at, 1u);
            processor.Run(elsewhere);
            ready.Set();
            end.Wait();
        });
        other.Start();
        ready.Wait();
        Assert.Equal(Errno.None, world.Memory.Unmap(at, 4096));
        Assert.Equal(0, world.Engine.Threads.Count().Shootdowns);
        end.Set();
        other.Join();
    }

    /// <summary>Nothing was cached, so nothing can be stale.</summary>
    [Fact]
    public void NoCallWaitsWhenNothingWasCached()
    {
        using ThreadedEngine world = new();
        using ManualResetEventSlim ready = new(), end = new();
        Thread other = new(() =>
        {
            using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
            processor.Run(world.Process);
            ready.Set();
            end.Wait();
            processor.Rest();
        });
        other.Start();
        ready.Wait();
        VirtualAddress at = world.Map(8);
        Assert.Equal(Errno.None, world.Memory.Unmap(at, 8 << 12));
        end.Set();
        other.Join();
    }

    [Fact]
    public void AThreadThatNeverPollsIsNamedAndItsFramesWait()
    {
        using ThreadedEngine world = new(new() { RamBytes = 16 << 20, ShootdownTimeout = TimeSpan.FromMilliseconds(100) });
        VirtualAddress at = world.Map(4);
        using ManualResetEventSlim ready = new(), end = new();
        Thread other = new(() =>
        {
            using VirtualProcessor processor = world.Engine.Threads.CreateProcessor("sleeper");
            processor.Run(world.Process);
            for (uint page = 0; page < 4; page++) world.Mmu.Write(at + (page << 12), page);
            ready.Set();
            end.Wait();
        });
        other.Start();
        ready.Wait();
        FrameCount free = world.Engine.Frames.CountOf(FrameState.Free);
        TimeoutException report = Assert.Throws<TimeoutException>(() => world.Memory.Unmap(at, 4 << 12));
        Assert.Contains("'sleeper'", report.Message, StringComparison.Ordinal);
        Assert.Equal(new(4), world.Engine.Threads.Count().WaitingFrames);
        end.Set();
        other.Join();
        Assert.Equal(Errno.None, world.Memory.Unmap(at, 4 << 12));    // any hold gives them back
        Assert.Equal(default, world.Engine.Threads.Count().WaitingFrames);
        Assert.True(world.Engine.Frames.CountOf(FrameState.Free) >= free + new FrameCount(4));
    }

    [Fact]
    public void AThreadThatEndsWithoutAWordIsNoticed()
    {
        using ThreadedEngine world = new(new() { RamBytes = 16 << 20, ShootdownTimeout = TimeSpan.FromMinutes(10) });
        VirtualAddress at = world.Map(1);
        Thread other = new(() =>
        {
            VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
            processor.Run(world.Process);
            world.Mmu.Write(at, 1u);
        });
        other.Start();
        other.Join();
        long start = Stopwatch.GetTimestamp();
        Assert.Equal(Errno.None, world.Memory.Unmap(at, 4096));
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(5));    // it was not waited for
        Assert.Equal(1, world.Engine.Threads.Count().LostProcessors);
    }

    [Fact]
    public void PinnedMemoryStaysWhenItIsUnmapped()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(1);
        PinnedMemory pinned = world.Process.Pin(at, 4096, AccessKind.Write);
        Assert.Equal(Errno.None, world.Memory.Unmap(at, 4096));
        pinned.Dispose();
    }
}
