using System.Runtime.CompilerServices;
using Paging.Native.Primitives;

namespace Paging.Native;

/// <summary>A page frame of physical memory: 0 to 0xFFFFF, with PAE tables to 0xFFFFFF.</summary>
/// <param name="Value">The raw word.</param>
public readonly record struct FrameNumber(uint Value) : IComparable<FrameNumber>, ISpanFormattable, ISpanParsable<FrameNumber>
{
    /// <summary>The address of the first byte.</summary>
    public PhysicalAddress Address => new((ulong)Value << VirtualAddress.PageShift);

    /// <summary>Moves up by frames.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FrameNumber operator +(FrameNumber frame, FrameCount count) => new(frame.Value + count.Value);

    /// <summary>The next frame.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FrameNumber operator ++(FrameNumber frame) => new(frame.Value + 1);

    /// <inheritdoc/>
    public int CompareTo(FrameNumber other) => Value.CompareTo(other.Value);

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <(FrameNumber left, FrameNumber right) => left.Value < right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <=(FrameNumber left, FrameNumber right) => left.Value <= right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator >(FrameNumber left, FrameNumber right) => left.Value > right.Value;

    /// <summary>Orders by value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator >=(FrameNumber left, FrameNumber right) => left.Value >= right.Value;

    /// <summary>Prints hexadecimal digits, eight by default.</summary>
    public override string ToString() => HexText.Format(Value, null);

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => HexText.Format(Value, format);

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        HexText.TryFormat(Value, destination, out charsWritten, format);

    /// <summary>Reads hexadecimal digits, with or without <c>0x</c>.</summary>
    /// <exception cref="FormatException">The text is something else, or more than 32 bits.</exception>
    public static FrameNumber Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => new(HexText.Parse(s));

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider)"/>
    public static FrameNumber Parse(string s, IFormatProvider? provider) => new(HexText.Parse(s));

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out FrameNumber result)
    {
        bool parsed = HexText.TryParse(s, out uint value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public static bool TryParse(string? s, IFormatProvider? provider, out FrameNumber result) => TryParse(s.AsSpan(), provider, out result);
}
