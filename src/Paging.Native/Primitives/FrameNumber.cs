using System.Runtime.CompilerServices;
using Paging.Native.Primitives;

namespace Paging.Native;

/// <summary>A page frame of physical memory: 0 to 0xFFFFF, with PAE tables to 0xFFFFFF.</summary>
/// <param name="Value">The raw word.</param>
public readonly record struct FrameNumber(uint Value) : IComparable<FrameNumber>, ISpanFormattable
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
}
