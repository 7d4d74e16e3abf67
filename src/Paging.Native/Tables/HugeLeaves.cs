using System.Diagnostics.CodeAnalysis;
using Paging.Native.Frames;

namespace Paging.Native.Tables;

//   directory   │ ●  table │  0   │ ●  huge leaf │ ●  table │        a leaf covers exactly the range of a table there:
//                 │                 │                             CountEach pages, from a page that is a multiple of it
//                 └► 1024 entries   └► 1024 frames in a row
/// <summary>Entries of the directory that map a huge page in one piece, as <see cref="PageTables"/> keeps them.</summary>
/// <remarks><code>
/// An entry    is shown as the small entry of the first of its pages: the same rights, A, D and software bits, the first frame.
///             Only this class handles the directory's form (PS, PAT in another bit).
/// Always      P7  a leaf leads to frames of RAM in a row, the first a multiple of CountEach; Count counts the leaves
/// Counts      none here: the callers that store, take or split a leaf count its frames. For F4 a leaf is one mapping of its first frame.
/// Snapshots   a leaf that a snapshot keeps has no note and no RW. Before its pages change it is split (EntryJournal.SplitLeaf), and the
///             small pages are noted. A leaf that is made has a note for each page: what was there before
/// Linux       mm/huge_memory.c set_pmd_at, __split_huge_pmd_locked, collapse_huge_page; arch/x86/include/asm/pgtable.h
/// </code></remarks>
internal sealed class HugeLeaves(PageTables tables)
{
    /// <summary>The number of leaves. While it is zero, no walk has to test for one.</summary>
    public int Count { get; set; }

    /// <summary>The number of small pages that a leaf covers, as a table does: 1024 in the classic format, 512 under PAE.</summary>
    public PageCount CountEach { get; } = new(1u << tables.EntryShift);

    /// <summary>The pages that a leaf there would cover.</summary>
    public PageRange RangeOf(PageNumber page)
    {
        PageCount count = CountEach;
        return new(new(page.Value & ~(count.Value - 1)), count);
    }

    /// <summary>True if a page lies in a huge leaf. Cost: a test where the address space has none.</summary>
    public bool Has(PageNumber page) => TryRead(page, out _);

    /// <summary>The leaf in which a page lies, as the entry of the first of its pages.</summary>
    /// <returns>False: there is a table, or nothing.</returns>
    public bool TryRead(PageNumber page, out PageTableEntry entry)
    {
        PageDirectoryEntry upper = Count == 0 || page >= tables.End ? default : tables.UpperAt(tables.IndexOf(page));
        entry = IsLeaf(upper) ? upper.PieceIn(tables.Format, 0) : default;
        return !entry.IsNeverTouched;
    }

    /// <summary>The first leaf that covers a page of the range.</summary>
    /// <param name="from">The page to begin with; if it lies in a leaf, that one is found.</param>
    /// <param name="end">The end of the search, exclusive.</param>
    /// <param name="first">The first page of the leaf, which may lie before <paramref name="from"/>; the end without a leaf.</param>
    /// <param name="entry">The leaf.</param>
    public bool TryNext(PageNumber from, PageNumber end, out PageNumber first, out PageTableEntry entry)
    {
        first = end;
        entry = default;
        if (Count == 0) return false;
        PageNumber limit = end < tables.End ? end : tables.End;
        PageNumber page = from < limit ? RangeOf(from).First : limit;
        for (; page < limit; page += CountEach)
        {
            if (!TryRead(page, out entry)) continue;
            first = page;
            return true;
        }

        return false;
    }

    /// <summary>Makes a leaf, or changes the one that is there, and drops the translations that the new leaf no longer allows.</summary>
    /// <param name="first">The first page, a multiple of the size.</param>
    /// <param name="entry">A present entry whose frame is the first of the huge page.</param>
    /// <remarks>
    /// Preconditions: no entry in the table that covers the pages. An empty table is given back. A leaf in place of another one has its
    /// frames: rights and marks are no change of the pages, so a journal gets no note.
    /// </remarks>
    public void Store(PageNumber first, PageTableEntry entry)
    {
        Expect(first, entry);
        PageDirectoryEntry upper = tables.ReadUpper(tables.IndexOf(first));
        if (tables.IsTable(upper))
        {
            if (tables.Frames[upper.Table].Private != 0) ThrowHasTable(first, tables.Frames[upper.Table].Private);
            tables.FreeTable(tables.IndexOf(first), upper.Table);
        }

        if (IsLeaf(upper))
        {
            DropStaleTranslations(RangeOf(first), upper.PieceIn(tables.Format, 0), entry);
        }
        else
        {
            tables.Journal?.NoteEach(RangeOf(first), default);    // there was nothing
            Count++;
        }

        tables.StoreUpper(tables.IndexOf(first), PageDirectoryEntry.ForPiece(tables.Format, entry));
    }

