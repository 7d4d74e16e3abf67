using System.Globalization;
using System.Runtime.CompilerServices;

namespace Paging.Native;

/// <summary>A number of pages of 4 KiB. Counts, never exclusive end addresses: 4 GiB does not fit in 32 bits.</summary>
/// <param name="Value">The number of pages.</param>
public readonly record struct PageCount(uint Value) : IComparable<PageCount>
{
    /// <summary>No page.</summary>
    public static PageCount Zero => default;

    /// <summary>One page.</summary>
    public static PageCount One => new(1);

    /// <summary>The whole 4 GiB: 2^20 pages.</summary>
    public static PageCount AddressSpace => new(1u << (32 - VirtualAddress.PageShift));

    /// <summary>The user half, 3 GiB.</summary>
    public static PageCount UserHalf => new(0xC0000);

    /// <summary>The size in bytes.</summary>
    public ulong Bytes => (ulong)Value << VirtualAddress.PageShift;

    /// <summary>True for no page at all.</summary>
    public bool IsZero => Value == 0;

    /// <summary>The pages needed to hold that many bytes: rounded up, computed in 64 bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are more than 2^32 of them.</exception>
    public static PageCount Covering(ulong byteLength)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteLength, (ulong)uint.MaxValue << VirtualAddress.PageShift);
        return new((uint)((byteLength + VirtualAddress.OffsetMask) >> VirtualAddress.PageShift));
    }

    /// <inheritdoc/>
    public int CompareTo(PageCount other) => Value.CompareTo(other.Value);

    /// <summary>Adds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageCount operator +(PageCount left, PageCount right) => new(left.Value + right.Value);

    /// <summary>Subtracts; the right side must not be larger.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageCount operator -(PageCount left, PageCount right) => new(left.Value - right.Value);

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <(PageCount left, PageCount right) => left.Value < right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <=(PageCount left, PageCount right) => left.Value <= right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator >(PageCount left, PageCount right) => left.Value > right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator >=(PageCount left, PageCount right) => left.Value >= right.Value;

    /// <summary>Prints the decimal count.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
