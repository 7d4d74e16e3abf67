using Paging.Guest.Abi;
using Paging.Guest.Records;

namespace Paging.Guest.Machine;

/// <summary>The guest's time: begins at the host's, advances with the executed work, and jumps when every task sleeps.</summary>
/// <remarks>
/// Three bytes of code are a nanosecond, a system call is eight microseconds, and a sleep takes no time if no other task has work. So runs
/// do not depend on the host's speed; only waits for the host itself (a terminal, a pipe) take the host's time. With
/// <see cref="GuestPace.Host"/> code takes the host's time.
/// </remarks>
internal sealed class GuestClock(long startedAt)
{
    public const long CallNanoseconds = 8000;

    /// <summary>Nanoseconds since 1970.</summary>
    public long Now { get; private set; } = startedAt;

    /// <summary>The offset of CLOCK_REALTIME by settimeofday and clock_settime.</summary>
    public long RealTimeShift { get; set; }

    public long StartedAt { get; private set; } = startedAt;

    /// <summary>CLOCK_REALTIME.</summary>
    public long RealTime => Now + RealTimeShift;

    /// <summary>CLOCK_REALTIME in whole seconds, as time(2) returns it.</summary>
    public long RealSeconds => RealTime / TimeWords.Second;

    /// <summary>CLOCK_MONOTONIC and CLOCK_BOOTTIME, which begin at a hundred seconds.</summary>
    public long Monotonic => Now - StartedAt + 100_000_000_000;

    /// <summary>Converts a time of CLOCK_REALTIME or CLOCK_MONOTONIC to one of <see cref="Now"/>.</summary>
    public long FromClock(long time, bool isRealTime) => isRealTime ? time - RealTimeShift : time - Monotonic + Now;

    public void Advance(long nanoseconds) => Now += nanoseconds;

    public void JumpTo(long time) => Now = Math.Max(Now, time);    // never backwards: CLOCK_MONOTONIC

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