    /// <summary>Drops the translations of a leaf's pages that a new leaf no longer allows.</summary>
    private void DropStaleTranslations(PageRange pages, PageTableEntry old, PageTableEntry entry)
    {
        EntryChange change = new(old.Word, entry.Word);
        if (change.TakesReads) tables.Cache.InvalidateRange(pages);
        else if (change.TakesWrites) tables.Cache.InvalidateWriteRange(pages);
        else if (change.TakesFetches) tables.Cache.InvalidateFetches(pages);
    }

    /// <summary>Takes a leaf away. Its pages are never touched afterwards, and nothing is cached for them.</summary>
    /// <returns>The leaf taken; never touched where there is none.</returns>
    public PageTableEntry Take(PageNumber page)
    {
        if (!TryRead(page, out PageTableEntry entry)) return default;
        Note(page, entry);
        tables.StoreUpper(tables.IndexOf(page), default);
        Count--;
        tables.Cache.InvalidateRange(RangeOf(page));
        return entry;
    }

    /// <summary>True for a leaf of private memory, which keeps a table in reserve: a huge page, or that of zeros.</summary>
    public bool HasReserve(PageDirectoryEntry upper)
    {
        if (Count == 0 || !IsLeaf(upper)) return false;
        PageTableEntry leaf = upper.PieceIn(tables.Format, 0);
        return leaf.Software3 || IsPrivate(leaf);
    }

    /// <summary>Records the pages of a leaf in the journal, if there is one, before they change for the first time.</summary>
    /// <remarks>
    /// The huge page of zeros goes back as small zero pages, which join again; one of shared memory as pages that fault in again.
    /// Precondition: a private huge page that the snapshot keeps was split before, so that each small page can be held.
    /// </remarks>
    public void Note(PageNumber page, PageTableEntry leaf)
    {
        if (tables.Journal is not { } journal) return;
        PageRange pages = RangeOf(page);
        if (IsPrivate(leaf) && !journal.HasEach(pages)) ThrowKept(pages.First);
        journal.NoteEach(pages, leaf.Software3 ? leaf.WithFrame(default) : default);    // frame 0 is the small zero page
    }

    /// <summary>Splits the leaves of a range whose private pages a snapshot keeps, ahead of a change of the range.</summary>
    /// <param name="range">The pages that will change.</param>
    /// <param name="areMoved">True: leaves go away with their reserve, so those of lines that a snapshot has are split, too.</param>
    public void SplitKept(PageRange range, bool areMoved)
    {
        if (Count == 0 || tables.Journal is not { } journal) return;
        PageNumber from = range.First;
        while (TryNext(from, range.End, out PageNumber first, out PageTableEntry leaf))
        {
            from = first + CountEach;
            bool isKept = IsPrivate(leaf) && !journal.HasEach(RangeOf(first));
            bool losesTable = areMoved && journal.Tables.All.Contains(tables.IndexOf(first));
            if (isKept || losesTable) journal.SplitLeaf(first);
        }
    }

    private bool IsPrivate(PageTableEntry leaf) =>
        !leaf.Software3 && tables.Frames.Named(leaf.Frame) is { State: FrameState.Anonymous, Private: not 0 };

    /// <summary>A frame for a table that will be needed: kept aside, counted as a table of this address space, not cleared.</summary>
    /// <returns>False: no frame, and nothing has changed. Linux: pte_alloc_one, pgtable_trans_huge_deposit.</returns>
    public bool TryReserveTable(out FrameNumber table) => tables.TryTakeUncleared(out table);

    /// <summary>Gives a reserved table back.</summary>
    public void ReleaseTable(FrameNumber table) => tables.ReturnTableFrame(table);

