using System.Buffers.Binary;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Tests;

/// <summary>eventfd and timerfd: counts at their limits, and what is left of one after it was read or set.</summary>
/// <remarks>Linux: fs/eventfd.c, fs/timerfd.c.</remarks>
public sealed class CountingFileTests
{
    private const ulong Most = ulong.MaxValue - 1;    // eventfd(2): the maximum value that may be stored
    private const int MonotonicClock = 1;

    private readonly GuestClock _clock = new(1_000);
    private readonly WakeUps _wakeUps = new();

    /// <summary>A count and what is added: up to 2^64 - 2 it fits; beyond that the write waits.</summary>
    [Theory]
    [InlineData(0, Most, Errno.None)]
    [InlineData(0, ulong.MaxValue, Errno.EINVAL)]
    [InlineData(1, Most - 1, Errno.None)]
    [InlineData(1, Most, Errno.EAGAIN)]
    [InlineData(Most - 1, 1, Errno.None)]
    [InlineData(Most - 1, 2, Errno.EAGAIN)]
    [InlineData(Most, 0, Errno.None)]
    [InlineData(Most, 1, Errno.EAGAIN)]
    [InlineData(Most, ulong.MaxValue, Errno.EINVAL)]
    [InlineData(1ul << 32, 1ul << 63, Errno.None)]
    public void ACountEndsBelowTheLargestNumber(ulong count, ulong added, Errno expected)
    {
        EventFile file = new(_clock, _wakeUps, 0, isSemaphore: false, FileFlags.NonBlocking);
        Assert.Equal(8, file.Write(Bytes(count)).Count);
        Assert.Equal(expected, file.Write(Bytes(added)).Error);
        ulong sum = expected == Errno.None ? count + added : count;
        Assert.Equal((sum != 0, sum < Most), ((file.Readiness & PollEvents.In) != 0, (file.Readiness & PollEvents.Out) != 0));
        Assert.Equal(sum == 0 ? null : sum, Read(file));
        Assert.Null(Read(file));    // a read takes all of it
    }

    [Fact]
    public void ASemaphoreIsTakenOneByOne()
    {
        EventFile file = new(_clock, _wakeUps, 2, isSemaphore: true, FileFlags.NonBlocking);
        Assert.Equal([1, 1, null], new[] { Read(file), Read(file), Read(file) });
        Assert.Equal(8, file.Write(Bytes(Most)).Count);
        Assert.Equal(1ul, Read(file));
        Assert.Equal(Errno.EAGAIN, file.Write(Bytes(2)).Error);
        Assert.Equal(8, file.Write(Bytes(1)).Count);
    }

    /// <summary>Expiries are counted from the time that was set, and a timer that is set again has none of the ones before.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ATimerThatIsSetAgainHasNoExpiries(bool isSeen)
    {
        TimerFile file = NewTimer();
        file.Set(new(_clock.Now + 10, 10), 0);
        _clock.Advance(35);
        if (isSeen) Assert.Equal((10, 5), file.Get(_clock.Now));    // counts the three
        file.Set(new(_clock.Now + 10, 0), 0);
        Assert.Null(Read(file));
        _clock.Advance(10);
        Assert.Equal(1ul, Read(file));
        _clock.Advance(100);
        Assert.Null(Read(file));
        file.Set(new(_clock.Now + 10, 7), 0);
        _clock.Advance(10);
        file.Ring(_clock.Now);
        Assert.Equal(PollEvents.In, file.Readiness);
        file.Set(new(null, 7), 0);    // off
        Assert.Equal((0, 7L, 0L), (file.Readiness, file.Get(_clock.Now).Interval, file.Get(_clock.Now).Left));
        Assert.Null(Read(file));
    }

    /// <summary>Each expiry counts once, however often the timer is looked at, and at exactly its time.</summary>
    [Theory]
    [InlineData(9, 0)]
    [InlineData(10, 1)]
    [InlineData(19, 1)]
    [InlineData(20, 2)]
    [InlineData(1_005, 100)]
    public void AnExpiryCountsOnce(long passed, ulong expected)
    {
        TimerFile file = NewTimer();
        file.Set(new(_clock.Now + 10, 10), 0);
        _clock.Advance(passed);
        for (int i = 0; i < 3; i++) file.Ring(_clock.Now);
        _ = file.Get(_clock.Now);
        Assert.Equal(expected == 0 ? null : expected, Read(file));
        Assert.Null(Read(file));
        Assert.Equal(10 - (passed % 10), file.Get(_clock.Now).Left);
    }

    private TimerFile NewTimer() => new(_clock, _wakeUps, new Timers(new TaskTable(), _clock, new SignalSender(_wakeUps)), MonotonicClock,
        FileFlags.NonBlocking);

    private static byte[] Bytes(ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    /// <summary>The count that a read takes; null: EAGAIN.</summary>
    private static ulong? Read(OpenDescription file)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        CallResult result = file.Read(bytes);
        if (result.Error == Errno.EAGAIN) return null;
        Assert.Equal(8, result.Count);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
