using Paging.Core.Threads;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A replay whose threads do something else than those of the recorded run ends in an exception.</summary>
public sealed class HoldOrderTests
{
    [Fact]
    public void AStuckReplayNamesTheMissingProcessor()
    {
        HoldOrder order = new([1, 2], TimeSpan.Zero);
        Assert.False(order.TryPass(2));
        string message = Assert.Throws<InvalidOperationException>(() => order.ThrowIfStuck(2)).Message;
        Assert.Contains("hold 0 of 2 for processor 1, while processor 2", message, StringComparison.Ordinal);
        Assert.True(order.TryPass(1));
        Assert.Contains("hold 1 of 2 for processor 2, while processor 3",
            Assert.Throws<InvalidOperationException>(() => order.ThrowIfStuck(3)).Message, StringComparison.Ordinal);
        Assert.True(order.TryPass(2));
        order.ThrowIfStuck(3);    // the holds are over: any thread may go
        Assert.True(order.TryPass(3));
    }

    [Fact]
    public void PatienceBeginsAnewWithEachHold()
    {
        HandClock clock = new();
        HoldOrder order = new([1, 2], TimeSpan.FromMilliseconds(400), clock);
        clock.Pass(milliseconds: 399);
        order.ThrowIfStuck(2);
        clock.Pass(milliseconds: 1);
        Assert.Throws<InvalidOperationException>(() => order.ThrowIfStuck(2));
        Assert.True(order.TryPass(1));
        clock.Pass(milliseconds: 399);
        order.ThrowIfStuck(1);
        Assert.False(order.TryPass(7));
        clock.Pass(milliseconds: 1);
        Assert.Throws<InvalidOperationException>(() => order.ThrowIfStuck(1));    // the refusal above was no hold
        HoldOrder usual = new([1], patience: null, clock);
        clock.Pass(milliseconds: 9_999);
        usual.ThrowIfStuck(7);
        clock.Pass(milliseconds: 1);
        Assert.Throws<InvalidOperationException>(() => usual.ThrowIfStuck(7));
    }

    /// <summary>A call that only looks is no hold; one that may change something is, of the thread's processor or of none.</summary>
    [Fact]
    public void LookingIsNoHold()
    {
        using ThreadedEngine world = new();
        world.Engine.Threads.RecordOrder();
        _ = world.Engine.Threads.Count();
        world.Memory.SetBreak(default);
        _ = world.Engine.Threads.Count();
        Assert.Equal([0], world.Engine.Threads.StopOrder());
    }

    /// <summary>A fault whose place comes later waits at rest until the others have made theirs, however long that takes.</summary>
    [Fact]
    public void AFaultWaitsForItsHold()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(2);
        SlowPath shared = world.Engine.Parts.Machine.Callers.Shared!;
        using CountdownEvent ready = new(2);
        using SemaphoreSlim first = new(0), second = new(0), done = new(0), end = new(0);
        Thread[] threads = new Thread[2];
        for (int i = 0; i < 2; i++)
        {
            threads[i] = new(() =>
            {
                VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
                bool isFirst = shared.Processors.Here!.Id == 1;
                processor.Run(world.Process);
                ready.Signal();
                (isFirst ? first : second).Wait();
                world.Mmu.Write(at + (isFirst ? 0u : 4096), 1u);
                processor.Rest();
                done.Release();
                end.Wait();
            });
            threads[i].Start();
        }

        ready.Wait();
        shared.Order = new([2, 1]);
        first.Release();
        world.AwaitWaits(3);
        Assert.False(done.Wait(0));
        Assert.Equal(0L, world.Memory.Space.Statistics.Resident);
        Assert.True(shared.Processors.TryFindRunning(out ProcessorState? away));
        Assert.Equal(1, away.Id);
        second.Release();
        Assert.True(done.Wait(20_000) && done.Wait(20_000));
        Assert.Equal(2L, world.Memory.Space.Statistics.Resident);
        Assert.False(shared.Processors.TryFindRunning(out _));    // both are alive and at rest
        Assert.Equal([2, 1], world.Engine.Threads.StopOrder());
        end.Release(2);
        foreach (Thread thread in threads) thread.Join();
    }

    /// <summary>A call waits before it begins, a fault before it changes anything. Both give up, and others can go on.</summary>
    [Fact]
    public void AThreadThatGivesUpLeavesTheSlowPath()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(2);
        SlowPath shared = world.Engine.Parts.Machine.Callers.Shared!;
        for (int round = 0; round < 2; round++)
        {
            world.Run(1, (_, _) =>
            {
                shared.Order = new([99], TimeSpan.Zero);
                Assert.Throws<InvalidOperationException>(() => world.Memory.Unmap(at, 4096));
                Assert.False(shared.IsHere);
                Assert.Throws<InvalidOperationException>(() => world.Mmu.Write(at, 1u));
                Assert.False(shared.IsHere);
                Assert.Equal([99], world.Engine.Threads.StopOrder());
            });
            Assert.Equal(0L, world.Memory.Space.Statistics.Resident);
        }

        world.Run(1, (_, _) => world.Mmu.Write(at, 1u));
        Assert.Equal(1L, world.Memory.Space.Statistics.Resident);
        Assert.Empty(world.Engine.Threads.StopOrder());
    }

    /// <summary>A clock on which time passes when the test says so.</summary>
    private sealed class HandClock : TimeProvider
    {
        private long _milliseconds;

        public override long TimestampFrequency => 1_000;

        public override long GetTimestamp() => _milliseconds;

        public void Pass(long milliseconds) => _milliseconds += milliseconds;
    }
}
