using System.Numerics;
using Paging.Native.Diagnostics;

namespace Paging.Native.Memory;

/// <summary>A bit for each page of something, in native memory that the host commits as bits are set.</summary>
internal sealed class PageBitmap : IDisposable
{
    private readonly HostBlock _block;
    private readonly uint _limit;
    private readonly unsafe ulong* _words;

    // SAFETY: the block has a bit for each page below the limit.
    private unsafe PageBitmap(HostBlock block, uint limit)
    {
        (_block, _limit) = (block, limit);
        _words = (ulong*)block.Address;
    }

    /// <summary>The number of bits that are set.</summary>
    public uint Count { get; private set; }

    /// <summary>Makes an empty bitmap. Returns null if the host has no memory for it.</summary>
    public static PageBitmap? CreateOrNull(FaultInjection injection, uint pageCount)
    {
        if (injection.Refuses()) return null;
        try
        {
            return new(new((pageCount + 63ul) / 64 * sizeof(ulong)), pageCount);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    // SAFETY: the page is compared with the limit.
    public unsafe bool Has(uint page) => page < _limit && (_words[page >> 6] & (1ul << (int)(page & 63))) != 0;

    /// <summary>Sets the bit of a page below the limit.</summary>
    // SAFETY: as Has.
    public unsafe void Set(uint page)
    {
        if (page >= _limit || Has(page)) return;
        _words[page >> 6] |= 1ul << (int)(page & 63);
        Count++;
    }

    /// <summary>Clears the bits of a range. Cost: O(words of the range).</summary>
    // SAFETY: as Has; the end is not above the limit.
    public unsafe void Clear(uint first, uint count)
    {
        uint end = Math.Min(first + count, _limit);
        for (uint page = first; page < end && Count != 0; page = (page | 63) + 1)
        {
            ulong* word = _words + (page >> 6);
            ulong gone = *word & Mask(page, end);
            *word &= ~gone;
            Count -= (uint)BitOperations.PopCount(gone);
        }
    }

    /// <summary>Finds the lowest page of a range that has its bit set, and the number of set bits from there, 64 at most.</summary>
    // SAFETY: TryNext has found the page below the limit.
    public unsafe bool TryNextRun(uint from, uint end, out uint first, out uint count)
    {
        count = 0;
        if (!TryNext(from, end, out first)) return false;
        ulong word = (_words[first >> 6] & Mask(first, end)) >> (int)(first & 63);
        count = (uint)BitOperations.TrailingZeroCount(~word);
        return true;
    }

    /// <summary>Finds the lowest page of a range that has its bit set.</summary>
    // SAFETY: only words of pages below the limit are read.
    public unsafe bool TryNext(uint from, uint end, out uint page)
    {
        end = Math.Min(end, _limit);
        for (page = from; page < end; page = (page | 63) + 1)
        {
            ulong word = _words[page >> 6] >> (int)(page & 63);
            if (word == 0) continue;
            page += (uint)BitOperations.TrailingZeroCount(word);
            return page < end;
        }

        return false;
    }

    /// <summary>The number of bits of a range that are set.</summary>
    public uint CountIn(uint first, uint count)
    {
        uint found = 0;
        for (uint page = first, end = first + count; TryNext(page, end, out page); page++) found++;
        return found;
    }

    public void Dispose() => _block.Dispose();

    /// <summary>The mask of a page and the pages after it, up to an end, in the page's word.</summary>
    private static ulong Mask(uint page, uint end)
    {
        uint last = Math.Min(end - 1, page | 63);
        return ulong.MaxValue << (int)(page & 63) & ulong.MaxValue >> (int)(63 - (last & 63));
    }
}
