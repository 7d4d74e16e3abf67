namespace Paging.Costs.Devices;

/// <summary>The times of a device, from a price list.</summary>
public abstract record DeviceShape
{
    /// <summary>Makes a device that is idle.</summary>
    /// <exception cref="InvalidOperationException">The numbers do not fit together.</exception>
    public abstract TimedDevice Make();

    private protected static VirtualTime Duration(VirtualTime value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, VirtualTime.Zero, name);
        return value;
    }

    private protected static long AtLeast(long value, long least, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, name);
        return value;
    }
}

/// <summary>A disk that revolutions.</summary>
/// <param name="CapacityBytes">Its capacity, at least 1; a seek over all of it is the longest.</param>
/// <param name="AverageSeek">The mean seek between two random places, not below <paramref name="TrackSeek"/>.</param>
/// <param name="TrackSeek">The seek to the next track.</param>
/// <param name="Revolution">The time of one revolution: above 0, up to a minute.</param>
/// <param name="BytesPerSecond">The rate at which bytes pass under the head, at least 1.</param>
/// <param name="InterfaceBytesPerSecond">The rate to and from the disk's own memory, at least 1.</param>
/// <param name="WriteCacheBytes">The bytes of writes that it takes before they are on the disk; 0 for none.</param>
/// <param name="LiesAboutFlush">It acknowledges a flush although its cache is not on the disk yet.</param>
/// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
public sealed record DiskShape(
    long CapacityBytes, VirtualTime AverageSeek, VirtualTime TrackSeek, VirtualTime Revolution, long BytesPerSecond,
    long InterfaceBytesPerSecond, long WriteCacheBytes, bool LiesAboutFlush = false) : DeviceShape
{
    /// <summary>Its capacity in bytes.</summary>
    public long CapacityBytes
    {
        get;
        init => field = AtLeast(value, 1, nameof(CapacityBytes));
    } = AtLeast(CapacityBytes, 1, nameof(CapacityBytes));

    /// <summary>The mean seek between two random places.</summary>
    public VirtualTime AverageSeek
    {
        get;
        init => field = Duration(value, nameof(AverageSeek));
    } = Duration(AverageSeek, nameof(AverageSeek));

    /// <summary>The seek to the next track.</summary>
    public VirtualTime TrackSeek
    {
        get;
        init => field = Duration(value, nameof(TrackSeek));
    } = Duration(TrackSeek, nameof(TrackSeek));

    /// <summary>The time of one revolution.</summary>
    public VirtualTime Revolution { get; init => field = CheckedRevolution(value); } = CheckedRevolution(Revolution);

    /// <summary>The rate at which bytes pass under the head.</summary>
    public long BytesPerSecond
    {
        get;
        init => field = AtLeast(value, 1, nameof(BytesPerSecond));
    } = AtLeast(BytesPerSecond, 1, nameof(BytesPerSecond));

    /// <summary>The rate to and from the disk's own memory.</summary>
    public long InterfaceBytesPerSecond
    {
        get;
        init => field = AtLeast(value, 1, nameof(InterfaceBytesPerSecond));
    } = AtLeast(InterfaceBytesPerSecond, 1, nameof(InterfaceBytesPerSecond));

    /// <summary>The bytes of writes that it takes before they are on the disk.</summary>
    public long WriteCacheBytes
    {
        get;
        init => field = AtLeast(value, 0, nameof(WriteCacheBytes));
    } = AtLeast(WriteCacheBytes, 0, nameof(WriteCacheBytes));

    /// <inheritdoc/>
    public override TimedDevice Make() => AverageSeek >= TrackSeek ? new Disk(this)
        : throw new InvalidOperationException($"The disk's mean seek, {AverageSeek}, is below its seek to the next track, {TrackSeek}.");

    private static VirtualTime CheckedRevolution(VirtualTime revolution, string parameter = nameof(Revolution))
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(revolution, VirtualTime.Zero, parameter);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(revolution, VirtualTime.FromNanoseconds(60e9), parameter);
        return revolution;
    }
}

/// <summary>A solid-state drive with a cache that survives a loss of power, or a RAM disk with latencies near 0.</summary>
/// <param name="ReadLatency">The latency of a read.</param>
/// <param name="WriteLatency">The latency of a write.</param>
/// <param name="BytesPerSecond">The rate of reads, at least 1.</param>
/// <param name="WriteBytesPerSecond">The rate of writes, at least 1.</param>
/// <param name="Parallel">The requests that it works on at a time: 1 to 65,536.</param>
/// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
public sealed record SsdShape(
    VirtualTime ReadLatency, VirtualTime WriteLatency, long BytesPerSecond, long WriteBytesPerSecond, int Parallel) : DeviceShape
{
    /// <summary>The most requests at a time.</summary>
    public const int ParallelMax = 1 << 16;

    /// <summary>The latency of a read.</summary>
    public VirtualTime ReadLatency
    {
        get;
        init => field = Duration(value, nameof(ReadLatency));
    } = Duration(ReadLatency, nameof(ReadLatency));

    /// <summary>The latency of a write.</summary>
    public VirtualTime WriteLatency
    {
        get;
        init => field = Duration(value, nameof(WriteLatency));
    } = Duration(WriteLatency, nameof(WriteLatency));

    /// <summary>The rate of reads.</summary>
    public long BytesPerSecond
    {
        get;
        init => field = AtLeast(value, 1, nameof(BytesPerSecond));
    } = AtLeast(BytesPerSecond, 1, nameof(BytesPerSecond));

    /// <summary>The rate of writes.</summary>
    public long WriteBytesPerSecond
    {
        get;
        init => field = AtLeast(value, 1, nameof(WriteBytesPerSecond));
    } = AtLeast(WriteBytesPerSecond, 1, nameof(WriteBytesPerSecond));

    /// <summary>The requests that it works on at a time.</summary>
    public int Parallel { get; init => field = CheckedParallel(value); } = CheckedParallel(Parallel);

    /// <inheritdoc/>
    public override TimedDevice Make() => new Ssd(this);

    private static int CheckedParallel(int parallel, string parameter = nameof(Parallel))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parallel, 1, parameter);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parallel, ParallelMax, parameter);
        return parallel;
    }
}
