using Paging.Guest.Abi;
using Paging.Guest.Records;

namespace Paging.Guest.Machine;

/// <summary>The guest's time: it begins with the host's, goes on with the work that is done, and jumps where every task sleeps.</summary>
/// <remarks>
/// Three bytes of code are a nanosecond, a system call is eight microseconds, a sleep takes no time at all where no other task has work. So
/// a run is the same however fast the host is; only where a program waits for the host itself (a terminal, a pipe) does the host's time
/// count. With <see cref="GuestPace.Host"/> code takes the time that it takes.
/// </remarks>
internal sealed class GuestClock(long startedAt)
{
    public const long CallNanoseconds = 8000;

    /// <summary>Nanoseconds since 1970.</summary>
    public long Now { get; private set; } = startedAt;

    /// <summary>What settimeofday and clock_settime have made of CLOCK_REALTIME.</summary>
    public long RealTimeShift { get; set; }

    public long StartedAt { get; private set; } = startedAt;

    /// <summary>CLOCK_REALTIME.</summary>
    public long RealTime => Now + RealTimeShift;

    /// <summary>CLOCK_REALTIME in whole seconds, as time(2) returns it.</summary>
    public long RealSeconds => RealTime / TimeWords.Second;

    /// <summary>CLOCK_MONOTONIC and CLOCK_BOOTTIME: the machine had been up for a hundred seconds when it began.</summary>
    public long Monotonic => Now - StartedAt + 100_000_000_000;

    /// <summary>A time that CLOCK_REALTIME or CLOCK_MONOTONIC will show, as <see cref="Now"/> will have it.</summary>
    public long FromClock(long time, bool isRealTime) => isRealTime ? time - RealTimeShift : time - Monotonic + Now;

    public void Advance(long nanoseconds) => Now += nanoseconds;

    public void JumpTo(long time) => Now = Math.Max(Now, time);

    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.Clock, 1);
        writer.Write(StartedAt);
        writer.Write(Now);
        writer.Write(RealTimeShift);
        writer.End();
    }

    public void Load(RecordReader reader)
    {
        reader.Open(RecordKind.Clock, 1);
        (StartedAt, Now, RealTimeShift) = (reader.ReadWideNumber(), reader.ReadWideNumber(), reader.ReadWideNumber());
        reader.Close();
        if (StartedAt < 0 || Now < StartedAt || Now > long.MaxValue / 2) throw RecordReader.Damaged("its clock shows no time");
    }
}
