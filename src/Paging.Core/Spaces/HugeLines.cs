using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Spaces;

/// <summary>The transparent huge pages of one address space: makes, splits and drops them with the table that each keeps.</summary>
/// <remarks>
/// Each leaf has a table in reserve, so splitting it cannot fail. K5: as many tables are kept as there are transparent leaves.
/// Linux: pgtable_trans_huge_deposit, __split_huge_pmd (mm/huge_memory.c).
/// </remarks>
internal sealed class HugeLines(Space space, FrameTable frames, HugeBlocks blocks) : IAreaBorders
{
    private FrameNumber _tables;    // linked through Next of their descriptors

    public HugeBlocks Blocks => blocks;

    /// <summary>The number of tables kept in reserve, one for each transparent leaf.</summary>
    public uint Count { get; private set; }

    /// <summary>True if small entries may map parts of a huge page: a leaf was split, here or in a parent.</summary>
    public bool MayHaveParts { get; set; }

    /// <summary>The policy by which the process gets transparent huge pages.</summary>
    public TransparentPolicy Policy { get; set; }

    /// <summary>Keeps one more table. Returns false if there is no free frame.</summary>
    public bool TryReserve()
    {
        if (!space.Tables.Huge.TryReserveTable(out FrameNumber table)) return false;
        Keep(table);
        return true;
    }

    /// <summary>Keeps a table that a collapse has emptied.</summary>
    public void Keep(FrameNumber table)
    {
        frames[table].Next = _tables.Value;
        _tables = table;
        Count++;
    }

    /// <summary>Releases the table of a leaf that is gone. A leaf that a host has written has none.</summary>
    /// <param name="page">A page of the leaf: a snapshot may need the table for its line.</param>
    public void Release(PageNumber page)
    {
        if (Count == 0) return;
        FrameNumber table = Take();
        if (!SpareTables.TryKeep(space.Tables, space.Tables.IndexOf(page), table)) space.Tables.Huge.ReleaseTable(table);
    }

    public void Split(PageNumber border)
    {
        if (space.Tables.Huge.Count != 0 && space.Tables.Huge.RangeOf(border).First != border) SplitAround(border);
    }

    /// <summary>Splits the transparent leaf that covers a page, if any. A leaf of a file is removed: its pages fault in again.</summary>
    public void SplitAround(PageNumber page)
    {
        if (!space.Tables.Huge.TryRead(page, out PageTableEntry entry) || IsOfPool(entry)) return;
        if (IsOfObject(entry))
        {
            DropOfObject(page, entry);
            return;
        }

        if (!IsOfBlock(entry) || Count == 0)    // a host has written it
        {
            space.Tables.Huge.Take(page);
            return;
        }

        blocks.Counters.EntriesSplit++;
        if (!EntryWords.IsSpecial(entry))
        {
            blocks.SplitLeaf(entry.Frame, space.Index.Value);
            MayHaveParts = true;
        }

        space.Tables.Huge.Split(page, Take());    // SplitLeaf has counted a mapping for each entry (F4)
        if (!EntryWords.IsSpecial(entry)) return;
        SmallZerosRule rule = default;    // all lead to frame 0. The split has numbered the frames in a row
        EntryJournal? journal = space.Tables.Journal;
        space.Tables.Journal = null;    // a split changes no page
        space.Tables.RewriteRange(space.Tables.Huge.RangeOf(page), ref rule);
        space.Tables.Journal = journal;
    }

