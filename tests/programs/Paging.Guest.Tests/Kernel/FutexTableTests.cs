using Paging.Guest.Machine;
using Paging.Guest.Processes;

namespace Paging.Guest.Tests;

/// <summary>Whom a wake finds: by word, by mask, as many as it may, in the order in which they went to sleep.</summary>
/// <remarks>Linux: kernel/futex/waitwake.c futex_wake, requeue.c.</remarks>
public sealed class FutexTableTests
{
    private static readonly FutexKey Here = new(1, 0x1000), There = new(1, 0x2000);

    private readonly FutexTable _table = new(new WakeUps());

    /// <summary>A bit in common is enough, and none is too few.</summary>
    [Fact]
    public void AMaskWakesThoseWithWhomItSharesABit()
    {
        FutexWaiter[] waiters = [Sleep(Here, 1), Sleep(Here, 2), Sleep(Here, 3), Sleep(Here, 4)];
        Assert.Equal(2, _table.Wake(Here, int.MaxValue, 2));
        Assert.Equal("-ww-", Picture(waiters));
        Assert.Equal(0, _table.Wake(Here, int.MaxValue, 8));
        Assert.Equal(2, _table.Wake(Here, int.MaxValue, uint.MaxValue));
        Assert.Equal("wwww", Picture(waiters));
    }

    [Theory]
    [InlineData(1, "w---")]
    [InlineData(3, "www-")]
    [InlineData(9, "wwww")]
    public void NoMoreAreWokenThanWereAskedFor(int count, string expected)
    {
        FutexWaiter[] waiters = [.. Enumerable.Range(0, 4).Select(_ => Sleep(Here, uint.MaxValue))];
        Assert.Equal(Math.Min(count, 4), _table.Wake(Here, count, uint.MaxValue));
        Assert.Equal(expected, Picture(waiters));
    }

    [Fact]
    public void OthersSleepOn()
    {
        FutexWaiter other = Sleep(There, uint.MaxValue);
        Sleep(Here, uint.MaxValue);
        Assert.Equal(1, _table.Wake(Here, int.MaxValue, uint.MaxValue));
        Assert.False(other.IsWoken);
    }

    [Fact]
    public void AsManyAreMovedAsWereAskedFor()
    {
        FutexWaiter[] waiters = [.. Enumerable.Range(0, 4).Select(_ => Sleep(Here, uint.MaxValue))];
        Assert.Equal(3, _table.Requeue(Here, There, 3));
        Assert.Equal(1, _table.Wake(Here, int.MaxValue, uint.MaxValue));
        Assert.Equal("---w", Picture(waiters));
        Assert.Equal(3, _table.Wake(There, int.MaxValue, uint.MaxValue));
    }

    private static string Picture(FutexWaiter[] waiters) => string.Concat(waiters.Select(static waiter => waiter.IsWoken ? 'w' : '-'));

    private FutexWaiter Sleep(FutexKey key, uint mask)
    {
        FutexWaiter waiter = new(key, mask);
        _table.Add(waiter);
        return waiter;
    }
}
