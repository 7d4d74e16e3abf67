using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Paging.Native.Memory;
using Paging.Native.Translation;

namespace Paging.Native.Tables;

//   groups   1024 × 16 × 64 pages      which pages have changed since the snapshot, and which of them are equal to it again
//   notes    1024 × 1024               the entry that each of them had then; of a page with other marks only the marks
/// <summary>The entries that pages had at a snapshot, for the pages whose entries have changed since then.</summary>
/// <remarks><code>
/// Always holds    a page without a note has the entry of the snapshot, except for changes by reclaim since, A, and the right to write
///                 a note holds the object that its entry names: the frame of a private page, the slot of a swap entry
///                 J7  a page has a note, or other marks than at the snapshot, but not both
/// Protection      no change: who takes rights or marks from an entry to see the next use (<see cref="EntryMarks"/>) makes no note. Rights
///                 and A are worked out again by the next fault or walk; the marks that a page had are recorded, and hold nothing
/// Cost            a note is a bit and 16 bytes at a fixed place, so it needs no memory and cannot fail; 16.5 MiB of addresses
/// </code>
/// A kept entry is neither writable nor exclusive, and neither is a live entry that shares its frame: a write is a copy on write.
/// A page of the page cache or of the host's frames is not held; its kept entry has the mark <see cref="CachedMark"/>.
/// </remarks>
internal abstract class EntryJournal : IDisposable
{
    /// <summary>
    /// In a kept entry: the page was one of the page cache, or of the host's frames. User entries are never global, so the bit is free.
    /// </summary>
    public const ulong CachedMark = EntryBits.Global;

    /// <summary>
    /// In a kept entry: the page was read back from a swap device that was switched off. Its area's rights are added when it goes back.
    /// User entries always allow caching, so the bit (PCD) is free.
    /// </summary>
    public const ulong ReadBackMark = 1 << 4;

    private const int RegionCount = 1024, GroupsOfRegion = 1024 / 64;
    private static readonly PageCount PagesOfGroup = new(64);
    private const ulong OwnerBits = EntryBits.Writable | EntryBits.Software1;

    private readonly FrameTable _frames;
    private readonly HostBlock _block;
    private readonly unsafe NoteGroup* _groups;
    private readonly unsafe JournalNote* _notes;
    private readonly unsafe ushort* _inUse;    // for each region, the groups that may have a note
    private RegionSet _dirty;

    /// <summary>Makes an empty journal.</summary>
    /// <exception cref="OutOfMemoryException">The host has no room for addresses.</exception>
    // SAFETY: the block has room for both arrays.
    protected unsafe EntryJournal(FrameTable frames)
    {
        ulong groupBytes = (ulong)(RegionCount * GroupsOfRegion * sizeof(NoteGroup));
        ulong noteBytes = (ulong)RegionCount * 1024 * (ulong)sizeof(JournalNote);
        _frames = frames;
        _block = new(groupBytes + noteBytes + (RegionCount * sizeof(ushort)));
        _groups = (NoteGroup*)_block.Address;
        _notes = (JournalNote*)(_block.Address + groupBytes);
        _inUse = (ushort*)(_block.Address + groupBytes + noteBytes);
    }

    /// <summary>The tables that existed at the snapshot. They stay, even when they are empty, so that a restore needs no frame.</summary>
    public KeptTables Tables;

    /// <summary>The 4 MiB regions with a note.</summary>
    public ref readonly RegionSet Dirty => ref _dirty;

    /// <summary>True if the page has a note: it has changed since the snapshot.</summary>
    // SAFETY: a page of the user half has a bit and a word.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe bool Has(PageNumber page) => (_groups[page.Value >> 6].Noted & (1UL << (int)page.Value)) != 0;

    /// <summary>The kept entry of a page that has a note.</summary>
    // SAFETY: as Has.
    public unsafe PageTableEntry this[PageNumber page] => _notes[page.Value].Kept;

