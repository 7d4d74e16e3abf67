using Paging.Guest.Records;

namespace Paging.Guest.Abi;

/// <summary>
/// A timer of setitimer(2): its next expiry and its interval, in nanoseconds. Linux: struct cpu_itimer, it_real_incr.
/// </summary>
internal readonly record struct IntervalTimer(long? RingsAt, long Interval)
{
    /// <summary>The time until it expires; 0 when it is off.</summary>
    // At least a microsecond while it is armed: 0 would mean that it is off (itimer_get_remtime)
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

    /// <summary>True if it has expired.</summary>
    public bool IsDue(long now) => RingsAt <= now;

    /// <summary>The expiries missed since it was due (the overrun).</summary>
    public long MissedBy(long now) => Interval == 0 || RingsAt is not { } at ? 0 : (now - at) / Interval;

    /// <summary>Returns the timer for its next expiry, or an unarmed one.</summary>
    // From the time when it was due, so that a late signal does not shift all later ones (hrtimer_forward)
    public IntervalTimer Next(long now) => Interval == 0 ? default : this with { RingsAt = RingsAt + ((MissedBy(now) + 1) * Interval) };
}
