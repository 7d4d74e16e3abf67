using System.Buffers.Binary;
using Paging.Core;

namespace Paging.Guest;

/// <summary>timerfd(2): how often a timer has rung since it was last read. Linux: fs/timerfd.c.</summary>
internal sealed class TimerFile : AnonymousFile
{
    private ulong _rung;

    public TimerFile(GuestKernel kernel, int clock, int flags) : base(kernel, "timerfd", flags | ReadWriteAccess)
    {
        IsRealTime = clock is 0 or 8;
        kernel.TimerFiles.Add(this);
    }

    /// <summary>Absolute times are CLOCK_REALTIME's.</summary>
    public bool IsRealTime { get; }

    public IntervalTimer Timer { get; private set; }

    /// <summary>It rings for somebody: one that has rung unread wakes nobody but an epoll, which may tell edges.</summary>
    public bool WakesSomebody => _rung == 0 || IsWatched;

    public override int Readiness => _rung > 0 ? PollEvents.In : 0;

    public void Set(IntervalTimer timer) => (Timer, _rung) = (timer, 0);

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
        Ring(Kernel.Clock.Now);
        if (_rung == 0) return WaitOrSay();
        BinaryPrimitives.WriteUInt64LittleEndian(destination, _rung);
        _rung = 0;
        Kernel.Processes.TimersChanged();
        return sizeof(ulong);
    }

    protected override void Close()
    {
        Kernel.TimerFiles.Remove(this);
        Kernel.Processes.TimersChanged();
    }
}