    /// <summary>True if a page may be equal to the snapshot, although it has a note (<see cref="IPageKeeper"/>).</summary>
    public bool KeepsPages { get; internal set; }

    /// <summary>Notes the entry that a page had before its first change.</summary>
    /// <param name="page">A page of the user half.</param>
    /// <param name="old">The entry before the change.</param>
    /// <param name="next">The entry to store.</param>
    /// <returns>The entry to store: without the right to write, or not exclusive, if its frame or slot is now kept as well.</returns>
    // SAFETY: as Has.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe PageTableEntry Note(PageNumber page, PageTableEntry old, PageTableEntry next)
    {
        ulong bit = 1UL << (int)page.Value;
        NoteGroup* group = _groups + (page.Value >> 6);
        if ((group->Noted & bit) == 0) return NoteNew(page, old, next);
        group->Equal &= ~bit;
        return next;
    }

    /// <summary>The engine changes the entry of a page without a note: the page is no longer known to be equal to the snapshot.</summary>
    // SAFETY: as Has.
    public unsafe void Doubt(PageNumber page) => _groups[page.Value >> 6].Equal &= ~(1UL << (int)page.Value);

    /// <summary>Turns a live entry into a kept one, and holds the frame or slot that it names.</summary>
    public PageTableEntry Keep(PageTableEntry entry)
    {
        if (!entry.IsPresent) return SwapEntry.From(entry) is { IsSwap: true } swapped ? KeepSlot(swapped) : entry;
        if (entry.Frame == default) return entry.WithoutWritable();    // the zero page
        if (entry.Software3)    // special: an image's, which stays as it is, or the host's
            return _frames.IsReserved(entry.Frame) ? entry.WithoutWritable() : new(entry.Word | CachedMark);
        ref FrameDescriptor descriptor = ref _frames.Named(entry.Frame);
        switch (descriptor.State)
        {
            case FrameState.Anonymous:
            case FrameState.SwapCache:
                descriptor.ReferenceCount++;
                if (descriptor.State == FrameState.SwapCache) _ = TryHoldSlot(SwapEntry.FromKey(descriptor.Private));
                ulong dirty = IsMarkedDirty(in descriptor) ? EntryBits.Dirty : 0;    // MADV_FREE may take the mark away
                return new((entry.Word & ~OwnerBits) | dirty);
            case FrameState.PageCache:
                return new(entry.Word | CachedMark);
            default:
                return default;    // a host wrote the entry: it leads to no page
        }
    }

    /// <summary>Notes the pages of a range that have no note yet. They had an entry that holds nothing, or none.</summary>
    /// <param name="pages">The pages of a huge leaf.</param>
    /// <param name="kept">The entry that each of them had.</param>
    // SAFETY: as Has; a leaf covers whole groups.
    public unsafe void NoteEach(PageRange pages, PageTableEntry kept)
    {
        for (PageNumber first = pages.First; first < pages.End; first += PagesOfGroup)
        {
            NoteGroup* group = _groups + (first.Value >> 6);
            for (ulong rest = ~group->Noted; rest != 0; rest &= rest - 1)
            {
                PageNumber page = first + new PageCount((uint)BitOperations.TrailingZeroCount(rest));
                Put(page, kept.IsNeverTouched ? kept : WithOldMarks(page, kept));
            }

            group->Equal = 0;
        }
    }

    /// <summary>True if every page of a huge leaf has a note: the leaf was made after the snapshot.</summary>
    // SAFETY: as NoteEach.
    public unsafe bool HasEach(PageRange pages)
    {
        ulong noted = ~0UL;
        for (PageNumber first = pages.First; first < pages.End; first += PagesOfGroup) noted &= _groups[first.Value >> 6].Noted;
        return noted == ~0UL;
    }

    /// <summary>True if a page of a huge leaf has a note.</summary>
    // SAFETY: as NoteEach.
    public unsafe bool HasAny(PageRange pages)
    {
        ulong noted = 0;
        for (PageNumber first = pages.First; first < pages.End; first += PagesOfGroup) noted |= _groups[first.Value >> 6].Noted;
        return noted != 0;
    }

