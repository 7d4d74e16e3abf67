using System.Runtime.CompilerServices;
using Paging.Native.Primitives;

namespace Paging.Native;

/// <summary>An address as a guest program uses it: 32 bits, a page number and an offset within the page.</summary>
/// <param name="Value">The raw word.</param>
public readonly record struct VirtualAddress(uint Value) : IComparable<VirtualAddress>, ISpanFormattable
{
    /// <summary>The offset bits of an address: pages are 4 KiB.</summary>
    public const int PageShift = 12;

    /// <summary>The bytes of a page: 4096.</summary>
    public const uint PageSize = 1u << PageShift;

    /// <summary>The bits of an address below its page number.</summary>
    public const uint OffsetMask = PageSize - 1;

    /// <summary>Address 0; as a hint to a mapping call it means "no hint".</summary>
    public static VirtualAddress Zero => default;

    /// <summary>The page this address lies in.</summary>
    public PageNumber Page => new(Value >> PageShift);

    /// <summary>Bytes from the start of the page, 0 to 4095.</summary>
    public int OffsetInPage => (int)(Value & OffsetMask);

    /// <summary>True for the first byte of a page.</summary>
    public bool IsPageAligned => (Value & OffsetMask) == 0;

    /// <summary>True in the kernel half, 0xC0000000 and above.</summary>
    public bool IsKernel => Page.IsKernel;

    /// <summary>Makes an address of a word.</summary>
    public static explicit operator VirtualAddress(uint value) => new(value);

    /// <summary>Moves up by bytes, wrapping at 4 GiB as the processor does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VirtualAddress operator +(VirtualAddress address, uint byteCount) => new(address.Value + byteCount);

    /// <summary>Moves down by bytes, wrapping at 0 as the processor does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VirtualAddress operator -(VirtualAddress address, uint byteCount) => new(address.Value - byteCount);

    /// <summary>The bytes from one address up to another, wrapping at 4 GiB as the processor does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint operator -(VirtualAddress high, VirtualAddress low) => high.Value - low.Value;

    /// <inheritdoc/>
    public int CompareTo(VirtualAddress other) => Value.CompareTo(other.Value);

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <(VirtualAddress left, VirtualAddress right) => left.Value < right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <=(VirtualAddress left, VirtualAddress right) => left.Value <= right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator >(VirtualAddress left, VirtualAddress right) => left.Value > right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator >=(VirtualAddress left, VirtualAddress right) => left.Value >= right.Value;

    /// <summary>Prints hexadecimal digits, eight by default.</summary>
    public override string ToString() => HexText.Format(Value, null);

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => HexText.Format(Value, format);

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        HexText.TryFormat(Value, destination, out charsWritten, format);
}
