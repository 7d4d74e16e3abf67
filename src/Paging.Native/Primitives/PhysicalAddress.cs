using System.Runtime.CompilerServices;
using Paging.Native.Primitives;

namespace Paging.Native;

/// <summary>An address on the memory bus, which has 36 lines: a frame number and an offset within the frame.</summary>
/// <param name="Value">The raw word.</param>
public readonly record struct PhysicalAddress(ulong Value) : IComparable<PhysicalAddress>, ISpanFormattable
{
    /// <summary>The frame this address lies in.</summary>
    public FrameNumber Frame => new((uint)(Value >> VirtualAddress.PageShift));

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
}
