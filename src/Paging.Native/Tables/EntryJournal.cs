using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Paging.Native.Memory;
using Paging.Native.Translation;

namespace Paging.Native.Tables;

//   noted    1024 × 1024 bits      which pages have changed since the snapshot: a bit for each of the 2^20
//   words    1024 × 1024 words     the entry that each of them had then
/// <summary>The entries that pages had at a snapshot, for the pages whose entries have changed since then.</summary>
/// <remarks><code>
/// Always holds    a page without a note has the entry of the snapshot, except for changes by reclaim since
///                 a note holds the object that its entry names: the frame of a private page, the slot of a swap entry
/// Cost            a note is a bit and a word at a fixed place, so it needs no memory and cannot fail; 8.1 MiB of addresses
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

    private const int RegionCount = 1024, WordsOfSet = 1024 / 64;
    private const ulong OwnerBits = EntryBits.Writable | EntryBits.Software1;

    private readonly FrameTable _frames;
    private readonly HostBlock _block;
    private readonly unsafe ulong* _noted;
    private readonly unsafe ulong* _words;
    private RegionSet _dirty;

    /// <summary>Makes an empty journal.</summary>
    /// <exception cref="OutOfMemoryException">The host has no room for addresses.</exception>
    // SAFETY: the block has room for both arrays.
    protected unsafe EntryJournal(FrameTable frames)
    {
        const ulong SetBytes = (ulong)RegionCount * WordsOfSet * sizeof(ulong), WordBytes = (ulong)RegionCount * 1024 * sizeof(ulong);
        _frames = frames;
        _block = new(SetBytes + WordBytes);
        _noted = (ulong*)_block.Address;
        _words = (ulong*)(_block.Address + SetBytes);
    }

    /// <summary>The tables that existed at the snapshot. They stay, even when they are empty, so that going back needs no frame.</summary>
    public TableSet Tables;

    /// <summary>The 4 MiB regions with a note.</summary>
    public ref readonly RegionSet Dirty => ref _dirty;

    /// <summary>True if the page has a note: it has changed since the snapshot.</summary>
    // SAFETY: a page of the user half has a bit and a word.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe bool Has(PageNumber page) => (_noted[page.Value >> 6] & (1UL << (int)page.Value)) != 0;

    /// <summary>The kept entry of a page that has a note.</summary>
    // SAFETY: as Has.
    public unsafe PageTableEntry this[PageNumber page] => new(_words[page.Value]);

    /// <summary>Notes the entry that a page had before its first change.</summary>
    /// <param name="page">A page of the user half.</param>
    /// <param name="old">The entry before the change.</param>
    /// <param name="next">The entry to store.</param>
    /// <returns>The entry to store: without the right to write, or not exclusive, if its frame or slot is now kept as well.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PageTableEntry Note(PageNumber page, PageTableEntry old, PageTableEntry next) => Has(page) ? next : NoteNew(page, old, next);

    /// <summary>Turns a live entry into a kept one, and holds the frame or slot that it names.</summary>
    public PageTableEntry Keep(PageTableEntry entry)
    {
        if (!entry.IsPresent) return SwapEntry.From(entry) is { IsSwap: true } swapped ? KeepSlot(swapped) : entry;
        if (entry.Frame == default) return entry.WithoutWritable();    // the zero page
        ref FrameDescriptor descriptor = ref _frames.Named(entry.Frame);
        if (entry.Software3)    // special: an image's, which stays as it is, or the host's
            return descriptor.State == FrameState.Reserved ? entry.WithoutWritable() : new(entry.Word | CachedMark);
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

    /// <summary>Drops the note of a page. The caller has taken over the frame or slot that the note holds.</summary>
    // SAFETY: as Has.
    public unsafe void Forget(PageNumber page) => _noted[page.Value >> 6] &= ~(1UL << (int)page.Value);

    /// <summary>Clears the set of regions with notes. Precondition: none has one.</summary>
    public void ForgetRegions() => _dirty = default;

    /// <summary>Replaces the kept entry of a page, or makes a note of it. The caller has released the old note's frame or slot.</summary>
    // SAFETY: as Has.
    public unsafe void Put(PageNumber page, PageTableEntry kept)
    {
        _dirty.Add(page.DirectoryIndex);
        _noted[page.Value >> 6] |= 1UL << (int)page.Value;
        _words[page.Value] = kept.Word;
    }

    /// <summary>The lowest page with a note from a page on, within one region; false if the region has none.</summary>
    // SAFETY: the page is one of the user half, and the words read are those of its region.
    public unsafe bool TryNext(PageNumber from, out PageNumber page)
    {
        uint word = from.Value >> 6, end = (from.Value | 1023) >> 6;
        ulong bits = _noted[word] & (~0UL << (int)from.Value);    // a shift counts modulo 64
        while (bits == 0 && word < end) bits = _noted[++word];
        page = new((word << 6) + (uint)BitOperations.TrailingZeroCount(bits));
        return bits != 0;
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
                ulong* words = _noted + (region * WordsOfSet);
                for (int i = 0; i < WordsOfSet; i++) count += (uint)BitOperations.PopCount(words[i]);
            }

            return count;
        }
    }

    /// <summary>Sixty-four notes at once: a bit for each page that has one.</summary>
    // SAFETY: the caller's page is one of the user half, and a multiple of 64.
    internal unsafe ulong NotedOf(PageNumber first) => _noted[first.Value >> 6];

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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PageTableEntry NoteNew(PageNumber page, PageTableEntry old, PageTableEntry next)
    {
        Put(page, Keep(old));
        if (!next.IsPresent && SwapEntry.From(next) is { IsSwap: true } swapped)
            return swapped.WithoutExclusive().ToPageTableEntry();    // the slot is kept as well
        bool sharesFrame = next.IsPresent && old.IsPresent && next.Frame == old.Frame
            && _frames.Named(old.Frame).State is FrameState.Anonymous or FrameState.SwapCache;
        return sharesFrame ? new(next.Word & ~OwnerBits) : next;
    }

    private PageTableEntry KeepSlot(SwapEntry entry) => TryHoldSlot(entry) ? entry.WithoutExclusive().ToPageTableEntry() : default;
}
