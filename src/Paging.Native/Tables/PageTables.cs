using System.Runtime.CompilerServices;
using Paging.Native.Allocation;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;

namespace Paging.Native.Tables;

//   Directory (a frame)                          a page table (a frame, made when first needed)
//  ┌──────┬──────┬─ … ─┬───────┐                ┌─────────┬─────────┬─ … ─┬────────────┐
//  │ 0  ●─┼──────┼─ … ─┼───────┼──────────────► │ entry 0 │ entry 1 │     │ entry 1023 │   Private of its descriptor:
//  │ …    │      │     │       │   user half    └─────────┴─────────┴─ … ─┴────────────┘   its entries that are not zero
//  │ 767  │      │     │       │   0 – 767
//  ├──────┼──────┼─ … ─┼───────┤
//  │ 768 – 1023               ●┼──► shared by all address spaces, supervisor only, never freed here
//  └──────────────────────────┘
/// <summary>The page table of one address space: two levels, in frames of RAM, as the processor reads it.</summary>
/// <remarks><code>
/// Always holds    P1  the directory's frame is in state PageTable; its Private counts the tables of the user half
///                 P2  an entry of the user half of the directory is zero, or leads to a table that belongs to this directory
///                 P3  a table's Private counts its entries that are not zero
///                 P4  a present entry leads to a frame of RAM that may be mapped
///                 P5  any other entry is a well-formed SwapEntry; zero is one
///                 P6  the kernel half is closed to user mode
///                 P7  or it is a huge leaf: see HugeLeaves
///                 P8  or it lacks P, since a fork has lent the table: see ForkLoan
/// Writes          Store and the methods built on it, RewriteRange; TakeRange, TryMoveRange and TryCopyForFork, which do the same by
///                 the table; the walker, which adds A and D; and first touches beside the slow path, which fill empty entries only
///                 (EntrySlot.TrySetFirst, TableCounts). Only these do, because the translation cache is kept exact here.
/// Threading       slow path otherwise. An entry is computed, then stored once; a table is zeroed before the directory leads to it
/// Linux           arch/x86/include/asm/pgtable-2level.h; mm/memory.c does the walking by hand (6.x)
/// </code></remarks>
internal sealed class PageTables : IDisposable
{
    /// <summary>Prepares an address space without a directory: everything reads as never touched. See <see cref="TryBegin"/>.</summary>
    /// <param name="ram">The memory that holds the tables.</param>
    /// <param name="frames">The descriptors of their frames.</param>
    /// <param name="allocator">The source of frames for tables.</param>
    /// <param name="cache">The translation cache that is kept exact; it belongs to this address space alone.</param>
    /// <param name="format">The layout of the tables in RAM.</param>
    internal PageTables(PhysicalMemory ram, FrameTable frames, BuddyAllocator allocator, TranslationCache cache,
        TableFormat format = TableFormat.Classic)
    {
        (Ram, Frames, Allocator, Cache) = (ram, frames, allocator, cache);
        IsWide = format == TableFormat.Pae;
        EntryShift = IsWide ? 9 : EntryBits.EntryShift;
        Huge = new(this);    // reads the shift
    }

    /// <summary>Counts and limits the tables. Changes only while there is no directory.</summary>
    internal TableAccount Account { get; set; } = new();

    /// <summary>The frame of the page directory, which CR3 names. Without a directory frame 0, which is reserved and stays zero.</summary>
    public FrameNumber Directory { get; private set; }

    /// <summary>True from <see cref="TryBegin"/> to <see cref="FreeAll"/>.</summary>
    public bool HasDirectory => Directory != default;

    /// <summary>The number of page tables of the user half.</summary>
    public PageCount TableCount => new(Frames[Directory].Private);

    /// <summary>The frames that an address space has before it has a table: its directory, or a pointer table and four.</summary>
    internal FrameCount DirectoryFrames => new(IsWide ? 5u : 1);
    internal PhysicalMemory Ram { get; }
    internal FrameTable Frames { get; }
    internal BuddyAllocator Allocator { get; }

