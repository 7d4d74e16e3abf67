using System.Globalization;

namespace Paging.Costs.Devices;

/// <summary>A time of the virtual clock, or a duration: whole picoseconds, so that sums are the same on every host.</summary>
/// <param name="Picoseconds">Up to 106 days. Sums, differences and products beyond that are the end of the clock.</param>
public readonly record struct VirtualTime(long Picoseconds) : IComparable<VirtualTime>
{
    private const long PerNanosecond = 1_000;

    /// <summary>The beginning.</summary>
    public static VirtualTime Zero => default;

    /// <summary>The whole nanoseconds.</summary>
    public long Nanoseconds => Picoseconds / PerNanosecond;

    /// <summary>The seconds, rounded.</summary>
    public double Seconds => Picoseconds / 1e12;

    /// <summary>Makes a duration of nanoseconds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not a number, or longer than the clock can count.</exception>
    public static VirtualTime FromNanoseconds(double nanoseconds)
    {
        double picoseconds = Math.Round(nanoseconds * PerNanosecond);
        return Math.Abs(picoseconds) < long.MaxValue ? new((long)picoseconds)
            : throw new ArgumentOutOfRangeException(nameof(nanoseconds), nanoseconds, "A duration is up to 106 days.");
    }

    /// <summary>The later of two.</summary>
    public static VirtualTime Later(VirtualTime one, VirtualTime other) => one > other ? one : other;

    /// <summary>The time that bytes take on a path of so many bytes a second, rounded up.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are less than 0 bytes, or less than 1 in a second.</exception>
    public static VirtualTime OfBytes(long byteCount, long bytesPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesPerSecond, 1);
        return Clamped((((Int128)byteCount * 1_000_000_000_000) + bytesPerSecond - 1) / bytesPerSecond);
    }

    /// <inheritdoc/>
    public int CompareTo(VirtualTime other) => Picoseconds.CompareTo(other.Picoseconds);

    /// <summary>Prints three digits that mean something, and a unit: <c>8.33 ms</c>.</summary>
    public override string ToString()
    {
        (double value, string unit) = Math.Abs((double)Picoseconds) switch
        {
            >= 1e12 => (Picoseconds / 1e12, "s"),
            >= 1e9 => (Picoseconds / 1e9, "ms"),
            >= 1e6 => (Picoseconds / 1e6, "µs"),
            _ => (Picoseconds / 1e3, "ns"),
        };
        string form = Math.Abs(value) switch { >= 100 => "#,0", >= 10 => "0.0", _ => "0.00" };
        return Picoseconds == 0 ? "0" : value.ToString(form, CultureInfo.InvariantCulture) + " " + unit;
    }

    /// <summary>The sum.</summary>
    public static VirtualTime operator +(VirtualTime left, VirtualTime right)
    {
        long sum = unchecked(left.Picoseconds + right.Picoseconds);
        return ((left.Picoseconds ^ sum) & (right.Picoseconds ^ sum)) >= 0 ? new(sum) : EndOn(left.Picoseconds);
    }

    /// <summary>The difference.</summary>
    public static VirtualTime operator -(VirtualTime left, VirtualTime right)
    {
        long difference = unchecked(left.Picoseconds - right.Picoseconds);
        return ((left.Picoseconds ^ right.Picoseconds) & (left.Picoseconds ^ difference)) >= 0 ? new(difference) : EndOn(left.Picoseconds);
    }

    /// <summary>So many of it.</summary>
    public static VirtualTime operator *(VirtualTime one, long count) => Clamped((Int128)one.Picoseconds * count);

    /// <summary>A part of it, rounded towards 0, without a product that is too long.</summary>
    internal VirtualTime Times(long count, long parts) => Clamped((Int128)Picoseconds * count / parts);

    /// <summary>Earlier, or shorter.</summary>
    public static bool operator <(VirtualTime left, VirtualTime right) => left.Picoseconds < right.Picoseconds;

    /// <summary>Not later.</summary>
    public static bool operator <=(VirtualTime left, VirtualTime right) => left.Picoseconds <= right.Picoseconds;

    /// <summary>Later, or longer.</summary>
    public static bool operator >(VirtualTime left, VirtualTime right) => left.Picoseconds > right.Picoseconds;

    /// <summary>Not earlier.</summary>
    public static bool operator >=(VirtualTime left, VirtualTime right) => left.Picoseconds >= right.Picoseconds;

    private static VirtualTime Clamped(Int128 picoseconds) => new((long)Int128.Clamp(picoseconds, long.MinValue, long.MaxValue));

    private static VirtualTime EndOn(long side) => new(side < 0 ? long.MinValue : long.MaxValue);
}