    /// <summary>Joins the small pages of a line into a leaf again, if they are those that a leaf was split into.</summary>
    /// <remarks>
    /// Zero pages become the huge page of zeros. Private pages need the frames of one block, each on the list of one group, with the
    /// same rights and marks; a page that was swapped out or moved meanwhile keeps the line small. Cost: O(pages of the line).
    /// </remarks>
    public void Rejoin(PageNumber page)
    {
        PageRange line = space.Tables.Huge.RangeOf(page);
        if (space.Tables.Huge.Has(page) || !space.Tables.TryTable(line.First, out EntryTable words, out FrameNumber table)) return;
        if (frames[table].Private != line.Count.Value) return;
        PageTableEntry first = new(words[0]);
        bool isZeros = EntryWords.IsSpecial(first) && first.Frame == EntryWords.ZeroFrame && blocks.ZeroBlock != default;
        if (!isZeros && !blocks.MayJoin(first.Frame)) return;
        const ulong Used = EntryBits.Accessed | EntryBits.Dirty;
        ulong used = 0, step = isZeros ? 0 : VirtualAddress.PageSize;
        for (int i = 0; i < (int)line.Count.Value; i++)
        {
            if (((words[i] ^ (first.Word + ((ulong)i * step))) & ~Used) != 0) return;
            used |= words[i] & Used;
        }

        PageTableEntry leaf = new(first.Word | used);
        if (!isZeros) blocks.Join(first.Frame, space.Index.Value);
        EntryJournal? journal = space.Tables.Journal;
        space.Tables.Journal = null;    // the pages stay as they are
        space.Tables.Huge.Collapse(line.First, isZeros ? leaf.WithFrame(blocks.ZeroBlock) : leaf, out FrameNumber reserve);
        space.Tables.Journal = journal;
        Keep(reserve);
    }

    /// <summary>Splits every transparent leaf in a range, cut or not.</summary>
    public void SplitAll(PageRange range)
    {
        PageNumber from = range.First;
        while (space.Tables.Huge.TryNext(from, range.End, out PageNumber page, out _))
        {
            SplitAround(page);
            from = page + space.Tables.Huge.CountEach;
        }
    }

    /// <summary>Same as <see cref="SplitAll"/>, but leaves the huge page of zeros whole, because splitting it would free nothing.</summary>
    /// <remarks>Linux: madvise_free_huge_pmd, madvise_cold_or_pageout_pte_range.</remarks>
    public void SplitAllButZeros(PageRange range)
    {
        PageNumber from = range.First;
        while (space.Tables.Huge.TryNext(from, range.End, out PageNumber page, out PageTableEntry entry))
        {
            if (!EntryWords.IsSpecial(entry)) SplitAround(page);
            from = page + space.Tables.Huge.CountEach;
        }
    }

    /// <summary>Splits the leaves that the ends of a range cut.</summary>
    public void SplitEnds(PageRange range)
    {
        if (space.Tables.Huge.Count == 0) return;
        Split(range.First);
        Split(range.End);
    }

    /// <summary>True for a leaf of a private huge page, or of zeros. No other leaf leads to a block that counts leaves.</summary>
    private bool IsOfBlock(PageTableEntry leaf) => EntryWords.IsSpecial(leaf) || blocks.LeavesOf(leaf.Frame) != 0;

    /// <summary>True for a leaf of the pool, which is never split.</summary>
    public bool IsOfPool(PageTableEntry leaf) =>
        !EntryWords.IsSpecial(leaf) && frames.Named(leaf.Frame).State == FrameState.Kernel;

    /// <summary>True for a leaf that maps pages of shared memory. Linux: a huge entry of an area that is not anonymous.</summary>
    public bool IsOfObject(PageTableEntry leaf) =>
        !EntryWords.IsSpecial(leaf) && frames.Named(leaf.Frame).State == FrameState.PageCache;

    /// <summary>Removes a leaf of shared memory. The cache keeps its frames. Linux: __split_huge_pmd_locked of a file.</summary>
    private void DropOfObject(PageNumber page, PageTableEntry leaf)
    {
        space.Tables.Huge.Take(page);
        for (uint i = 0; i < blocks.FramesEach; i++)
        {
            ref FrameDescriptor frame = ref frames[leaf.Frame + new FrameCount(i)];
            EntryWords.KeepDirty(leaf, ref frame);
            if (frame.MapCount != 0) frame.Counts -= FrameTable.OneReferenceAndMapping;    // a host may have written the leaf
        }

        space.Statistics.CountResident(ResidentKind.Shared, -(long)blocks.FramesEach);
    }

    private FrameNumber Take()
    {
        FrameNumber table = _tables;
        _tables = new(frames[table].Next);
        frames[table].Next = 0;
        Count--;
        return table;
    }

    private readonly struct SmallZerosRule : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) => entry.WithFrame(EntryWords.ZeroFrame);
    }
}