    /// <summary>Splits the huge leaf of a page, whose small pages are then those of the snapshot.</summary>
    /// <remarks>The table for it is kept in reserve by Core, which overrides this.</remarks>
    protected internal virtual void SplitLeaf(PageNumber page) =>
        throw new InvariantException($"J8: the journal cannot split the huge page at {page.Value:x5}.");

    /// <summary>Records the marks that a page without a note had at the snapshot, before they change for the first time.</summary>
    // SAFETY: as Has.
    public unsafe void NoteMarks(PageNumber page, PageTableEntry old)
    {
        ref NoteGroup group = ref _groups[page.Value >> 6];
        ulong bit = 1UL << (int)page.Value;
        if (((group.Noted | group.Marked) & bit) != 0) return;
        Enter(page);
        group.Marked |= bit;
        _notes[page.Value].Kept = EntryMarks.Of(old);
    }

    /// <summary>True if the page has no note, but other marks than at the snapshot, perhaps.</summary>
    // SAFETY: as Has.
    public unsafe bool HasMarks(PageNumber page) => (_groups[page.Value >> 6].Marked & (1UL << (int)page.Value)) != 0;

    /// <summary>Returns an entry with the marks that the page had at the snapshot.</summary>
    public PageTableEntry WithOldMarks(PageNumber page, PageTableEntry entry) =>
        HasMarks(page) ? EntryMarks.Restore(entry, NoteOf(page).Kept) : entry;

    /// <summary>Makes each record of marks into a note, for a journal that becomes an edge between two snapshots.</summary>
    /// <returns>The lines whose huge leaf was split, because a note is of a small page. They may be joined again.</returns>
    // SAFETY: as TryNext.
    public unsafe TableSet NoteMarkedPages(PageTables tables)
    {
        TableSet split = SplitMarkedLeaves(tables);
        for (int region = _dirty.NextFrom(0); region >= 0; region = _dirty.NextFrom(region + 1))
        {
            for (uint groups = _inUse[region]; groups != 0; groups &= groups - 1)
            {
                PageNumber first = new(((uint)region << 10) + ((uint)BitOperations.TrailingZeroCount(groups) << 6));
                while (_groups[first.Value >> 6].Marked is not 0 and ulong marked)
                {
                    PageNumber page = first + new PageCount((uint)BitOperations.TrailingZeroCount(marked));
                    PageTableEntry live = tables.Read(page);
                    PageTableEntry shared = NoteNew(page, live, live);    // its frame is kept, so it may not stay writable
                    if (shared != live) tables.Store(page, shared);
                }
            }
        }

        return split;
    }

    private TableSet SplitMarkedLeaves(PageTables tables)
    {
        TableSet split = default;
        PageNumber from = default;
        while (tables.Huge.TryNext(from, tables.End, out PageNumber first, out _))
        {
            from = first + tables.Huge.CountEach;
            if (!HasMarks(first)) continue;    // a leaf has one entry, so all of its pages have the same marks
            split.Add(tables.IndexOf(first));
            SplitLeaf(first);
        }

        return split;
    }

    /// <summary>Forgets the marks that the pages of a huge leaf had.</summary>
    // SAFETY: as NoteEach.
    public unsafe void ForgetMarks(PageRange pages)
    {
        for (PageNumber first = pages.First; first < pages.End; first += PagesOfGroup) _groups[first.Value >> 6].Marked = 0;
    }

    /// <summary>Forgets the marks that pages had, when the journal ends.</summary>
    // SAFETY: as TryNext.
    public unsafe void ForgetMarks()
    {
        for (int region = _dirty.NextFrom(0); region >= 0; region = _dirty.NextFrom(region + 1))
            for (int i = 0; i < GroupsOfRegion; i++) _groups[(region * GroupsOfRegion) + i].Marked = 0;
    }

