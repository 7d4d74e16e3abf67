namespace Paging.Costs.Devices;

/// <summary>A solid-state drive: many requests at a time, one link for their bytes, and a cache that needs no flush.</summary>
/// <remarks>A request takes the place that is free first, has its latency there, and then its bytes pass the link.</remarks>
internal sealed class Ssd(SsdShape shape) : TimedDevice
{
    private readonly PriorityQueue<VirtualTime, VirtualTime> _places = FreePlaces(shape.Parallel);
    private VirtualTime _link;

    /// <inheritdoc/>
    public override VirtualTime Read(VirtualTime at, long offset, long byteCount)
    {
        Check(at, offset, byteCount);
        Reads++;
        return Serve(at, byteCount, shape.ReadLatency, shape.BytesPerSecond);
    }

    /// <inheritdoc/>
    public override VirtualTime Write(VirtualTime at, long offset, long byteCount)
    {
        Check(at, offset, byteCount);
        Writes++;
        return Serve(at, byteCount, shape.WriteLatency, shape.WriteBytesPerSecond);
    }

    /// <inheritdoc/>
    public override VirtualTime Flush(VirtualTime at)
    {
        Check(at);
        Flushes++;
        return at;
    }

    private VirtualTime Serve(VirtualTime at, long byteCount, VirtualTime latency, long bytesPerSecond)
    {
        ByteCount += byteCount;
        VirtualTime start = VirtualTime.Later(at, _places.Dequeue());
        VirtualTime end = VirtualTime.Later(start + latency, _link) + VirtualTime.OfBytes(byteCount, bytesPerSecond);
        Busy += end - VirtualTime.Later(at, _link);
        _link = end;
        _places.Enqueue(end, end);
        return end;
    }

    private static PriorityQueue<VirtualTime, VirtualTime> FreePlaces(int count)
    {
        PriorityQueue<VirtualTime, VirtualTime> places = new();
        for (int place = 0; place < count; place++) places.Enqueue(VirtualTime.Zero, VirtualTime.Zero);
        return places;
    }
}
