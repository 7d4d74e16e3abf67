namespace Paging.Costs.Devices;

/// <summary>A disk: one arm over one turning platter, a memory that reads ahead, and a write cache.</summary>
/// <remarks><code>
/// Seek        over d of c bytes: 0 within a track, else track + (full − track) × √(d / c). Two random places are √d apart by 8/15 on
///             average, so full = track + (average − track) × 15/8
/// Rotation    byte b lies at the angle (b mod track) / track, where a track holds what passes in one step; the head is at the angle
///             (t mod revolution) / revolution. The wait is the way from here to there
/// Reading on  after a read the disk goes on reading into its memory, so the bytes after it come without a seek or a revolution
/// Writes      go to the cache, if it has room, and from there to the platter in their order. Each of them begins when the arm is free and
///             no read waits for it
/// </code></remarks>
internal sealed class Disk(DiskShape shape) : TimedDevice
{
    private const double MeanRootDistance = 8.0 / 15;    // ∫ √x · 2(1 − x) dx

    private readonly Queue<(VirtualTime At, long Offset, long Bytes)> _cached = [];
    private readonly long _trackBytes =
        Math.Max(1, (long)((Int128)shape.BytesPerSecond * shape.Revolution.Picoseconds / 1_000_000_000_000));
    private VirtualTime _free;           // the arm has nothing to do from then on
    private long _head;                  // the byte after the last one that passed
    private long _cachedBytes;
    private bool _readsOn;               // the last request was a read, and _head goes on

    /// <inheritdoc/>
    public override VirtualTime Read(VirtualTime at, long offset, long byteCount)
    {
        Check(at, offset, byteCount);
        Reads++;
        ByteCount += byteCount;
        Drain(until: at);
        VirtualTime start = VirtualTime.Later(at, _free), sent = VirtualTime.OfBytes(byteCount, shape.InterfaceBytesPerSecond);
        if (_readsOn && offset == _head)
        {
            VirtualTime passed = _free + VirtualTime.OfBytes(byteCount, shape.BytesPerSecond);    // under the head, since the last read
            Busy += passed - _free;
            (_free, _head) = (passed, offset + byteCount);
            return VirtualTime.Later(at + sent, passed);
        }

        Move(start, offset, byteCount);
        _readsOn = true;
        return _free;
    }

    /// <inheritdoc/>
    public override VirtualTime Write(VirtualTime at, long offset, long byteCount)
    {
        Check(at, offset, byteCount);
        Writes++;
        ByteCount += byteCount;
        Drain(until: at);
        VirtualTime room = at;
        while (_cached.Count > 0 && byteCount > shape.WriteCacheBytes - _cachedBytes) room = VirtualTime.Later(room, DrainOne());
        if (byteCount > shape.WriteCacheBytes)
        {
            Move(VirtualTime.Later(room, _free), offset, byteCount);
            _readsOn = false;
            return _free;
        }

        VirtualTime acknowledged = room + VirtualTime.OfBytes(byteCount, shape.InterfaceBytesPerSecond);
        _cached.Enqueue((acknowledged, offset, byteCount));
        _cachedBytes += byteCount;
        return acknowledged;
    }

    /// <inheritdoc/>
    public override VirtualTime Flush(VirtualTime at)
    {
        Check(at);
        Flushes++;
        if (shape.LiesAboutFlush) return at;
        while (_cached.Count > 0) DrainOne();
        return VirtualTime.Later(at, _free);
    }

    /// <summary>The seek over a distance.</summary>
    internal VirtualTime Seek(long distance)
    {
        if (distance < _trackBytes) return VirtualTime.Zero;
        double full = shape.TrackSeek.Picoseconds + ((shape.AverageSeek - shape.TrackSeek).Picoseconds / MeanRootDistance);
        double part = Math.Sqrt(Math.Min(1, (double)distance / shape.CapacityBytes));
        return shape.TrackSeek + new VirtualTime((long)((full - shape.TrackSeek.Picoseconds) * part));
    }

    private void Drain(VirtualTime until)
    {
        while (_cached.TryPeek(out (VirtualTime At, long, long) next) && VirtualTime.Later(next.At, _free) < until) DrainOne();
    }

    /// <summary>Puts the oldest cached write on the platter. Returns the time at which it is there.</summary>
    private VirtualTime DrainOne()
    {
        (VirtualTime at, long offset, long bytes) = _cached.Dequeue();
        _cachedBytes -= bytes;
        Move(VirtualTime.Later(at, _free), offset, bytes);
        _readsOn = false;
        return _free;
    }

    /// <summary>Seeks, waits for the first byte, and lets all pass.</summary>
    private void Move(VirtualTime start, long offset, long byteCount)
    {
        VirtualTime arrived = start + Seek(Math.Abs(offset - _head));
        long revolution = shape.Revolution.Picoseconds;
        long wanted = (long)((Int128)(offset % _trackBytes) * revolution / _trackBytes), here = arrived.Picoseconds % revolution;
        VirtualTime first = arrived + new VirtualTime((wanted - here + revolution) % revolution);
        _free = first + VirtualTime.OfBytes(byteCount, shape.BytesPerSecond);
        Busy += _free - start;
        _head = offset + byteCount;
    }
}