    /// <summary>The layout of the tables in RAM.</summary>
    public TableFormat Format => IsWide ? TableFormat.Pae : TableFormat.Classic;

    /// <summary>True if the tables are those of PAE: entries have eight bytes.</summary>
    internal bool IsWide { get; }

    /// <summary>The bits of a page number that choose one of the entries of a table: 10 in the classic format, 9 under PAE.</summary>
    internal int EntryShift { get; }
    internal int EntryMask => (1 << EntryShift) - 1;

    /// <summary>The directories of the four gigabytes under PAE: a processor keeps them in its PDPTE registers (SDM 3A, 4.4.1).</summary>
    internal QuarterFrames Quarters;

    /// <summary>The entries of the user half that map a huge page.</summary>
    internal HugeLeaves Huge { get; }

    /// <summary>The translation cache that is kept exact. Another one, of a new MMU, caches nothing yet.</summary>
    internal TranslationCache Cache { get; private set; }
    internal void Serve(TranslationCache cache) => (Cache, cache.End) = (cache, End);

    /// <summary>The journal that records the entry of a page before it changes, while there is a snapshot; otherwise null.</summary>
    internal EntryJournal? Journal { get; set; }

    /// <summary>True if a directory entry may lack RW, because there is or was a snapshot.</summary>
    internal bool MayBeClosed { get; set; }
    internal LoansOfSpace Loans;    // the tables that a fork has not copied yet
    internal SpareTables? Spares { get; set; }    // null until a snapshot needs one
    internal bool HasForeignWords { get; set; }    // those without P are not SwapEntries; their writer checks them

    /// <summary>The end of the user's pages: the kernel half begins there, or it is the end of all 4 GiB.</summary>
    internal PageNumber End { get; private set; } = PageNumber.FirstKernel;

    /// <summary>All pages of the user.</summary>
    internal PageRange UserPages => PageRange.Between(default, End);

    /// <summary>Gets an empty directory. The object may begin again after <see cref="FreeAll"/>.</summary>
    /// <param name="hasKernelHalf">False: all 4 GiB are the user's, and the directory gets no entries of a kernel.</param>
    /// <returns>False: no frame for it, and nothing has changed.</returns>
    internal bool TryBegin(bool hasKernelHalf = true)
    {
        if (Check.Cheap && HasDirectory) TableRules.ThrowBegun(Directory);
        if (!TryTakeDirectoryFrame(out FrameNumber directory)) return false;
        Frames[directory].Owner = directory.Value;
        if (IsWide && !Quarters.TryAdd(this, directory))
        {
            ReturnTableFrame(directory);
            return false;
        }

        Cache.EndEpoch();
        End = Cache.End = hasKernelHalf ? PageNumber.FirstKernel : new(PageCount.AddressSpace.Value);
        Directory = directory;
        MayBeClosed = false;
        return true;
    }

