using Paging.Guest.Records;

namespace Paging.Guest.Abi;

/// <summary>
/// One of setitimer(2)'s timers: when it next rings, and how often from then on, in nanoseconds. Linux: struct cpu_itimer, it_real_incr.
/// </summary>
internal readonly record struct IntervalTimer(long? RingsAt, long Interval)
{
    /// <summary>What is left until it rings; 0 when it is off.</summary>
    public long LeftAt(long now) => RingsAt is { } at ? Math.Max(at - now, 1000) : 0;

    public void Save(RecordWriter writer)
    {
        writer.Write(RingsAt);
        writer.Write(Interval);
    }

    public static IntervalTimer Load(RecordReader reader)
    {
        IntervalTimer timer = new(reader.ReadOptional(), reader.ReadWideNumber());
        return timer.Interval >= 0 ? timer : throw RecordReader.Damaged("a timer's interval is negative");
    }

    /// <summary>True when its time has come.</summary>
    public bool IsDue(long now) => RingsAt <= now;

    /// <summary>It is due: how often it should have rung since.</summary>
    public long MissedBy(long now) => Interval == 0 || RingsAt is not { } at ? 0 : (now - at) / Interval;

    /// <summary>It has rung: the next time, or never.</summary>
    public IntervalTimer Next(long now) => Interval == 0 ? default : this with { RingsAt = RingsAt + ((MissedBy(now) + 1) * Interval) };
}
