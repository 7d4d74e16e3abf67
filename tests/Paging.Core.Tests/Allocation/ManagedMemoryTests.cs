using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The measurement after every assertion of zero bytes: it sees garbage however small or rare.</summary>
public sealed class ManagedMemoryTests
{
    private static object? _kept;

    [Fact]
    public void ABodyThatAllocatesNothingIsMeasuredAsZero() => Assert.Equal(0, ManagedMemory.BytesAllocatedBy(static () => Spin(100_000)));

    [Fact]
    public void EachRunCounts() => Assert.Equal(4 * 24, ManagedMemory.BytesAllocatedBy(static () => _kept = new object()));

    /// <summary>64 KiB once in 150,000 steps, in a body of 100,000: every other run allocates nothing.</summary>
    [Fact]
    public void GarbageOfSomeRunsIsSeen()
    {
        int steps = 0;
        long bytes = ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int step = 0; step < 100_000; step++)
                if (++steps % 150_000 == 0) _kept = new byte[64 << 10];
        });
        Assert.InRange(bytes, 2 * (64 << 10), 4 * (64 << 10));
    }

    /// <summary>The collector must not disturb the count, whichever thread makes it run.</summary>
    [Fact]
    public void CollectionsOnOtherThreadsAddNothing()
    {
        using CancellationTokenSource end = new();
        Thread other = new(() =>
        {
            while (!end.IsCancellationRequested)
            {
                GC.KeepAlive(new byte[1 << 20]);
                GC.Collect(0);
            }
        });
        other.Start();
        int before = GC.CollectionCount(0);
        long bytes = ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int until = GC.CollectionCount(0) + 5; GC.CollectionCount(0) < until;) Spin(100);
        });
        end.Cancel();
        other.Join();
        Assert.True(GC.CollectionCount(0) - before >= 20);
        Assert.Equal(0, bytes);
    }

    private static void Spin(int count)
    {
        for (int i = 0; i < count; i++) Volatile.Write(ref _kept, null);
    }
}
