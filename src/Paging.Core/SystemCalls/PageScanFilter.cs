using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Decides which pages of one area a scan reports, and which entries of its page tables the scan can skip.</summary>
/// <remarks>
/// The categories of a present entry depend on few of its bits, so the entries that cannot match often share one value of these bits: a
/// scan for written pages skips all entries with P and the mark of protection. Whole tables are then compared in vectors.
/// Linux reads each word, with a loop of its own for this case (fs/proc/task_mmu.c, pagemap_scan_pmd_entry).
/// </remarks>
internal readonly struct PageScanFilter
{
    private const ulong Mark = EntryBits.Attribute, SoftDirty = EntryBits.Software2;

    // From the widest class of entries, all present ones, to the narrowest, so that the first one that cannot match skips the most.
    private static ReadOnlySpan<ulong> Masks =>
        [EntryBits.Present, EntryBits.Present | Mark, EntryBits.Present | SoftDirty, EntryBits.Present | Mark | SoftDirty];

    private readonly PageCategories _mask, _anyOf, _inverted;
    private readonly ulong _passedMask, _passedValue;    // of entries that cannot match; a mask of 0 if there are none

    /// <param name="request">The pages that the scan searches for.</param>
    /// <param name="ofArea">The categories of every page of the area.</param>
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

    /// <summary>True if a page with these categories matches the request.</summary>
    public bool Matches(PageCategories categories)
    {
        categories ^= _inverted;
        return (categories & _mask) == _mask && (_anyOf == PageCategories.None || (categories & _anyOf) != 0);
    }

    /// <summary>The lowest index from <paramref name="from"/> on whose entry may match, or <paramref name="end"/>.</summary>
    public int NextCandidate(in EntryTable table, int from, int end) =>
        _passedMask == 0 || from >= end ? from : table.NextUnlike(from, end, _passedMask, _passedValue);

    /// <summary>True if a present entry with this value in these bits matches for some value of its other bits.</summary>
    private bool MayMatch(ulong mask, ulong value, PageCategories ofArea)
    {
        for (int bits = 0; bits < 16; bits++)    // the values of the four bits and facts that are tested below
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
