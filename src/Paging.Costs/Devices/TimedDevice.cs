namespace Paging.Costs.Devices;

/// <summary>A device with a queue on the virtual clock. Its bytes are elsewhere; it knows offsets and lengths.</summary>
/// <remarks>Requests come in the order of time: none is earlier than the one before. Each is taken in that order.</remarks>
public abstract class TimedDevice
{
    /// <summary>The requests to read.</summary>
    public long Reads { get; private protected set; }

    /// <summary>The requests to write.</summary>
    public long Writes { get; private protected set; }

    /// <summary>The flushes.</summary>
    public long Flushes { get; private protected set; }

    /// <summary>The bytes of reads and writes.</summary>
    public long ByteCount { get; private protected set; }

    /// <summary>The time in which it worked on something.</summary>
    public VirtualTime Busy { get; private protected set; }

    /// <summary>Reads bytes.</summary>
    /// <param name="at">The time of the request, not before the clock's beginning.</param>
    /// <param name="offset">The place on the device, in bytes.</param>
    /// <param name="byteCount">The length, at least 1.</param>
    /// <returns>The time at which the bytes are in memory.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range, or the bytes end beyond 2^63 - 1.</exception>
    public abstract VirtualTime Read(VirtualTime at, long offset, long byteCount);

    /// <summary>Writes bytes.</summary>
    /// <inheritdoc cref="Read"/>
    /// <returns>The time at which the device acknowledges them. They are durable after the next flush.</returns>
    public abstract VirtualTime Write(VirtualTime at, long offset, long byteCount);

    /// <summary>Makes all acknowledged writes durable.</summary>
    /// <returns>The time at which the device says that they are.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is before the clock's beginning.</exception>
    public abstract VirtualTime Flush(VirtualTime at);

    /// <summary>Refuses a request that no device can serve.</summary>
    private protected static void Check(VirtualTime at, long offset, long byteCount)
    {
        Check(at);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfLessThan(byteCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteCount, long.MaxValue - offset);
    }

    /// <inheritdoc cref="Check(VirtualTime, long, long)"/>
    private protected static void Check(VirtualTime at) => ArgumentOutOfRangeException.ThrowIfLessThan(at, VirtualTime.Zero);
}
