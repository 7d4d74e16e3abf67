using System.Diagnostics.CodeAnalysis;

namespace Paging.Native.Tables;

//   directory   │ ●  table │  0   │ ●  huge leaf │ ●  table │        a leaf covers exactly the range of a table there:
//                 │                 │                             HugeCount pages, from a page that is a multiple of it
//                 └► 1024 entries   └► 1024 frames in a row
/// <summary>Entries of the directory that map a huge page in one piece, as <see cref="PageTables"/> keeps them.</summary>
/// <remarks><code>
/// An entry    is shown as the small entry of the first of its pages: the same rights, A, D and software bits, the first frame.
///             Only this class handles the directory's form (PS, PAT in another bit).
/// Always      P7  a leaf leads to frames of RAM in a row, the first a multiple of HugeCount; HugeLeafCount counts the leaves
/// Counts      none here: the callers that store, take or split a leaf count its frames. For F4 a leaf is one mapping of its first frame.
/// Snapshots   while there is a journal there are no leaves: MayHaveHuge
/// Linux       mm/huge_memory.c set_pmd_at, __split_huge_pmd_locked, collapse_huge_page; arch/x86/include/asm/pgtable.h
/// </code></remarks>
internal static class HugeLeaves
{
    /// <summary>The number of small pages that a leaf covers, as a table does: 1024 in the classic format, 512 under PAE.</summary>
    public static PageCount HugeCountOf(this PageTables tables) => new(1u << tables.EntryShift);

    /// <summary>The pages that a leaf there would cover.</summary>
    public static PageRange HugeRangeOf(this PageTables tables, PageNumber page)
    {
        PageCount count = tables.HugeCountOf();
        return new(new(page.Value & ~(count.Value - 1)), count);
    }

    /// <summary>True where a leaf may be made: not while there is a snapshot, which keeps entries page by page.</summary>
    public static bool MayHaveHuge(this PageTables tables) => tables.Journal is null;

    /// <summary>True if a page lies in a huge leaf. Cost: a test where the address space has none.</summary>
    public static bool IsHuge(this PageTables tables, PageNumber page) => tables.TryReadHuge(page, out _);

    /// <summary>The leaf in which a page lies, as the entry of the first of its pages.</summary>
    /// <returns>False: there is a table, or nothing.</returns>
    public static bool TryReadHuge(this PageTables tables, PageNumber page, out PageTableEntry entry)
    {
        PageDirectoryEntry upper = tables.HugeLeafCount == 0 || page.IsKernel ? default : tables.UpperAt(tables.IndexOf(page));
        entry = IsLeaf(tables, upper) ? upper.PieceIn(tables.Format, 0) : default;
        return !entry.IsNeverTouched;
    }

    /// <summary>True if the page has a page table, with or without entries, or one that is lent.</summary>
    public static bool HasTable(this PageTables tables, PageNumber page)
    {
        int index = tables.IndexOf(page);
        return tables.IsTable(tables.UpperAt(index)) || tables.Loans.Has(index);
    }

    /// <summary>The first leaf that covers a page of the range.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="from">The page to begin with; if it lies in a leaf, that one is found.</param>
    /// <param name="end">The end of the search, exclusive.</param>
    /// <param name="first">The first page of the leaf, which may lie before <paramref name="from"/>; the end without a leaf.</param>
    /// <param name="entry">The leaf.</param>
    public static bool TryNextHuge(
        this PageTables tables, PageNumber from, PageNumber end, out PageNumber first, out PageTableEntry entry)
    {
        first = end;
        entry = default;
        if (tables.HugeLeafCount == 0) return false;
        PageNumber limit = end < PageNumber.FirstKernel ? end : PageNumber.FirstKernel;
        PageNumber page = from < limit ? tables.HugeRangeOf(from).First : limit;
        for (; page < limit; page += tables.HugeCountOf())
        {
            if (!tables.TryReadHuge(page, out entry)) continue;
            first = page;
            return true;
        }

        return false;
    }

    /// <summary>Makes a leaf, or changes the one that is there, and drops the translations that the new leaf no longer allows.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="first">The first page, a multiple of the size.</param>
    /// <param name="entry">A present entry whose frame is the first of the huge page.</param>
    /// <remarks>Preconditions: no entry in the table that covers the pages. An empty table is given back.</remarks>
    public static void StoreHuge(this PageTables tables, PageNumber first, PageTableEntry entry)
    {
        Expect(tables, first, entry);
        PageDirectoryEntry upper = tables.ReadUpper(tables.IndexOf(first));
        if (tables.IsTable(upper))
        {
            if (tables.Frames[upper.Table].Private != 0) ThrowHasTable(first, tables.Frames[upper.Table].Private);
            tables.FreeTable(tables.IndexOf(first), upper.Table);
        }

        if (IsLeaf(tables, upper)) DropStaleTranslations(tables, tables.HugeRangeOf(first), upper.PieceIn(tables.Format, 0), entry);
        else tables.HugeLeafCount++;
        tables.StoreUpper(tables.IndexOf(first), PageDirectoryEntry.ForPiece(tables.Format, entry));
    }

    /// <summary>Drops the translations of a leaf's pages that a new leaf no longer allows.</summary>
    private static void DropStaleTranslations(PageTables tables, PageRange pages, PageTableEntry old, PageTableEntry entry)
    {
        EntryChange change = new(old.Word, entry.Word);
        if (change.TakesReads) tables.Cache.InvalidateRange(pages);
        else if (change.TakesWrites) tables.Cache.InvalidateWriteRange(pages);
        else if (change.TakesFetches) tables.Cache.InvalidateFetches();
    }

