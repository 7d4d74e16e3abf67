using System.Globalization;
using System.Runtime.CompilerServices;

namespace Paging.Native;

/// <summary>A number of page frames of 4 KiB.</summary>
/// <param name="Value">The number of frames.</param>
public readonly record struct FrameCount(uint Value) : IComparable<FrameCount>
{
    /// <summary>The size in bytes.</summary>
    public ulong Bytes => (ulong)Value << VirtualAddress.PageShift;

    /// <summary>The frames in that many mebibytes.</summary>
    public static FrameCount MiB(uint count) => new(count << 8);

    /// <inheritdoc/>
    public int CompareTo(FrameCount other) => Value.CompareTo(other.Value);

    /// <summary>Adds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FrameCount operator +(FrameCount left, FrameCount right) => new(left.Value + right.Value);

    /// <summary>Subtracts; the right side must not be larger.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FrameCount operator -(FrameCount left, FrameCount right) => new(left.Value - right.Value);

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <(FrameCount left, FrameCount right) => left.Value < right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <=(FrameCount left, FrameCount right) => left.Value <= right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator >(FrameCount left, FrameCount right) => left.Value > right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator >=(FrameCount left, FrameCount right) => left.Value >= right.Value;

    /// <summary>Prints the decimal count.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
