namespace Paging.ReferenceModel.Costs;

/// <summary>A device with a queue. Times in picoseconds, places and lengths in bytes.</summary>
internal abstract class ModelDevice
{
    /// <summary>Picoseconds of a second.</summary>
    protected const long Second = 1_000_000_000_000;

    /// <summary>Reads, writes, flushes and bytes so far.</summary>
    public (long Reads, long Writes, long Flushes, long Bytes) Counts { get; private set; }

    /// <summary>Time with something to do.</summary>
    public long Busy { get; protected set; }

    /// <summary>Reads: the time at which the bytes are in memory.</summary>
    public long Read(long now, long place, long bytes)
    {
        Counts = Counts with { Reads = Counts.Reads + 1, Bytes = Counts.Bytes + bytes };
        return ReadAt(now, place, bytes);
    }

    /// <summary>Writes: the time of the acknowledgement.</summary>
    public long Write(long now, long place, long bytes)
    {
        Counts = Counts with { Writes = Counts.Writes + 1, Bytes = Counts.Bytes + bytes };
        return WriteAt(now, place, bytes);
    }

    /// <summary>Flushes: the time at which the device says that its cache is empty.</summary>
    public long Flush(long now)
    {
        Counts = Counts with { Flushes = Counts.Flushes + 1 };
        return FlushAt(now);
    }

    /// <summary>A read.</summary>
    protected abstract long ReadAt(long now, long place, long bytes);

    /// <summary>A write.</summary>
    protected abstract long WriteAt(long now, long place, long bytes);

    /// <summary>A flush.</summary>
    protected abstract long FlushAt(long now);

    /// <summary>The time of bytes at a rate; a part of a picosecond counts as one.</summary>
    protected static long Pass(long bytes, long rate) => (long)decimal.Ceiling((decimal)bytes * Second / rate);
}

/// <summary>The numbers of a disk.</summary>
internal sealed record ModelDiskShape(long Capacity, long AverageSeek, long TrackSeek, long Revolution, long Rate, long Interface,
    long Cache,
    bool Lies);

/// <summary>A disk by docs/COSTS.md: seek, angle, bytes; reads go on; writes wait in a list.</summary>
/// <param name="shape">Its numbers.</param>
internal sealed class ModelDisk(ModelDiskShape shape) : ModelDevice
{
    private readonly List<(long Since, long Place, long Bytes)> _waiting = [];
    private long _idleFrom;
    private long _under;    // the place after the last byte that passed
    private bool _wasRead;

    private long Track => Math.Max(1, (long)decimal.Floor((decimal)shape.Rate * shape.Revolution / Second));

    /// <inheritdoc/>
    protected override long ReadAt(long now, long place, long bytes)
    {
        WriteUntil(now);
        if (_wasRead && place == _under)
        {
            long passed = _idleFrom + Pass(bytes, shape.Rate);
            Busy += passed - _idleFrom;
            (_idleFrom, _under) = (passed, place + bytes);
            return Math.Max(passed, now + Pass(bytes, shape.Interface));
        }

        Serve(Math.Max(now, _idleFrom), place, bytes, isRead: true);
        return _idleFrom;
    }

    /// <inheritdoc/>
    protected override long WriteAt(long now, long place, long bytes)
    {
        WriteUntil(now);
        long room = now;
        while (_waiting.Count > 0 && _waiting.Sum(static one => one.Bytes) + bytes > shape.Cache)
        {
            WriteFirst();
            room = Math.Max(room, _idleFrom);
        }

        if (bytes > shape.Cache)
        {
            Serve(Math.Max(room, _idleFrom), place, bytes, isRead: false);
            return _idleFrom;
        }

        long taken = room + Pass(bytes, shape.Interface);
        _waiting.Add((taken, place, bytes));
        return taken;
    }

    /// <inheritdoc/>
    protected override long FlushAt(long now)
    {
        if (shape.Lies) return now;
        while (_waiting.Count > 0) WriteFirst();
        return Math.Max(now, _idleFrom);
    }

    /// <summary>Cached writes that the arm began before a time.</summary>
    private void WriteUntil(long now)
    {
        while (_waiting.Count > 0 && Math.Max(_waiting[0].Since, _idleFrom) < now) WriteFirst();
    }

    private void WriteFirst()
    {
        (long since, long place, long bytes) = _waiting[0];
        _waiting.RemoveAt(0);
        Serve(Math.Max(since, _idleFrom), place, bytes, isRead: false);
    }

    private void Serve(long from, long place, long bytes, bool isRead)
    {
        long there = from + Seek(Math.Abs(place - _under));
        long angle = (long)decimal.Floor((decimal)(place % Track) * shape.Revolution / Track), wait = angle - (there % shape.Revolution);
        if (wait < 0) wait += shape.Revolution;
        _idleFrom = there + wait + Pass(bytes, shape.Rate);
        Busy += _idleFrom - from;
        (_under, _wasRead) = (place + bytes, isRead);
    }

    private long Seek(long distance)
    {
        if (distance < Track) return 0;
        double beyondTrack = (shape.AverageSeek - shape.TrackSeek) / (8.0 / 15);
        double full = shape.TrackSeek + beyondTrack;
        return shape.TrackSeek + (long)((full - shape.TrackSeek) * Math.Sqrt(Math.Min(1, (double)distance / shape.Capacity)));
    }
}

/// <summary>The numbers of an SSD.</summary>
internal sealed record ModelSsdShape(long ReadLatency, long WriteLatency, long Rate, long WriteRate, int Parallel);

/// <summary>An SSD: the time at which each of its places is free, and one link.</summary>
/// <param name="shape">Its numbers.</param>
internal sealed class ModelSsd(ModelSsdShape shape) : ModelDevice
{
    private readonly List<long> _freeFrom = [.. new long[shape.Parallel]];
    private long _link;

    /// <inheritdoc/>
    protected override long ReadAt(long now, long place, long bytes) => Serve(now, shape.ReadLatency, Pass(bytes, shape.Rate));

    /// <inheritdoc/>
    protected override long WriteAt(long now, long place, long bytes) => Serve(now, shape.WriteLatency, Pass(bytes, shape.WriteRate));

    /// <inheritdoc/>
    protected override long FlushAt(long now) => now;

    private long Serve(long now, long latency, long pass)
    {
        long earliest = _freeFrom.Min(), end = Math.Max(Math.Max(now, earliest) + latency, _link) + pass;
        Busy += end - Math.Max(now, _link);
        _link = end;
        _freeFrom[_freeFrom.IndexOf(earliest)] = end;
        return end;
    }
}
