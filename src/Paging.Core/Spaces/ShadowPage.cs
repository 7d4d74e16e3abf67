using System.Numerics;
using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>The states of one page's bytes: two bits for each byte, 1 KiB for a page.</summary>
internal sealed class ShadowPage
{
    private const int Bits = 64, Words = (int)VirtualAddress.PageSize / Bits;

    private readonly ulong[] _unaddressable = new ulong[Words], _uninitialized = new ulong[Words];    // U2  no byte is both

    /// <summary>The bytes of its saved form: the unaddressable bits, then the uninitialized ones, little-endian.</summary>
    public const int ByteLength = 2 * Words * sizeof(ulong);

    /// <summary>The tree that may change the page in place.</summary>
    public ShadowOwner Owner { get; set; }

    /// <summary>The number of bytes that are not good.</summary>
    public int MarkedCount { get; private set; }

    /// <summary>Makes all bytes the same.</summary>
    public void Fill(ByteState state)
    {
        _unaddressable.AsSpan().Fill(state == ByteState.Unaddressable ? ulong.MaxValue : 0);
        _uninitialized.AsSpan().Fill(state == ByteState.Uninitialized ? ulong.MaxValue : 0);
        MarkedCount = state == ByteState.Good ? 0 : (int)VirtualAddress.PageSize;
    }

    public void CopyFrom(ShadowPage other)
    {
        other._unaddressable.CopyTo(_unaddressable.AsSpan());
        other._uninitialized.CopyTo(_uninitialized.AsSpan());
        MarkedCount = other.MarkedCount;
    }

    /// <summary>The state that all bytes have; null if they differ.</summary>
    public ByteState? Whole => MarkedCount is not (0 or (int)VirtualAddress.PageSize) ? null
        : MarkedCount == 0 ? ByteState.Good
        : !_uninitialized.AsSpan().ContainsAnyExcept(0ul) ? ByteState.Unaddressable
        : !_unaddressable.AsSpan().ContainsAnyExcept(0ul) ? ByteState.Uninitialized : null;

    /// <summary>Writes the saved form.</summary>
    public void Save(Span<byte> destination)
    {
        MemoryMarshal.AsBytes(_unaddressable.AsSpan()).CopyTo(destination);
        MemoryMarshal.AsBytes(_uninitialized.AsSpan()).CopyTo(destination[(Words * sizeof(ulong))..]);
    }

    /// <summary>Reads the saved form. Returns false if a byte has two states, or none has one.</summary>
    public bool TryLoad(ReadOnlySpan<byte> source)
    {
        source[..(Words * sizeof(ulong))].CopyTo(MemoryMarshal.AsBytes(_unaddressable.AsSpan()));
        source[(Words * sizeof(ulong))..].CopyTo(MemoryMarshal.AsBytes(_uninitialized.AsSpan()));
        MarkedCount = 0;
        for (int word = 0; word < Words; word++)
            MarkedCount += BitOperations.PopCount(_unaddressable[word]) + BitOperations.PopCount(_uninitialized[word]);
        return IsConsistent() && MarkedCount != 0;
    }

    public ByteState this[int offset] =>
        (_unaddressable[offset / Bits] >> offset & 1) != 0 ? ByteState.Unaddressable
        : (_uninitialized[offset / Bits] >> offset & 1) != 0 ? ByteState.Uninitialized
        : ByteState.Good;

    /// <summary>Gives a run of bytes one state.</summary>
    public void Set(int offset, int byteLength, ByteState state)
    {
        for (int end = offset + byteLength; offset < end;)
        {
            ulong mask = MaskAt(offset, end, out int count);
            int word = offset / Bits;
            MarkedCount -= BitOperations.PopCount((_unaddressable[word] | _uninitialized[word]) & mask);    // U2: no byte counts twice
            _unaddressable[word] &= ~mask;
            _uninitialized[word] &= ~mask;
            if (state == ByteState.Unaddressable) _unaddressable[word] |= mask;
            if (state == ByteState.Uninitialized) _uninitialized[word] |= mask;
            if (state != ByteState.Good) MarkedCount += count;
            offset += count;
        }
    }

    /// <summary>Finds the first byte of a run that is unaddressable, or is not good.</summary>
    /// <returns>The offset of the byte in the page; -1 if there is none.</returns>
    public int Find(int offset, int byteLength, bool alsoUninitialized)
    {
        for (int end = offset + byteLength; offset < end;)
        {
            ulong mask = MaskAt(offset, end, out int count);
            int word = offset / Bits;
            ulong found = (_unaddressable[word] | (alsoUninitialized ? _uninitialized[word] : 0)) & mask;
            if (found != 0) return (word * Bits) + BitOperations.TrailingZeroCount(found);
            offset += count;
        }

        return -1;
    }

    /// <summary>Recounts the page: returns false if a byte has two states, or the count is wrong.</summary>
    public bool IsConsistent()
    {
        int marked = 0;
        for (int word = 0; word < Words; word++)
        {
            if ((_unaddressable[word] & _uninitialized[word]) != 0) return false;
            marked += BitOperations.PopCount(_unaddressable[word] | _uninitialized[word]);
        }

        return marked == MarkedCount;
    }

    /// <summary>The bits of one word that belong to a run.</summary>
    private static ulong MaskAt(int offset, int end, out int count)
    {
        int bit = offset % Bits;
        count = Math.Min(Bits - bit, end - offset);
        return (count == Bits ? ulong.MaxValue : (1ul << count) - 1) << bit;    // a shift by 64 would be one by 0
    }
}
