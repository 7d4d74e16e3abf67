using Paging.Core.Threads;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The one lock around faults and calls.</summary>
public sealed class SlowPathLockTests
{
    [Fact]
    public void OneThreadAtATimeIsInside()
    {
        const int Threads = 4, Turns = 5_000;
        SlowPathLock slowPath = new();
        int inside = 0, most = 0;
        long count = 0;
        Run(Threads, _ =>
        {
            for (int i = 0; i < Turns; i++)
            {
                if (!slowPath.TryEnter()) slowPath.Enter();
                most = Math.Max(most, Interlocked.Increment(ref inside));
                count++;
                Interlocked.Decrement(ref inside);
                slowPath.Exit();
            }
        });
        Assert.Equal(1, most);
        Assert.Equal(Threads * Turns, count);
        Assert.True(slowPath.TryEnter());
    }

    /// <summary>Each newcomer waits until it is in the queue before the next one comes, so that their order is known.</summary>
    [Fact]
    public void ThreadsPassInTheOrderInWhichTheyCame()
    {
        SlowPathLock slowPath = new();
        List<int> passed = [];
        slowPath.Enter();
        Thread[] threads = new Thread[6];
        for (int i = 0; i < threads.Length; i++)
        {
            int number = i;
            threads[i] = new(() =>
            {
                slowPath.Enter();
                passed.Add(number);
                slowPath.Exit();
            });
            threads[i].Start();
            SpinWait.SpinUntil(() => slowPath.WaiterCount == number + 1);
        }

        slowPath.Exit();
        foreach (Thread thread in threads) thread.Join();
        Assert.Equal([0, 1, 2, 3, 4, 5], passed);
    }

    [Fact]
    public void NobodyPassesAWaiter()
    {
        SlowPathLock slowPath = new();
        slowPath.Enter();
        Thread waiter = new(() =>
        {
            slowPath.Enter();
            Thread.Sleep(1);
            slowPath.Exit();
        });
        waiter.Start();
        SpinWait.SpinUntil(() => slowPath.WaiterCount == 1);
        Assert.False(slowPath.TryEnter());
        slowPath.Exit();
        waiter.Join();
        Assert.True(slowPath.TryEnter());
    }

    /// <summary>The scheduler of the interleaving tests, which asks in this process, allocates a little at every wait.</summary>
    [Fact]
    public void APreparedThreadAllocatesNoMoreWhenItFirstWaitsThanLater()
    {
        using SlowPathLock slowPath = new();
        long[] allocated = new long[3];    // by each of three waits of new threads; the first one warms the code up
        foreach (ref long bytes in allocated.AsSpan()) bytes = WaitOnce(slowPath, slowPath.Prepare);
        Assert.Equal(allocated[2], allocated[1]);
        Assert.NotEqual(allocated[1], WaitOnce(slowPath, static () => { }));    // unprepared
    }

    /// <summary>A new thread comes while the lock is held, and waits. Returns what it has allocated for that.</summary>
    private static long WaitOnce(SlowPathLock slowPath, Action prepare)
    {
        long allocated = 0;
        slowPath.Enter();
        Thread waiter = new(() =>
        {
            prepare();
            long before = GC.GetAllocatedBytesForCurrentThread();
            slowPath.Enter();
            slowPath.Exit();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        waiter.Start();
        SpinWait.SpinUntil(() => slowPath.WaiterCount == 1);
        slowPath.Exit();
        waiter.Join();
        return allocated;
    }

    [Fact]
    public void OnlyItsHolderLeaves()
    {
        SlowPathLock slowPath = new();
        Assert.False(slowPath.IsHeldHere);
        Assert.StartsWith("T9:", Assert.Throws<SynchronizationLockException>(slowPath.Exit).Message, StringComparison.Ordinal);
        Assert.True(slowPath.TryEnter());
        Assert.True(slowPath.IsHeldHere);
        Run(1, _ => Assert.Throws<SynchronizationLockException>(slowPath.Exit));
        slowPath.Exit();
    }

    private static void Run(int count, Action<int> body) => ThreadTeam.Run(count, body);
}
