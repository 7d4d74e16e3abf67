using System.Diagnostics;
using System.Globalization;
using Paging.Core.Threads;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The one lock around faults and calls.</summary>
public sealed class SlowPathLockTests
{
    private static int Here => Environment.CurrentManagedThreadId;

    [Fact]
    public void OneThreadAtATimeIsInside()
    {
        const int Threads = 4, Holds = 5_000;
        SlowPathLock slowPath = new();
        int inside = 0, most = 0;
        long count = 0;
        Run(Threads, _ =>
        {
            for (int i = 0; i < Holds; i++)
            {
                if (!slowPath.TryEnter(Here)) slowPath.Enter();
                most = Math.Max(most, Interlocked.Increment(ref inside));
                count++;
                Interlocked.Decrement(ref inside);
                slowPath.Exit(Here);
            }
        });
        Assert.Equal(1, most);
        Assert.Equal(Threads * Holds, count);
        Assert.True(slowPath.TryEnter(Here));
    }

    /// <summary>A sleeper is passed a bounded number of times, however many sleep before it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void SleepersArePassedABoundedNumberOfTimes(int sleepers)
    {
        SlowPathLock slowPath = new(passesMax: 4);
        slowPath.Enter();
        Thread[] threads = [.. Enumerable.Range(0, sleepers).Select(_ => new Thread(() => Pass(slowPath)))];
        foreach (Thread thread in threads) thread.Start();
        SpinWait.SpinUntil(() => slowPath.QueueLength == sleepers);
        int passes = 0;
        while (slowPath.QueueLength != 0)
        {
            slowPath.Exit(Here);
            if (slowPath.TryEnter(Here)) passes++;
            else slowPath.Enter();
        }

        slowPath.Exit(Here);
        foreach (Thread thread in threads) thread.Join();
        Assert.True(passes <= 4, $"{passes} holds passed {sleepers} sleepers.");
    }

    /// <summary>A sleeper is not asleep at once, and may be quick: in one of many rounds it is passed.</summary>
    [Fact]
    public void ARunningThreadMayPassASleeper() => Assert.True(SpinWait.SpinUntil(PassesASleeper, TimeSpan.FromSeconds(10)));

    private static bool PassesASleeper()
    {
        SlowPathLock slowPath = new();
        slowPath.Enter();
        Thread sleeper = new(() => Pass(slowPath));
        sleeper.Start();
        SpinWait.SpinUntil(() => slowPath.QueueLength == 1);
        slowPath.Exit(Here);
        bool passes = slowPath.TryEnter(Here) && slowPath.QueueLength == 1;
        if (slowPath.IsHeldHere) slowPath.Exit(Here);
        sleeper.Join();
        return passes;
    }

    /// <summary>
    /// No thread waits more than 10 ms while others make 1,000 holds. Time in which it waits for a processor of the host is not counted:
    /// a thread that the host does not run cannot ask for its hold. One quiet round of ten is enough.
    /// </summary>
    [Fact]
    public void NoThreadWaitsLongWhileOthersMakeHolds()
    {
        List<string> findings = [];
        for (int round = 0; round < 10 && findings.Count == round; round++)
            if (FindLongWait() is { } finding) findings.Add(finding);
        Assert.True(findings.Count < 10, string.Join(Environment.NewLine, findings));
    }

    private static string? FindLongWait()
    {
        const int Threads = 4, Holds = 20_000;
        SlowPathLock slowPath = new();
        long count = 0;
        string? finding = null;
        Run(Threads, _ =>
        {
            double notRun = MillisecondsNotRun();
            for (int i = 0; i < Holds; i++)
            {
                long before = Volatile.Read(ref count), start = Stopwatch.GetTimestamp();
                if (!slowPath.TryEnter(Here)) slowPath.Enter();
                double waited = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                if (waited > 10 && count - before > 1_000)
                {
                    double later = MillisecondsNotRun();
                    if (waited - (later - notRun) > 10) finding = $"{waited:0.0} ms, {count - before} holds of others";
                    notRun = later;
                }

                count++;
                slowPath.Exit(Here);
            }
        });
        return finding;
    }

    // How long this thread has waited for a processor of the host. Linux: Documentation/scheduler/sched-stats.rst, the second number.
    private static double MillisecondsNotRun() => File.Exists("/proc/thread-self/schedstat")
        ? long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[1], CultureInfo.InvariantCulture) / 1e6 : 0;

    private static void Pass(SlowPathLock slowPath)
    {
        slowPath.Enter();
        slowPath.Exit(Here);
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
            slowPath.Exit(Here);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        waiter.Start();
        SpinWait.SpinUntil(() => slowPath.QueueLength == 1);
        slowPath.Exit(Here);
        waiter.Join();
        return allocated;
    }

    [Fact]
    public void OnlyItsHolderLeaves()
    {
        SlowPathLock slowPath = new();
        Assert.False(slowPath.IsHeldHere);
        Assert.StartsWith("T9:", Assert.Throws<SynchronizationLockException>(() => slowPath.Exit(Here)).Message, StringComparison.Ordinal);
        Assert.True(slowPath.TryEnter(Here));
        Assert.True(slowPath.IsHeldHere);
        Run(1, _ => Assert.Throws<SynchronizationLockException>(() => slowPath.Exit(Here)));
        slowPath.Exit(Here);
    }

    private static void Run(int count, Action<int> body) => ThreadTeam.Run(count, body);
}
