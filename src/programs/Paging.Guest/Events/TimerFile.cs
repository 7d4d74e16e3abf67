using System.Buffers.Binary;
using System.Globalization;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Records;
using Paging.Guest.Vfs;

namespace Paging.Guest.Events;

/// <summary>timerfd(2): counts the expiries of a timer since the last read. Linux: fs/timerfd.c.</summary>
/// <remarks>
/// Like the kernel's, a timer that has expired stands still until a call looks at it, which counts the expiries it has missed. So an
/// unread timer wakes its waiters once.
/// </remarks>
internal sealed class TimerFile : AnonymousFile, IAlarm
{
    private const int RealTimeClock = 0, RealTimeAlarm = 8;    // CLOCK_REALTIME, CLOCK_REALTIME_ALARM

    private readonly Timers _timers;
    private readonly int _clockId;
    private IntervalTimer _timer;
    private uint _setFlags;
    private bool _hasExpired;
    private ulong _count;

    /// <param name="clock">The machine's clock.</param>
    /// <param name="wakeUps">Counts the events that wake waiters.</param>
    /// <param name="timers">Expires it.</param>
    /// <param name="clockId">CLOCK_*, which absolute times belong to.</param>
    /// <param name="flags">O_NONBLOCK.</param>
    public TimerFile(GuestClock clock, WakeUps wakeUps, Timers timers, int clockId, FileFlags flags)
        : base(clock, wakeUps, "timerfd", flags | FileFlags.ReadWrite)
    {
        (_timers, _clockId) = (timers, clockId);
        timers.Files.Add(this);
    }

    /// <summary>True if absolute times are those of CLOCK_REALTIME.</summary>
    public bool IsRealTime => _clockId is RealTimeClock or RealTimeAlarm;

    public long? RingsAt => _hasExpired ? null : _timer.RingsAt;

    public override SavedFileKind? SavedKind => SavedFileKind.Timer;

    public override bool CanRefuseToWait => true;

    public override bool HasWrite => false;

    public override int Readiness => _count > 0 ? PollEvents.In : 0;

    /// <summary>
    /// Counts the expiries until now, and returns the interval and the time that is left. Linux: do_timerfd_gettime.
    /// </summary>
    public (long Interval, long Left) Get(long now)
    {
        Ring(now);
        CatchUp(now);
        return (_timer.Interval, LeftAt(now));
    }

    /// <summary>Sets the timer, and forgets its expiries. Linux: timerfd_setup.</summary>
    /// <param name="timer">When it expires. Without an expiry it keeps its interval, which timerfd_gettime returns.</param>
    /// <param name="setFlags">TFD_TIMER_*, which fdinfo shows.</param>
    public void Set(IntervalTimer timer, uint setFlags)
    {
        (_timer, _setFlags, _hasExpired, _count) = (timer, setFlags, false, 0);
        _timers.Changed();
    }

    /// <summary>Counts the first expiry. Linux: timerfd_triggered.</summary>
    public void Ring(long now)
    {
        if (_hasExpired || !_timer.IsDue(now)) return;
        _hasExpired = true;
        _count++;
        WokeForReading();
    }

    public override CallResult Read(Span<byte> destination)
    {
        if (destination.Length < sizeof(ulong)) return Errno.EINVAL;
        Ring(Clock.Now);
        if (_count == 0) return WaitOrFail();
        CatchUp(Clock.Now);
        BinaryPrimitives.WriteUInt64LittleEndian(destination, _count);
        _count = 0;
        return sizeof(ulong);
    }

    /// <summary>Linux: timerfd_show.</summary>
    public override string Describe()
    {
        (long leftSeconds, long left) = TimeWords.ToPair(LeftAt(Clock.Now));
        (long seconds, long nanoseconds) = TimeWords.ToPair(_timer.Interval);
        return string.Create(CultureInfo.InvariantCulture, $"clockid: {_clockId}\nticks: {_count}\nsettime flags: 0{_setFlags}\n"
            + $"it_value: ({leftSeconds}, {left})\nit_interval: ({seconds}, {nanoseconds})\n");
    }

    public override void Save(RecordWriter writer, ISavedReferences references)
    {
        base.Save(writer, references);
        writer.Write(_clockId);
        _timer.Save(writer);
        writer.Write(_setFlags);
        writer.Write(_hasExpired);
        writer.Write(_count);
    }

    public static TimerFile Load(RecordReader reader, GuestClock clock, WakeUps wakeUps, Timers timers) =>
        new(clock, wakeUps, timers, reader.ReadNumber(), 0)
        {
            _timer = IntervalTimer.Load(reader),
            _setFlags = reader.ReadWord(),
            _hasExpired = reader.ReadFlag(),
            _count = reader.ReadWideWord(),
        };

    protected override void Close()
    {
        _timers.Files.Remove(this);
        _timers.Changed();
    }

    private long LeftAt(long now) => _timer.RingsAt is { } at ? Math.Max(at - now, 0) : 0;    // timerfd_get_remaining

    /// <summary>Counts the expiries after the first one, and lets the timer go on. Linux: hrtimer_forward_now in timerfd_read.</summary>
    private void CatchUp(long now)
    {
        if (!_hasExpired) return;
        if (_timer.Interval != 0)
        {
            _count += (ulong)_timer.MissedBy(now);
            _hasExpired = false;
        }

        _timer = _timer.Next(now);
        _timers.Changed();
    }
}
