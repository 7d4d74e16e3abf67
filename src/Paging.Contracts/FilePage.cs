using System.Globalization;
using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Core;

/// <summary>A page of a file or memory object: its index in pages of 4 KiB, counted from 0 at the start of the object.</summary>
/// <remarks>
/// Any 32-bit index is valid; files reach 16 TiB. As the exclusive end of a range the index may be one past the last page of the object.
/// Linux: pgoff_t (include/linux/types.h).
/// </remarks>
/// <param name="Value">The index.</param>
public readonly record struct FilePage(uint Value) : IComparable<FilePage>
{
    /// <summary>The first page of the object.</summary>
    public static FilePage First => default;

    /// <summary>The last page that can be numbered.</summary>
    public static FilePage Last => new(uint.MaxValue);

    /// <summary>The offset of the page's first byte in the object: a multiple of 4096.</summary>
    public long ByteOffset => (long)Value << VirtualAddress.PageShift;

    /// <summary>The page after this one. The result must fit in 32 bits.</summary>
    public FilePage Next => new(Value + 1);

    /// <summary>Returns the page that contains a byte of the object.</summary>
    /// <param name="byteOffset">The byte's offset in the object: 0 or more, below 16 TiB.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative, or is 16 TiB or more.</exception>
    public static FilePage Containing(long byteOffset)
    {
        long page = byteOffset >> VirtualAddress.PageShift;
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)page, uint.MaxValue, nameof(byteOffset));
        return new((uint)page);
    }

    /// <summary>Moves towards the end of the object. The result must fit in 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FilePage operator +(FilePage page, PageCount count) => new(page.Value + count.Value);

    /// <summary>Moves towards the start of the object. The result must not be negative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FilePage operator -(FilePage page, PageCount count) => new(page.Value - count.Value);

    /// <summary>The distance between two pages, the later one first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageCount operator -(FilePage later, FilePage earlier) => new(later.Value - earlier.Value);

    /// <summary>The next page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FilePage operator ++(FilePage page) => new(page.Value + 1);

    /// <inheritdoc/>
    public int CompareTo(FilePage other) => Value.CompareTo(other.Value);

    /// <summary>Orders by index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <(FilePage left, FilePage right) => left.Value < right.Value;

    /// <summary>Orders by index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <=(FilePage left, FilePage right) => left.Value <= right.Value;

    /// <summary>Orders by index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator >(FilePage left, FilePage right) => left.Value > right.Value;

    /// <summary>Orders by index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator >=(FilePage left, FilePage right) => left.Value >= right.Value;

    /// <summary>Prints the decimal index.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
