namespace Paging.Guest;

/// <summary>One of setitimer(2)'s timers: when it next rings, and how often from then on, in nanoseconds. Linux: struct cpu_itimer, it_real_incr.</summary>
internal readonly record struct IntervalTimer(long? RingsAt, long Interval)
{
    /// <summary>What is left until it rings; 0 when it is off.</summary>
    public long LeftAt(long now) => RingsAt is { } at ? Math.Max(at - now, 1000) : 0;

    /// <summary>True when its time has come.</summary>
    public bool IsDue(long now) => RingsAt <= now;

    /// <summary>It has rung: the next time, or never.</summary>
    public IntervalTimer Next(long now)
    {
        if (Interval == 0 || RingsAt is not { } at) return default;
        long missed = (now - at) / Interval;
        return this with { RingsAt = at + ((missed + 1) * Interval) };
    }
}
