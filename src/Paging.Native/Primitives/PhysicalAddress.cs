using System.Runtime.CompilerServices;
using Paging.Native.Primitives;

namespace Paging.Native;

/// <summary>An address on the memory bus, which has 36 lines: a frame number and an offset within the frame.</summary>
/// <param name="Value">The raw word.</param>
public readonly record struct PhysicalAddress(ulong Value) : IComparable<PhysicalAddress>, ISpanFormattable, ISpanParsable<PhysicalAddress>
{
    /// <summary>The frame this address lies in.</summary>
    public FrameNumber Frame => new((uint)(Value >> VirtualAddress.PageShift));

    /// <summary>Bytes from the start of the frame, 0 to 4095.</summary>
    public int OffsetInFrame => (int)(Value & VirtualAddress.OffsetMask);

    /// <summary>Moves up by bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PhysicalAddress operator +(PhysicalAddress address, uint byteCount) => new(address.Value + byteCount);

    /// <inheritdoc/>
    public int CompareTo(PhysicalAddress other) => Value.CompareTo(other.Value);

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <(PhysicalAddress left, PhysicalAddress right) => left.Value < right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <=(PhysicalAddress left, PhysicalAddress right) => left.Value <= right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator >(PhysicalAddress left, PhysicalAddress right) => left.Value > right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator >=(PhysicalAddress left, PhysicalAddress right) => left.Value >= right.Value;

    /// <summary>Prints hexadecimal digits, eight by default.</summary>
    public override string ToString() => HexText.Format(Value, null);

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => HexText.Format(Value, format);

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        HexText.TryFormat(Value, destination, out charsWritten, format);

    /// <summary>Reads hexadecimal digits, with or without <c>0x</c>.</summary>
    /// <exception cref="FormatException">The text is something else, or more than 64 bits.</exception>
    public static PhysicalAddress Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => new(HexText.ParseLong(s));

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider)"/>
    public static PhysicalAddress Parse(string s, IFormatProvider? provider) => new(HexText.ParseLong(s));

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out PhysicalAddress result)
    {
        bool parsed = HexText.TryParse(s, out ulong value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public static bool TryParse(string? s, IFormatProvider? provider, out PhysicalAddress result) =>
        TryParse(s.AsSpan(), provider, out result);
}