    /// <summary>Sets an entry of the directory for the kernel half, which is the same in each address space.</summary>
    /// <param name="index">768 to 1023, or 1536 to 2047 under PAE.</param>
    /// <param name="entry">The entry, closed to user mode.</param>
    internal void SetKernelEntry(int index, PageDirectoryEntry entry)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(index, KernelIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, KernelIndexEnd);
        if (Check.Cheap && !HasDirectory) TableRules.ThrowNotBegun();
        if (entry.IsUser) TableRules.ThrowOpen(entry);
        StoreUpper(index, entry);
    }

    /// <summary>Sets as many of these entries as are given, from the first one of the kernel half on. Cost: a store each.</summary>
    // SAFETY: the entries are in one directory, a frame of our own, and their number has been compared with its room.
    internal unsafe void SetKernelEntries(ReadOnlySpan<PageDirectoryEntry> entries)
    {
        int first = KernelIndex;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entries.Length, KernelIndexEnd - first, nameof(entries));
        if (Check.Cheap && !HasDirectory) TableRules.ThrowNotBegun();
        FrameNumber directory = IsWide ? Quarters[3] : Directory;
        EntryTable words = new(Ram.HostAddress(directory), IsWide);
        if (IsWide) first = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            if (entries[i].IsUser) TableRules.ThrowOpen(entries[i]);
            words[first + i] = entries[i].Word;
        }
    }

    /// <summary>The entry of a page, of the kernel half too; never touched where there is no table.</summary>
    public PageTableEntry Read(PageNumber page)
    {
        PageDirectoryEntry upper = ReadUpper(IndexOf(page));
        if (IsTable(upper)) return new(WordsOf(upper.Table)[(int)page.Value & EntryMask]);
        return upper.IsPresent && upper.IsLarge ? Huge.PieceOf(page, upper) : default;
    }

    private int KernelIndex => IndexOf(PageNumber.FirstKernel);
    private int KernelIndexEnd => IndexOf(new(PageCount.AddressSpace.Value - 1)) + 1;

    /// <summary>The index of the directory entry that leads to a page's table: 0 to 1023, or 2047 under PAE.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int IndexOf(PageNumber page) => (int)(page.Value >> EntryShift);

    /// <summary>An entry of the directory; all zero for an index that it does not have. A table that is lent is copied first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PageDirectoryEntry ReadUpper(int index)
    {
        PageDirectoryEntry upper = UpperAt(index);
        return upper.IsPresent || upper.Word == 0 || !Loans.TryCopy(index) ? upper : UpperAt(index);
    }

    /// <summary>Same as <see cref="ReadUpper"/>, but copies nothing: an entry without P may lead to a table that is lent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal PageDirectoryEntry UpperAt(int index) =>
        (uint)index < (IsWide ? 2048u : EntryBits.EntryCount) ? new(UpperSlot(index).Word) : default;

    /// <summary>The address of an entry of the directory.</summary>
    // SAFETY: the directory, or the four of them, are frames of our own; the index is one that they have.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe EntrySlot UpperSlot(int index) => IsWide
        ? new((ulong*)Ram.HostAddress(Quarters[index >> 9]) + (index & 511))
        : new((uint*)Ram.HostAddress(Directory) + index);

    /// <summary>The lowest index from <paramref name="from"/> on whose entry of the directory is not zero, or the end.</summary>
    // SAFETY: as UpperSlot.
    internal unsafe int NextUpper(int from, int end) =>
        IsWide ? Quarters.NextTouched(Ram, from, end) : EntryScan.NextTouched((uint*)Ram.HostAddress(Directory), from, end);

    /// <summary>The next entry of the user half that is not zero, from a page on.</summary>
    /// <remarks>Cost: a dense neighbour, a few loads; 4 MiB without a table, one word of a vector compare.</remarks>
    public bool TryNextTouched(PageNumber from, PageNumber end, out PageNumber page, out PageTableEntry entry)
    {
        page = from;
        entry = from < end ? Read(from) : default;    // in a dense range this is the answer
        return !entry.IsNeverTouched || EntryRanges.SkipUntouched(this, from, end, out page, out entry);
    }

    /// <summary>The entries of a range of the user half that are not zero. Cost: as <see cref="TryNextTouched"/>, for each.</summary>
    public TouchedEntries TouchedIn(PageRange range) => new(this, range);

    /// <summary>Makes sure that a page of the user half has a table to store its entry in.</summary>
    /// <returns>False: no frame for it, and nothing has changed.</returns>
    internal bool TryEnsureTable(PageNumber page)
    {
        int index = IndexOf(page);
        PageDirectoryEntry upper = ReadUpper(index);
        if (IsTable(upper)) return true;
        if (Check.Cheap && page >= End) TableRules.ThrowKernelPage(page);
        if (Check.Cheap && !HasDirectory) TableRules.ThrowNotBegun();
        if (Huge.Has(page)) TableRules.ThrowNoTable(this, page, default);
        FrameNumber table = default;
        if (Spares?.TryTake(index, out table) != true && !TryTakeUncleared(out table)) return false;
        InstallCleared(index, table);
        if (Journal is { } journal && journal.Tables.IsLoose(index)) journal.Tables.MayHaveMore = true;    // a fault may fail later on
        return true;
    }

    /// <summary>The address of the entry of a page of the user half.</summary>
    // SAFETY: the caller's page is in the user half; IsTable has found the table in RAM.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe EntrySlot SlotOf(PageNumber page)
    {
        if (IsWide) return WideSlotOf(page);
        PageDirectoryEntry upper = new(((uint*)Ram.HostAddress(Directory))[page.DirectoryIndex]);
        return IsTable(upper) ? new((uint*)Ram.HostAddress(upper.Table) + page.TableIndex) : SlotOfLent(page);
    }

    /// <summary>Same as <see cref="SlotOf"/>, for PAE.</summary>
    // SAFETY: as there; the page chooses one of 2048 entries of the directories.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private unsafe EntrySlot WideSlotOf(PageNumber page)
    {
        PageDirectoryEntry upper = new(UpperSlot((int)(page.Value >> 9)).Word);
        return IsTable(upper) ? new((ulong*)Ram.HostAddress(upper.Table) + (page.Value & 511)) : SlotOfLent(page);
    }

    /// <summary>The slot of a page to whose table the directory does not lead: none, unless the table is lent, and copied now.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private EntrySlot SlotOfLent(PageNumber page) => Loans.TryCopy(IndexOf(page)) ? SlotOf(page) : default;

    /// <summary>The slot of a page that has no table yet: makes the table. None still: no frame for it, and nothing has changed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal EntrySlot AddTableFor(PageNumber page)
    {
        TryEnsureTable(page);
        return SlotOf(page);
    }

    /// <summary>Stores the first entry of a page that was never touched: nothing is cached of it, so no translation is dropped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void StoreFirst(EntrySlot slot, PageTableEntry entry)
    {
        if (Check.Cheap && slot.Word != 0) TableRules.ThrowTouched(slot);
        slot.Set(entry.Word);
        this.CountEntries(TableOf(slot), 1);
        if (Journal is not null) NoteFirst(TableOf(slot), slot);
    }

    /// <summary>Same as <see cref="Store"/>, for a page whose slot is known: stores the entry and updates all that depends on it.</summary>
    internal void Replace(PageNumber page, EntrySlot slot, PageTableEntry entry)
    {
        ulong old = slot.Word;
        entry = slot.Fit(entry);
        if (old == entry.Word) return;
        if (Journal is not null) entry = Journal.Note(page, new(old), entry);
        slot.Set(entry.Word);
        if (old == 0) this.CountEntries(TableOf(slot), 1);
        else if (entry.IsNeverTouched) this.CountEntries(TableOf(slot), -1);

        if ((old & EntryBits.Present) == 0) return;    // only present entries can be cached
        EntryChange change = new(old, entry.Word);
        if (change.TakesReads) Cache.Invalidate(page);
        else if (change.TakesWrites) Cache.InvalidateWrite(page);
        else if (change.TakesFetches) Cache.InvalidateFetch(page);
    }

    /// <summary>Replaces a present entry by one that gives more, of the same frame: every cached translation stays good.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Raise(PageNumber page, EntrySlot slot, PageTableEntry entry)
    {
        if (Check.Cheap) TableRules.CheckRaises(slot, entry);
        if (Journal is not null || slot.IsWide) Replace(page, slot, entry);    // NX may come
        else slot.Set(entry.Word);
    }

    /// <summary>Changes the entry of a page of the user half, and drops the translations that the new one no longer allows.</summary>
    /// <remarks>
    /// Precondition: its table exists, or the new entry is zero. Cost: some ten loads and stores; reads stay cached where they may.
    /// </remarks>
    internal void Store(PageNumber page, PageTableEntry entry)
    {
        if (Check.Cheap && page >= End) TableRules.ThrowKernelPage(page);
        PageDirectoryEntry upper = ReadUpper(IndexOf(page));
        if (IsTable(upper)) Replace(page, WordsOf(upper.Table).SlotAt((int)page.Value & EntryMask), entry);
        else if (!entry.IsNeverTouched || Huge.Has(page)) TableRules.ThrowNoTable(this, page, entry);
    }

    /// <summary>
    /// Stores entries for a run of pages where nothing was touched yet; others keep theirs. Linux: set_pte_range in filemap_map_pages.
    /// </summary>
    /// <param name="first">The first page; all of the run lies in one table. Without a table nothing happens.</param>
    /// <param name="source">Supplies the entry of each page of the run that was never touched.</param>
    /// <param name="entries">One for each page of the run: receives the stored entry, or none.</param>
    /// <returns>The number of entries stored. Nothing can be cached for their pages, so no translation is dropped.</returns>
    internal uint FillUntouched<TSource>(PageNumber first, in TSource source, Span<PageTableEntry> entries)
        where TSource : struct, IEntrySource, allows ref struct => EntryRanges.FillUntouched(this, first, in source, entries);

    /// <summary>The entries with the pages that they cover, and changes of rights for those who observe them.</summary>
    internal TableUnits Units => new(this);

    /// <summary>Takes an entry of the user half out: it is never touched afterwards, and nothing is cached for it.</summary>
    internal PageTableEntry Take(PageNumber page)
    {
        if (Check.Cheap && page >= End) TableRules.ThrowKernelPage(page);
        EntrySlot slot = SlotOf(page);
        if (!slot.HasTable)
        {
            if (Huge.Has(page)) TableRules.ThrowNoTable(this, page, default);
            return default;
        }

        PageTableEntry taken = slot.Entry;
        Replace(page, slot, default);
        return taken;
    }

    /// <summary>Takes every touched entry of a range out and hands each to the sink. Linux: zap_pte_range (mm/memory.c).</summary>
    /// <remarks>
    /// All translations of a table are gone before its first entry is handed over. Tables stay.
    /// Huge leaves come first, and must lie in the range whole; so they must for the two that follow.
    /// </remarks>
    internal void TakeRange<TSink>(PageRange range, ref TSink sink) where TSink : struct, IEntrySink, allows ref struct =>
        EntryRanges.Take(this, range, ref sink);

    /// <summary>Replaces every touched entry of a range by the result of a rule. Linux: change_pte_range (mm/mprotect.c).</summary>
    internal void RewriteRange<TRule>(PageRange range, ref TRule rule) where TRule : struct, IEntryRule, allows ref struct =>
        EntryRanges.Rewrite(this, range, ref rule, observes: false);

    /// <summary>Same as <see cref="RewriteRange"/>, for observers: logs, clear_refs, userfaultfds, write-back.</summary>
    internal void ObserveRange<TRule>(PageRange range, ref TRule rule) where TRule : struct, IEntryRule, allows ref struct =>
        EntryRanges.Rewrite(this, range, ref rule, observes: true);

    /// <summary>
    /// Moves the touched entries of a range, A, D and all, to equally many pages from another page on. Linux: move_page_tables
    /// (mm/mremap.c).
    /// </summary>
    /// <remarks>Overlapping ranges and a target that was touched break an invariant.</remarks>
    /// <returns>False: no frames for the tables, and nothing has changed.</returns>
    internal bool TryMoveRange(PageRange from, PageNumber to) => MoveEntries.TryMove(this, from, to);

    /// <summary>
    /// Copies the present entries of a range into a child, without A, and adds a count to each frame. Linux: copy_pte_range (mm/memory.c).
    /// </summary>
    /// <param name="range">Pages of the user half. The child has touched none of them.</param>
    /// <param name="child">The tables to copy to.</param>
    /// <param name="taken">
    /// Bits that both sides lose: for copy on write RW (and with it the parent's translations to write), and the software bits that mark
    /// a page as exclusive to one owner; for shared memory none.
    /// </param>
    /// <param name="mayLend">All pages are of kind 0, so that tables may be lent (<see cref="ForkLoan"/>).</param>
    /// <param name="tally">Counts the copied entries, on top of its former counts.</param>
    /// <param name="stoppedAt">The end of the range; or the page at which the copy has stopped, with all pages before it done.</param>
    /// <returns>
    /// True, and stopped before the end: the page holds a <see cref="SwapEntry"/>. The child has a table for it; the caller
    /// duplicates its slot or marker, stores the entry, and goes on after it. False: no frame for the child's table; the caller goes on
    /// from there after a reclaim, or takes the child down like any other.
    /// </returns>
    internal bool TryCopyForFork(
        PageRange range, PageTables child, PageTableEntry taken, bool mayLend, ref ForkTally tally, out PageNumber stoppedAt) =>
        ForkCopy.TryCopy(this, child, range, taken, mayLend, ref tally, out stoppedAt);

    /// <summary>Write-protects the user half in O(tables): every table is closed until its first write. Returns the tables.</summary>
    internal KeptTables CloseTables()
    {
        MayBeClosed = true;
        return ClosedTables.Close(this);
    }

    /// <summary>Opens the table of a page for writing if it is closed. A write that finds no slot calls it before it faults.</summary>
    internal void OpenTable(PageNumber page)
    {
        if (MayBeClosed && page < End && !ReadUpper(IndexOf(page)).IsWritable) ClosedTables.Open(this, page);
    }

    /// <summary>True if the page belongs to a snapshot and has not changed since: its frame may not be written or given up.</summary>
    internal bool IsKept(PageNumber page) => Journal is { } journal && !journal.Has(page);

    /// <summary>Notes the entry of a page ahead of its change.</summary>
    internal void NoteChange(PageNumber page)
    {
        if (Journal is { } journal) _ = journal.Note(page, Read(page), default);
    }

    /// <summary>Notes a page that had no entry before the one in the slot. Precondition: there is a journal.</summary>
    // SAFETY: the caller has found the slot in this table in RAM; its offset in the frame gives the entry's index.
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal unsafe void NoteFirst(FrameNumber table, EntrySlot slot)
    {
        if (Check.Cheap && Journal is null) Check.ThrowUnmet("NoteFirst: no snapshot has a journal here.");
        uint place = (uint)slot.Address & VirtualAddress.OffsetMask, index = place / (IsWide ? 8u : 4u);
        PageNumber page = new((Frames[table].Index << EntryShift) | index);
        if (page < End) _ = Journal!.Note(page, default, default);    // else a host has linked a frame that is no table
    }

    /// <summary>Changes an entry without a note, as the process has not acted: snapshots see the page as it is now.</summary>
    /// <remarks>For reclaim, which moves pages between frames and slots, and for the bits that fork takes away on both sides.</remarks>
    internal void StoreUnnoted(PageNumber page, PageTableEntry entry)
    {
        EntryJournal? journal = Journal;
        if (journal is not null) Journal = null;    // nearly always it is null already, and a store of a reference is a call
        journal?.Doubt(page);
        Store(page, entry);
        if (journal is not null) Journal = journal;
    }

    /// <summary>Gives back all tables and the directory. The entries must be taken out before, or their frames are lost.</summary>
    internal void FreeAll()
    {
        if (!HasDirectory) return;
        Loans.ReturnAll();
        Spares?.FreeAll();
        foreach (TablePart part in PartsOf(UserPages))
        {
            if (Check.Cheap && Frames[part.Table].Private != 0) TableRules.ThrowStillMapped(this, part);
            FreeTable(part.Index, part.Table);
        }

        if (Check.Cheap && Huge.Count != 0) TableRules.ThrowHugeStillMapped(this);
        Loans.Returned?.BringBackAll();    // entries that a host has cleared
        Cache.Detach();
        FrameNumber directory = Directory;
        Directory = default;
        Huge.Count = 0;
        if (IsWide) Quarters.Return(this);
        ReturnTableFrame(directory);
    }

    /// <summary>One access as the processor makes it, by the walker of the format.</summary>
    internal WalkResult Walk(VirtualAddress address, AccessKind kind, ProcessorMode mode, bool writeProtect = true)
    {
        Loans.TryCopy(IndexOf(address.Page));
        return Walker.Walk(Ram, Format, Directory, address, kind, mode, writeProtect);
    }

    /// <summary>Recounts the tables and compares each cached translation with them; rules P1–P7 and X1–X4. Changes nothing.</summary>
    public void Audit(AuditReport report)
    {
        PageTablesAudit.Run(this, report);
        TranslationAudit.CompareWithTables(Cache, this, report);
    }

    /// <summary>Gives the tables back, if <see cref="FreeAll"/> has not done so; before RAM itself is disposed.</summary>
    public void Dispose() => FreeAll();

    /// <summary>All pages below 0xC0000000.</summary>
    internal static PageRange UserHalf => new(default, PageCount.UserHalf);

    /// <summary>The entries of a table.</summary>
    // SAFETY: the caller has found the table in RAM by IsTable.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe EntryTable WordsOf(FrameNumber table) => new(Ram.HostAddress(table), IsWide);

    /// <summary>
    /// A directory entry leads to a table in RAM. Every walk here takes anything else for no table, because entries may be written from
    /// outside.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsTable(PageDirectoryEntry upper) => upper.IsTableIn(Ram.FrameCount);

    /// <summary>The frame in which a slot lies. Not a field of the slot: it would cost a register on every fault.</summary>
    // SAFETY: a difference of addresses; nothing is followed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe FrameNumber TableOf(EntrySlot slot) => Ram.FrameAt(slot.PlaceInFrame);

    /// <summary>The existing tables of the user half that cover a page of the range, in order.</summary>
    internal TableParts PartsOf(PageRange range)
    {
        if (Check.Cheap && range.End > End) TableRules.ThrowKernelPage(range.End);
        return new(this, range);
    }

    /// <summary>True if the page has a page table, with or without entries, or one that is lent.</summary>
    internal bool HasTable(PageNumber page)
    {
        int index = IndexOf(page);
        return IsTable(UpperAt(index)) || Loans.Has(index);
    }

    /// <summary>Returns the entries of the table that covers a page, or false without a table.</summary>
    internal bool TryTable(PageNumber page, out EntryTable words, out FrameNumber table)
    {
        PageDirectoryEntry upper = ReadUpper(IndexOf(page));
        bool isThere = IsTable(upper);
        table = isThere ? upper.Table : default;
        words = isThere ? WordsOf(table) : default;
        return isThere;
    }

    /// <summary>True if a frame is the table of a directory entry. P2: an entry that a host has written may lead to any frame.</summary>
    internal bool IsOwn(FrameNumber table, int index)
    {
        ref FrameDescriptor descriptor = ref Frames.Named(table);
        return descriptor.State == FrameState.PageTable && descriptor.Owner == Directory.Value && table != Directory
            && descriptor.Index == (uint)index;
    }

    /// <summary>The first page of the table that an entry of the directory leads to.</summary>
    internal PageNumber FirstOf(int index) => new((uint)index << EntryShift);

    /// <summary>Stores an entry of the directory. Called by the table layer only.</summary>
    internal void StoreUpper(int index, PageDirectoryEntry entry) => UpperSlot(index).Set(entry.Word);

    internal void FreeTable(int index, FrameNumber table)
    {
        ref readonly FrameDescriptor descriptor = ref Frames[table];
        // P2: an entry from outside, not our table
        bool isOurs = descriptor.State == FrameState.PageTable && descriptor.Owner == Directory.Value;
        Unlink(index, isOurs ? 1u : 0);
        if (isOurs) ReturnTableFrame(table);
    }

    /// <summary>Takes a table out of the directory.</summary>
    internal void Unlink(int index, uint counted = 1)
    {
        StoreUpper(index, default);
        Frames[Directory].Private -= counted;
    }

    /// <summary>
    /// Gives back the tables of the user half that cover a page of the range and hold no entry. Linux: free_pgtables (mm/memory.c).
    /// </summary>
    internal void FreeEmptyTables(PageRange range)
    {
        foreach (TablePart part in PartsOf(range))
            if (Frames[part.Table].Private == 0) SpareTables.Remove(this, part.Index, part.Table);
    }

    /// <summary>A frame for a table, not cleared, counted as one of this address space, and below no directory yet.</summary>
    /// <returns>False: no frame, or the account's limit; nothing has changed.</returns>
    /// <remarks>It may lie in high memory. Linux: CONFIG_HIGHPTE.</remarks>
    internal bool TryTakeUncleared(out FrameNumber table) => TryTakeFrame(needsLow: false, out table);

    /// <summary>A zeroed frame for a directory or a pointer table. It lies in low memory: CR3 has 32 bits.</summary>
    /// <returns>As <see cref="TryTakeUncleared"/>.</returns>
    internal bool TryTakeDirectoryFrame(out FrameNumber directory)
    {
        if (!TryTakeFrame(needsLow: true, out directory)) return false;
        Ram.Clear(directory);
        return true;
    }

    private bool TryTakeFrame(bool needsLow, out FrameNumber frame)
    {
        frame = default;
        if (!Account.MayHaveTable) return false;
        bool isMade = Allocator.Fixed is { } separate ? separate.TryAllocate(FrameState.PageTable, needsLow, out frame)
            : needsLow ? Allocator.TryAllocateLow(FrameState.PageTable, out frame)
            : Allocator.TryAllocate(FrameState.PageTable, out frame);
        if (isMade) Account.NoteMade();
        return isMade;
    }

    /// <summary>Gives a table back that lies below no directory.</summary>
    internal void ReturnTableFrame(FrameNumber table)
    {
        Account.NoteFreed();
        if (Allocator.Fixed is { } separate) separate.Free(table);
        else Allocator.Free(table);
    }

    /// <summary>Records in a table's descriptor its directory, and the index of the entry that leads to it.</summary>
    internal void Own(int directoryIndex, FrameNumber table)
    {
        ref FrameDescriptor descriptor = ref Frames[table];
        descriptor.Owner = Directory.Value;
        descriptor.Index = (uint)directoryIndex;
    }

    /// <summary>Clears a frame and makes it the table of a directory entry that leads to none.</summary>
    internal void InstallCleared(int index, FrameNumber table)
    {
        Ram.Clear(table);
        Own(index, table);
        // It may replace a table that was counted, or an entry written from outside. Linux: pmd_none_or_clear_bad
        if (UpperAt(index).Word == 0) Frames[Directory].Private++;
        Volatile.WriteBarrier();    // a touch that finds the table finds zeros in it, on processors that reorder stores as well
        StoreUpper(index, PageDirectoryEntry.ForTable(table));
    }

    /// <summary>Takes a table of the user half out of the directory and empties it. It stays counted in the account.</summary>
    internal void DetachTable(int directoryIndex, FrameNumber table)
    {
        Unlink(directoryIndex);
        Frames[table].Private = 0;
        Ram.Clear(table);
    }
}