    /// <summary>Takes a leaf away. Its pages are never touched afterwards, and nothing is cached for them.</summary>
    /// <returns>The leaf taken; never touched where there is none.</returns>
    public static PageTableEntry TakeHuge(this PageTables tables, PageNumber page)
    {
        if (!tables.TryReadHuge(page, out PageTableEntry entry)) return default;
        tables.StoreUpper(tables.IndexOf(page), default);
        tables.HugeLeafCount--;
        tables.Cache.InvalidateRange(tables.HugeRangeOf(page));
        return entry;
    }

    /// <summary>A frame for a table that will be needed: kept aside, counted as a table of this address space, not cleared.</summary>
    /// <returns>False: no frame, and nothing has changed. Linux: pte_alloc_one, pgtable_trans_huge_deposit.</returns>
    public static bool TryReserveTable(this PageTables tables, out FrameNumber table) => tables.TryTakeUncleared(out table);

    /// <summary>Gives a reserved table back.</summary>
    public static void ReleaseTable(this PageTables tables, FrameNumber table) => tables.ReturnTableFrame(table);

    /// <summary>
    /// Replaces a leaf by a reserved table of small entries: the same frames, rights, A, D and software bits. Cannot fail.
    /// </summary>
    /// <remarks>
    /// Cached translations of the pages stay valid: the frames are the same. The epoch grows, because a processor must drop the leaf.
    /// Linux: __split_huge_pmd_locked.
    /// </remarks>
    public static void SplitHuge(this PageTables tables, PageNumber page, FrameNumber table)
    {
        if (!tables.TryReadHuge(page, out PageTableEntry entry)) ThrowNoLeaf(page);
        tables.HugeLeafCount--;
        tables.InstallFullTable(tables.HugeRangeOf(page).First, table, entry);
        tables.Cache.EndEpoch();
    }

    /// <summary>Replaces a table by a leaf: takes every entry of the table away, stores the leaf, and hands the table out.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="first">The first page, a multiple of the size; its table must exist.</param>
    /// <param name="entry">The leaf.</param>
    /// <param name="table">The table, empty, reserved as by <see cref="TryReserveTable"/>: keep it for a split, or release it.</param>
    /// <remarks>
    /// The caller has read the entries and is responsible for the counts they held. Nothing is cached of the pages afterwards.
    /// Linux: collapse_huge_page, pgtable_trans_huge_deposit.
    /// </remarks>
    public static void Collapse(this PageTables tables, PageNumber first, PageTableEntry entry, out FrameNumber table)
    {
        Expect(tables, first, entry);
        PageDirectoryEntry upper = tables.ReadUpper(tables.IndexOf(first));
        if (!tables.IsTable(upper)) ThrowNoTableHere(first);
        table = upper.Table;
        tables.DetachTable(tables.IndexOf(first), table);
        tables.Cache.InvalidateRange(tables.HugeRangeOf(first));
        tables.HugeLeafCount++;
        tables.StoreUpper(tables.IndexOf(first), PageDirectoryEntry.ForPiece(tables.Format, entry));
    }

    /// <summary>The small entry of one page of a large entry of the directory.</summary>
    /// <returns>Never touched where a host has written the entry: in the user half it is no leaf, in the kernel half beyond RAM.</returns>
    public static PageTableEntry PieceOf(this PageTables tables, PageNumber page, PageDirectoryEntry upper)
    {
        PageTableEntry piece = upper.PieceIn(tables.Format, (int)page.Value & tables.EntryMask);
        bool isOurs = page.IsKernel ? piece.Frame.Value < tables.Ram.FrameCount.Value : tables.HugeLeafCount != 0 && IsLeaf(tables, upper);
        return isOurs ? piece : default;
    }

    /// <summary>A present entry of the user half that maps a huge page of RAM itself. Anything else was written by a host.</summary>
    /// <remarks>A leaf counts as a mapping of its first frame, except for the huge page of zeros, which is not counted (bit 11).</remarks>
    internal static bool IsLeaf(PageTables tables, PageDirectoryEntry upper)
    {
        if (!upper.IsPresent || !upper.IsLarge) return false;
        PageTableEntry leaf = upper.PieceIn(tables.Format, 0);
        return leaf.Frame.Value + (ulong)tables.HugeCountOf().Value <= tables.Ram.FrameCount.Value
            && (leaf.Software3 || tables.Frames[leaf.Frame].MapCount != 0);
    }

    [DoesNotReturn]
    internal static void ThrowCut(PageRange range, PageNumber first) =>
        throw new InvariantException($"P7: {range} cuts the huge leaf at {first.Value:x5}. SplitHuge comes first.");

    private static void Expect(PageTables tables, PageNumber first, PageTableEntry entry)
    {
        uint mask = tables.HugeCountOf().Value - 1;
        if (((first.Value | entry.Frame.Value) & mask) == 0 && entry.IsPresent && !first.IsKernel && tables.MayHaveHuge()) return;
        string why = tables.MayHaveHuge() ? "Both must be multiples of the size, and the page below the kernel" : "There is a snapshot";
        throw new InvariantException($"P7: page {first.Value:x5} cannot have a huge leaf {entry}. {why}.");
    }

    [DoesNotReturn]
    private static void ThrowHasTable(PageNumber first, uint count) =>
        throw new InvariantException($"P7: the table of page {first.Value:x5} has {count} entries, so a huge leaf cannot take its place.");

    [DoesNotReturn]
    private static void ThrowNoLeaf(PageNumber page) =>
        throw new InvariantException($"P7: page {page.Value:x5} lies in no huge leaf that could be split.");

    [DoesNotReturn]
    private static void ThrowNoTableHere(PageNumber page) =>
        throw new InvariantException($"P7: page {page.Value:x5} has no page table that a huge leaf could replace.");
}