    /// <summary>Drops the note of a page. The caller has taken over the frame or slot that the note holds.</summary>
    // SAFETY: as Has.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Forget(PageNumber page)
    {
        NoteGroup* group = _groups + (page.Value >> 6);
        ulong others = ~(1UL << (int)page.Value);
        group->Noted &= others;
        group->Equal &= others;
    }

    /// <summary>Clears the set of regions with notes. Precondition: none has one.</summary>
    // SAFETY: a region has a word.
    public unsafe void ForgetRegions()
    {
        if (Check.Cheap && TryNext(default, out PageNumber noted)) Check.ThrowUnmet($"ForgetRegions: page {noted.Value:x5} has a note.");
        for (int region = _dirty.NextFrom(0); region >= 0; region = _dirty.NextFrom(region + 1)) _inUse[region] = 0;
        _dirty = default;
    }

    /// <summary>Takes 64 pages out of the set of those that may have a note. Precondition: none has one.</summary>
    // SAFETY: as GroupOf.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe void LeaveGroup(PageNumber first)
    {
        if (Check.Cheap && _groups[first.Value >> 6].Noted != 0) Check.ThrowUnmet($"LeaveGroup: notes from {first.Value:x5} on.");
        uint region = first.Value >> 10;
        _inUse[region] &= (ushort)~(1u << (int)((first.Value >> 6) & (GroupsOfRegion - 1)));
        if (_inUse[region] == 0) _dirty.Remove((int)region);
    }

    /// <summary>No page counts as equal to the snapshot any more; what was known of the pages was of that one.</summary>
    // SAFETY: as Has.
    public unsafe void ForgetKept()
    {
        if (!KeepsPages) return;
        KeepsPages = false;
        for (PageNumber from = default; TryNextOfAll(from, out PageNumber page); from = page + PageCount.One)
        {
            Doubt(page);
            _notes[page.Value].Place = default;
        }
    }

    /// <summary>Replaces the kept entry of a page, or makes a note of it. The caller has released the old note's frame or slot.</summary>
    // SAFETY: as Has.
    public unsafe void Put(PageNumber page, PageTableEntry kept)
    {
        uint at = page.Value >> 6;
        Enter(page);
        ulong bit = 1UL << (int)page.Value;
        _groups[at].Noted |= bit;
        _groups[at].Equal &= ~bit;
        _groups[at].Marked &= ~bit;    // J7: the entry has the marks
        JournalNote* note = _notes + page.Value;
        note->Kept = kept;
        if (note->Place.IsKnown) note->Place = default;    // it was that of another area, perhaps
    }

    /// <summary>The lowest page with a note from a page on, within one region; false if the region has none.</summary>
    // SAFETY: the page is one of the user half, and the groups read are those of its region.
    public unsafe bool TryNext(PageNumber from, out PageNumber page)
    {
        uint at = from.Value >> 6, first = at & ~(GroupsOfRegion - 1u);
        ulong mask = ~0UL << (int)from.Value;    // a shift counts modulo 64
        for (uint groups = _inUse[from.Value >> 10] & (~0u << (int)(at - first)); groups != 0; groups &= groups - 1)
        {
            uint next = first + (uint)BitOperations.TrailingZeroCount(groups);
            ulong bits = _groups[next].Noted;
            if (next == at) bits &= mask;
            page = new((next << 6) + (uint)BitOperations.TrailingZeroCount(bits));
            if (bits != 0) return true;
        }

        page = default;
        return false;
    }

    /// <summary>The lowest page with a note from a page on, in any region.</summary>
    public bool TryNextOfAll(PageNumber from, out PageNumber page)
    {
        page = from;
        for (int region = _dirty.NextFrom(from.DirectoryIndex); region >= 0; region = _dirty.NextFrom(region + 1))
        {
            PageNumber first = new((uint)region << 10);    // a region: 4 MiB
            if (TryNext(first < from ? from : first, out page)) return true;
        }

        return false;
    }