    /// <summary>
    /// Replaces a leaf by a reserved table of small entries: the same frames, rights, A, D and software bits. Cannot fail.
    /// </summary>
    /// <remarks>
    /// Cached translations of the pages stay valid: the frames are the same. The epoch grows, because a processor must drop the leaf.
    /// Linux: __split_huge_pmd_locked.
    /// </remarks>
    public void Split(PageNumber page, FrameNumber table)
    {
        if (!TryRead(page, out PageTableEntry entry)) ThrowNoLeaf(page);
        Count--;
        InstallFullTable(RangeOf(page).First, table, entry);
        tables.Cache.EndEpoch();
    }

    /// <summary>Fills a table with the pieces of a huge leaf, then lets the directory lead to it.</summary>
    private void InstallFullTable(PageNumber first, FrameNumber table, PageTableEntry entry)
    {
        EntryTable words = tables.WordsOf(table);
        int count = (int)CountEach.Value;
        for (int i = 0; i < count; i++) words[i] = entry.WithFrame(entry.Frame + new FrameCount((uint)i)).Word;
        tables.Frames[table].Private = (uint)count;
        tables.Own(tables.IndexOf(first), table);
        tables.StoreUpper(tables.IndexOf(first), PageDirectoryEntry.ForTable(table));
        tables.Frames[tables.Directory].Private++;
    }

    /// <summary>Replaces a table by a leaf: takes every entry of the table away, stores the leaf, and hands the table out.</summary>
    /// <param name="first">The first page, a multiple of the size; its table must exist.</param>
    /// <param name="entry">The leaf.</param>
    /// <param name="table">The table, empty, reserved as by <see cref="TryReserveTable"/>: keep it for a split, or release it.</param>
    /// <remarks>
    /// The caller has read the entries and is responsible for the counts they held. Nothing is cached of the pages afterwards.
    /// Linux: collapse_huge_page, pgtable_trans_huge_deposit.
    /// </remarks>
    public void Collapse(PageNumber first, PageTableEntry entry, out FrameNumber table)
    {
        Expect(first, entry);
        PageDirectoryEntry upper = tables.ReadUpper(tables.IndexOf(first));
        if (!tables.IsTable(upper)) ThrowNoTableHere(first);
        tables.Journal?.NoteEach(RangeOf(first), default);    // pages that the caller has taken away have their notes
        table = upper.Table;
        tables.DetachTable(tables.IndexOf(first), table);
        tables.Cache.InvalidateRange(RangeOf(first));
        Count++;
        tables.StoreUpper(tables.IndexOf(first), PageDirectoryEntry.ForPiece(tables.Format, entry));
    }

    /// <summary>The small entry of one page of a large entry of the directory.</summary>
    /// <returns>Never touched where a host has written the entry: in the user half it is no leaf, in the kernel half beyond RAM.</returns>
    public PageTableEntry PieceOf(PageNumber page, PageDirectoryEntry upper)
    {
        PageTableEntry piece = upper.PieceIn(tables.Format, (int)page.Value & tables.EntryMask);
        bool isOurs = page >= tables.End ? piece.Frame.Value < tables.Ram.FrameCount.Value : Count != 0 && IsLeaf(upper);
        return isOurs ? piece : default;
    }

    /// <summary>A present entry of the user half that maps a huge page of RAM itself. Anything else was written by a host.</summary>
    /// <remarks>A leaf counts as a mapping of its first frame, except for the huge page of zeros, which is not counted (bit 11).</remarks>
    public bool IsLeaf(PageDirectoryEntry upper)
    {
        if (!upper.IsPresent || !upper.IsLarge) return false;
        PageTableEntry leaf = upper.PieceIn(tables.Format, 0);
        return leaf.Frame.Value + (ulong)CountEach.Value <= tables.Ram.FrameCount.Value
            && (leaf.Software3 || tables.Frames[leaf.Frame].MapCount != 0);
    }

    [DoesNotReturn]
    public static void ThrowCut(PageRange range, PageNumber first) =>
        throw new InvariantException($"P7: {range} cuts the huge leaf at {first.Value:x5}. Huge.Split comes first.");

    private void Expect(PageNumber first, PageTableEntry entry)
    {
        uint mask = CountEach.Value - 1;
        if (((first.Value | entry.Frame.Value) & mask) == 0 && entry.IsPresent && first < tables.End) return;
        throw new InvariantException($"P7: page {first.Value:x5} cannot have a huge leaf {entry}. "
            + "Both must be multiples of the size, and the page below the kernel.");
    }

    [DoesNotReturn]
    private static void ThrowKept(PageNumber first) =>
        throw new InvariantException($"J8: a snapshot keeps the huge page at {first.Value:x5}. It is split before its pages change.");

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
