using System.Buffers.Binary;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Records;

namespace Paging.Guest.Events;

/// <summary>timerfd(2): how often a timer has rung since it was last read. Linux: fs/timerfd.c.</summary>
internal sealed class TimerFile : AnonymousFile, IAlarm
{
    private readonly GuestClock _clock;
    private readonly Timers _timers;
    private ulong _rung;

    public TimerFile(GuestClock clock, Happenings happenings, Timers timers, bool isRealTime, FileFlags flags)
        : base(clock, happenings, "timerfd", flags | FileFlags.ReadWrite)
    {
        (_clock, _timers, IsRealTime) = (clock, timers, isRealTime);
        timers.Files.Add(this);
    }

    /// <summary>Absolute times are CLOCK_REALTIME's.</summary>
    public bool IsRealTime { get; }

    public IntervalTimer Timer { get; private set; }

    /// <summary>
    /// True if ringing wakes a task: once it has rung unread, further rings matter only to an epoll, which may report edges.
    /// </summary>
    public bool WakesSomebody => _rung == 0 || IsWatched;

    public override bool HasWrite => false;

    public override int Readiness => _rung > 0 ? PollEvents.In : 0;

    public void Set(IntervalTimer timer) => (Timer, _rung) = (timer, 0);

    public void Save(RecordWriter writer)
    {
        writer.Write(IsRealTime);
        Timer.Save(writer);
        writer.Write(_rung);
    }

    public static TimerFile Load(RecordReader reader, GuestClock clock, Happenings happenings, Timers timers) =>
        new(clock, happenings, timers, reader.ReadFlag(), 0) { Timer = IntervalTimer.Load(reader), _rung = reader.ReadWideWord() };

    /// <summary>Its time has come, perhaps more than once.</summary>
    public void Ring(long now)
    {
        if (!Timer.IsDue(now)) return;
        _rung += 1 + (ulong)Timer.MissedBy(now);
        Timer = Timer.Next(now);
        WokeForReading();
    }

    public override CallResult Read(Span<byte> destination)
    {
        if (destination.Length < sizeof(ulong)) return Errno.EINVAL;
        Ring(_clock.Now);
        if (_rung == 0) return WaitOrSay();
        BinaryPrimitives.WriteUInt64LittleEndian(destination, _rung);
        _rung = 0;
        _timers.Changed();
        return sizeof(ulong);
    }

    protected override void Close()
    {
        _timers.Files.Remove(this);
        _timers.Changed();
    }
}
