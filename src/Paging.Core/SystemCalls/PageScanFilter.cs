using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Which pages of one area a scan looks for, and which entries of its page tables need not even be looked at.</summary>
/// <remarks>
/// What a present entry says depends on few of its bits, so entries that cannot match often have one value in them: a scan for written
/// pages passes over all entries with P and the mark of protection. Whole tables of them are then compared in vectors.
/// Linux reads each word, with a loop of its own for this case (fs/proc/task_mmu.c, pagemap_scan_pmd_entry).
/// </remarks>
internal readonly struct PageScanFilter
{
    private const ulong Mark = EntryBits.Attribute, SoftDirty = EntryBits.Software2;

    // From all present entries to those with one value in both bits.
    private static ReadOnlySpan<ulong> Masks =>
        [EntryBits.Present, EntryBits.Present | Mark, EntryBits.Present | SoftDirty, EntryBits.Present | Mark | SoftDirty];

    private readonly PageCategories _mask, _anyOf, _inverted;
    private readonly ulong _passedMask, _passedValue;    // entries that cannot match; no mask: there are none

    /// <param name="request">What the scan looks for.</param>
    /// <param name="ofArea">What every page of the area is.</param>
    public PageScanFilter(in PageScanRequest request, PageCategories ofArea)
    {
        (_mask, _anyOf, _inverted) = (request.Mask, request.AnyOf, request.Inverted);
        foreach (ulong mask in Masks)
        {
            for (ulong bits = 0; _passedMask == 0 && bits < 4; bits++)
            {
                ulong value = EntryBits.Present | ((bits & 1) != 0 ? Mark : 0) | ((bits & 2) == 0 ? 0 : SoftDirty);
                if ((value & ~mask) != 0 || MayMatch(mask, value, ofArea)) continue;
                (_passedMask, _passedValue) = (mask, value);
            }
        }
    }

    /// <summary>True for a page that is what the request asks for.</summary>
    public bool Matches(PageCategories categories)
    {
        categories ^= _inverted;
        return (categories & _mask) == _mask && (_anyOf == PageCategories.None || (categories & _anyOf) != 0);
    }

    /// <summary>The lowest index from <paramref name="from"/> on whose entry may match, or <paramref name="end"/>.</summary>
    public int NextCandidate(in EntryTable table, int from, int end) =>
        _passedMask == 0 || from >= end ? from : table.NextUnlike(from, end, _passedMask, _passedValue);

    /// <summary>True if a present entry with this value in these bits may match, whatever its other bits are.</summary>
    private bool MayMatch(ulong mask, ulong value, PageCategories ofArea)
    {
        for (int bits = 0; bits < 16; bits++)
        {
            bool isMarked = (mask & Mark) != 0 ? (value & Mark) != 0 : (bits & 1) != 0;
            bool isSoftDirty = (mask & SoftDirty) != 0 ? (value & SoftDirty) != 0 : (bits & 2) != 0;
            PageCategories categories = ofArea | PageCategories.Present;
            if (!isMarked) categories |= PageCategories.Written;
            if (isSoftDirty) categories |= PageCategories.SoftDirty;
            if ((bits & 4) != 0) categories |= PageCategories.Zero;
            if ((bits & 8) != 0) categories |= PageCategories.File;
            if (Matches(categories)) return true;
        }

        return false;
    }
}