    /// <summary>The number of pages with a note.</summary>
    // SAFETY: as TryNext.
    public unsafe uint Count
    {
        get
        {
            uint count = 0;
            for (int region = _dirty.NextFrom(0); region >= 0; region = _dirty.NextFrom(region + 1))
            {
                NoteGroup* groups = _groups + (region * GroupsOfRegion);
                for (int i = 0; i < GroupsOfRegion; i++) count += (uint)BitOperations.PopCount(groups[i].Noted);
            }

            return count;
        }
    }

    /// <summary>Sixty-four notes at once: a bit for each page that has one.</summary>
    // SAFETY: the caller's page is one of the user half, and a multiple of 64.
    internal unsafe ulong NotedOf(PageNumber first) => _groups[first.Value >> 6].Noted;

    /// <summary>The groups of a region that may have a note: a bit for each of the 16.</summary>
    // SAFETY: the caller's region is one of the 1024.
    internal unsafe uint GroupsIn(int region) => _inUse[region];

    /// <summary>The notes of sixty-four pages.</summary>
    // SAFETY: the caller's page is one of the user half.
    internal unsafe ref NoteGroup GroupOf(PageNumber first) => ref _groups[first.Value >> 6];

    /// <summary>The note of a page that has one.</summary>
    // SAFETY: as Has.
    internal unsafe ref JournalNote NoteOf(PageNumber page) => ref _notes[page.Value];

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        _block.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Counts one more user of a slot. Returns false for a slot that is not in use, which a host may have named.</summary>
    protected abstract bool TryHoldSlot(SwapEntry entry);

    /// <summary>True if the frame is marked as newer than its copy on a device. Does not read the page table entries.</summary>
    protected abstract bool IsMarkedDirty(in FrameDescriptor descriptor);

    /// <summary>Puts the group of a page among those that may have a note.</summary>
    // SAFETY: a page of the user half has a region.
    private unsafe void Enter(PageNumber page)
    {
        _dirty.Add((int)(page.Value >> 10));
        _inUse[page.Value >> 10] |= (ushort)(1u << (int)((page.Value >> 6) & (GroupsOfRegion - 1)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PageTableEntry NoteNew(PageNumber page, PageTableEntry old, PageTableEntry next)
    {
        Put(page, Keep(WithOldMarks(page, old)));
        if (!next.IsPresent && SwapEntry.From(next) is { IsSwap: true } swapped)
            return swapped.WithoutExclusive().ToPageTableEntry();    // the slot is kept as well
        bool sharesFrame = next.IsPresent && old.IsPresent && next.Frame == old.Frame
            && _frames.Named(old.Frame).State is FrameState.Anonymous or FrameState.SwapCache;
        return sharesFrame ? new(next.Word & ~OwnerBits) : next;
    }

    private PageTableEntry KeepSlot(SwapEntry entry) => TryHoldSlot(entry) ? entry.WithoutExclusive().ToPageTableEntry() : default;
}

/// <summary>The notes of 64 pages: a bit for each. Half a cache line, so that a group is in one.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct NoteGroup
{
    /// <summary>Pages that have changed since the snapshot.</summary>
    public ulong Noted;

    /// <summary>Those that were kept and have the snapshot's bytes again, unless their entry is dirty.</summary>
    public ulong Equal;

    /// <summary>Those of them that were written since the kept pages were looked through.</summary>
    public ulong Used;

    /// <summary>Pages without a note whose marks have changed since the snapshot (<see cref="EntryMarks"/>).</summary>
    public ulong Marked;
}

/// <summary>A page's entry at the snapshot.</summary>
internal struct JournalNote
{
    /// <summary>The entry; of a page whose marks alone have changed, the marks that it had.</summary>
    public PageTableEntry Kept;

    /// <summary>Where the frame of the page has to belong, to stay when the process goes back.</summary>
    public NotePlace Place;
}

/// <summary>The anonymous root of the page's area at the snapshot, and the page in it; or when the page was written last.</summary>
internal readonly record struct NotePlace(uint Root, uint Index)
{
    /// <summary>True for a root; false for the number of an iteration, or for nothing.</summary>
    public bool IsKnown => Root != 0;
}
