namespace Paging.Costs.Devices;

/// <summary>The times of a device, from a price list.</summary>
public abstract record DeviceShape
{
    /// <summary>Makes a device that is idle.</summary>
    public abstract TimedDevice Make();
}

/// <summary>A disk that turns.</summary>
/// <param name="CapacityBytes">Its capacity; a seek over all of it is the longest.</param>
/// <param name="AverageSeek">The mean seek between two random places.</param>
/// <param name="TrackSeek">The seek to the next track.</param>
/// <param name="Revolution">The time of one turn.</param>
/// <param name="BytesPerSecond">The rate at which bytes pass under the head.</param>
/// <param name="InterfaceBytesPerSecond">The rate to and from the disk's own memory.</param>
/// <param name="WriteCacheBytes">The bytes of writes that it takes before they are on the disk; 0 for none.</param>
/// <param name="LiesAboutFlush">It acknowledges a flush although its cache is not on the disk yet.</param>
public sealed record DiskShape(
    long CapacityBytes, VirtualTime AverageSeek, VirtualTime TrackSeek, VirtualTime Revolution, long BytesPerSecond,
    long InterfaceBytesPerSecond, long WriteCacheBytes, bool LiesAboutFlush = false) : DeviceShape
{
    /// <inheritdoc/>
    public override TimedDevice Make() => new Disk(this);
}

/// <summary>A solid-state drive with a cache that survives a loss of power, or a RAM disk with latencies near 0.</summary>
/// <param name="ReadLatency">The latency of a read.</param>
/// <param name="WriteLatency">The latency of a write.</param>
/// <param name="BytesPerSecond">The rate of reads.</param>
/// <param name="WriteBytesPerSecond">The rate of writes.</param>
/// <param name="Parallel">The requests that it works on at a time.</param>
public sealed record SsdShape(
    VirtualTime ReadLatency, VirtualTime WriteLatency, long BytesPerSecond, long WriteBytesPerSecond, int Parallel) : DeviceShape
{
    /// <inheritdoc/>
    public override TimedDevice Make() => new Ssd(this);
}
