using System.Runtime.CompilerServices;
using Paging.Native.Primitives;

namespace Paging.Native;

/// <summary>A page of the virtual address space: 0 to 0xFFFFF. As the exclusive end of a range it may be 0x100000.</summary>
/// <param name="Value">The raw word.</param>
public readonly record struct PageNumber(uint Value) : IComparable<PageNumber>, ISpanFormattable
{
    /// <summary>The first page of the kernel half: 0xC0000000 &gt;&gt; 12.</summary>
    public static PageNumber FirstKernel => new(0xC0000);

    /// <summary>The address of the first byte. Not defined for 0x100000, the end of the address space.</summary>
    public VirtualAddress Address => new(Value << VirtualAddress.PageShift);

    /// <summary>The index of the page-directory entry that leads to this page: 0 to 1023.</summary>
    public int DirectoryIndex => (int)(Value >> 10);

    /// <summary>The index of this page's entry in its page table: 0 to 1023.</summary>
    public int TableIndex => (int)(Value & 0x3FF);

    /// <summary>True in the kernel half, 0xC0000000 and above.</summary>
    public bool IsKernel => Value >= 0xC0000;

    /// <summary>Moves up by pages.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageNumber operator +(PageNumber page, PageCount count) => new(page.Value + count.Value);

    /// <summary>Moves down by pages.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageNumber operator -(PageNumber page, PageCount count) => new(page.Value - count.Value);

    /// <summary>The distance between two pages, the higher one first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageCount operator -(PageNumber high, PageNumber low) => new(high.Value - low.Value);

    /// <summary>The next page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageNumber operator ++(PageNumber page) => new(page.Value + 1);

    /// <inheritdoc/>
    public int CompareTo(PageNumber other) => Value.CompareTo(other.Value);

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <(PageNumber left, PageNumber right) => left.Value < right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <=(PageNumber left, PageNumber right) => left.Value <= right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator >(PageNumber left, PageNumber right) => left.Value > right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator >=(PageNumber left, PageNumber right) => left.Value >= right.Value;

    /// <summary>Prints hexadecimal digits, eight by default.</summary>
    public override string ToString() => HexText.Format(Value, null);

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => HexText.Format(Value, format);

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        HexText.TryFormat(Value, destination, out charsWritten, format);
}
