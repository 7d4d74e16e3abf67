using System.Runtime.CompilerServices;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Collections;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Cache;

/// <summary>The frames that hold pages of files: one cache for read, write and mmap, shared by all processes.</summary>
/// <remarks>
/// The cache holds one reference to a cached frame, and each mapping holds one. In the frame's descriptor, Owner and Index name the page;
/// Dirty repeats the tag in the tree (W1), so that a page that is already dirty costs no search; Private is 1 for a page that was read
/// ahead and not used yet (C5), and 2 for one that fallocate has made. Linux: mm/filemap.c, mm/shmem.c.
/// </remarks>
internal sealed class PageCache(
    FrameStore store, RadixForest forest, OpenFileTable files, SharedMemorySwap sharedSwap, DirtyFiles dirty, ContentJournal contents,
    PinTable pins)
{
    private readonly FrameTable _frames = store.Frames;
    private readonly BuddyAllocator _allocator = store.Allocator;
    private readonly FrameLists _lists = store.Lists;

    public CacheCounters Counters;

    private const uint ReadAhead = 1, Unfilled = 2;    // Private of a cached page's descriptor

    /// <summary>C1: the frames in the cache, of all files.</summary>
    public uint PageCount { get; private set; }

    public RadixForest Forest => forest;

    /// <summary>The choice of pages to drop when frames are short.</summary>
    public CacheList List { get; } = new(store.Frames, store.Lists);

    /// <summary>The files with pages that are newer than their backing.</summary>
    public DirtyFiles Dirty => dirty;

    /// <summary>The contents of shared memory at the last snapshot of the engine.</summary>
    public ContentJournal Contents => contents;

    /// <summary>Finds the frame of a cached page. Never reads from a backing.</summary>
    public bool TryFind(FileObject file, FilePage page, out FrameNumber frame)
    {
        frame = new(forest.Find(in file.Pages, page.Value));
        return frame.Value != 0;
    }

    /// <summary>Finds the first cached page from a page on, in the order of the file.</summary>
    public bool TryNext(FileObject file, FilePage from, out FilePage page, out FrameNumber frame)
    {
        bool isFound = forest.TryNext(in file.Pages, from.Value, out uint index, out uint value);
        (page, frame) = (new(index), new(value));
        return isFound;
    }

    /// <summary>True if the host has pinned a page of the file. Cost: O(pins). Linux: memfd_wait_for_pins.</summary>
    public bool HasPinned(FileObject file)
    {
        foreach (PinTable.Pin pin in pins.All)
        {
            ref FrameDescriptor descriptor = ref _frames[pin.Frame];
            if (descriptor.State == FrameState.PageCache && descriptor.Owner == file.Number) return true;
        }

        return false;
    }

    /// <summary>Finds the first page from a page on that carries a tag.</summary>
    public bool TryNextTagged(FileObject file, FilePage from, RadixTag tag, out FilePage page)
    {
        bool isFound = forest.TryNextTagged(in file.Pages, from.Value, tag, out uint index, out _);
        page = new(index);
        return isFound;
    }

    /// <summary>Counts the cached and swapped-out pages of a range. Cost: O(these pages). Linux: mm/filemap.c filemap_cachestat.</summary>
    public FileCacheCount Count(FileObject file, FilePageRange range)
    {
        (ulong cached, ulong dirty, ulong writeback, ulong swapped) = (0, 0, 0, 0);
        for (FilePage from = range.First; TryNext(file, from, out FilePage page, out _) && range.Includes(page); from = page.Next)
        {
            cached++;
            if (HasTag(file, page, RadixTag.Dirty)) dirty++;    // W2: memory carries none
            if (HasTag(file, page, RadixTag.Writeback)) writeback++;
        }

        for (FilePage from = range.First; sharedSwap.TryNextOut(file, from, out FilePage page, out _, out _) && range.Includes(page);
            from = page.Next)
        {
            swapped++;
        }

        return new(cached, dirty, writeback, swapped);
    }

    /// <summary>True if a cached page carries a tag.</summary>
    public bool HasTag(FileObject file, FilePage page, RadixTag tag) => forest.HasTag(in file.Pages, page.Value, tag);

    /// <summary>
    /// Adds a page that is not cached, in the frame that was filled for it. Returns false if there is no memory for the tree.
    /// </summary>
    /// <remarks>The caller then puts the frame on a reclaim list.</remarks>
    public bool TryInsert(FileObject file, FilePage page, FrameNumber frame)
    {
        if (!forest.TryInsert(ref file.Pages, page.Value, frame.Value)) return false;    // first, because only this step can fail
        if (file.KeptCount != 0 && !sharedSwap.IsOut(file, page)) contents.NoteNew(file, page);
        ref FrameDescriptor descriptor = ref _frames[frame];
        descriptor.Owner = file.Number;
        descriptor.Index = page.Value;
        descriptor.Kind = (byte)(file.IsMemory ? ResidentKind.Shared : ResidentKind.File);
        PageCount++;
        return true;
    }

    /// <summary>
    /// Marks a page as used (<see cref="FrameLists.MarkUsed"/>); the first use of a page that was read ahead counts as a success.
    /// </summary>
    /// <remarks>Called by read(2), and when an entry is removed. While the entry exists, its accessed bit records the use.</remarks>
    public void MarkUsed(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        List.MarkUsed(frame);
        if (!IsUnfilled(descriptor)) NoteUsed(ref descriptor);    // read(2) of such a page leaves it as it is
    }

    /// <summary>Moves the accessed and dirty bits of a removed entry to its page. Linux: zap_present_folio_ptes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void KeepBits(PageTableEntry entry, ref FrameDescriptor descriptor)
    {
        EntryWords.KeepDirty(entry, ref descriptor);
        if (entry.IsAccessed) MarkUsed(entry.Frame);
    }

    /// <summary>
    /// Counts the first use of a page that was read ahead. A page that fallocate has made is filled from now on: its zeros are data.
    /// </summary>
    public void NoteUsed(FrameNumber frame) => NoteUsed(ref _frames[frame]);

    /// <inheritdoc cref="NoteUsed(FrameNumber)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void NoteUsed(ref FrameDescriptor descriptor)
    {
        if (descriptor.Private == 0) return;
        if (descriptor.Private == ReadAhead) Counters.ReadAheadUsed++;
        descriptor.Private = 0;
    }

    /// <summary>
    /// True for a page of memory that only fallocate has used: neither mincore nor SEEK_DATA sees it. Linux: !folio_test_uptodate.
    /// </summary>
    public static bool IsUnfilled(in FrameDescriptor descriptor) =>
        descriptor is { State: FrameState.PageCache, Private: Unfilled };

    /// <inheritdoc cref="IsUnfilled(in FrameDescriptor)"/>
    public bool IsUnfilled(FrameNumber frame) => IsUnfilled(_frames[frame]);

    /// <summary>Marks a page of zeros that fallocate has just made. It is dirty, so that reclaim does not take it for a hole.</summary>
    public void MarkUnfilled(FileObject file, FilePage page, FrameNumber frame)
    {
        _frames[frame].Private = Unfilled;
        SetDirty(file, page, frame);
    }

    /// <summary>Marks a page as newer than its backing, or as written if it has none. Linux: folio_mark_dirty.</summary>
    /// <remarks>Called before a process may write the page, so that a snapshot of the engine keeps the old content.</remarks>
    public void MarkDirty(FileObject file, FilePage page, FrameNumber frame)
    {
        if (file.KeptCount != 0) contents.NoteWrite(file, page, frame);
        SetDirty(file, page, frame);
    }

    /// <summary>Marks a page as dirty whose bytes have not changed.</summary>
    public void SetDirty(FileObject file, FilePage page, FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        if ((descriptor.Flags & PageFlags.Dirty) != 0) return;    // W1: the tag is set as well
        descriptor.Flags |= PageFlags.Dirty;
        if (file.IsMemory) return;    // W2: no backing, so there is nothing to write back
        forest.SetTag(ref file.Pages, page.Value, RadixTag.Dirty);
        dirty.Add(file);
    }

    /// <summary>Records that a page has moved to another frame, which has its descriptor already. Linux: folio_migrate_mapping.</summary>
    public void Replace(FileObject file, FilePage page, FrameNumber frame) => forest.Replace(ref file.Pages, page.Value, frame.Value);

    /// <summary>Drops the pages of a range, none of which may be mapped. Each page is checked.</summary>
    public void Drop(FileObject file, FilePageRange range)
    {
        for (FilePage from = range.First; TryNext(file, from, out FilePage page, out FrameNumber frame) && range.Includes(page);)
        {
            if (file.KeptCount != 0) contents.NoteWrite(file, page, frame);
            DropPage(file, page, frame);
            from = page.Next;
        }

        NoteSlots(file, range);    // before the slots are freed: the journal becomes their user
        sharedSwap.Drop(file, range);
    }

    /// <summary>
    /// As <see cref="Drop"/>, but only for clean pages that are not mapped. Precondition: the file is not memory, so a snapshot does
    /// not keep it. Linux: invalidate_mapping_pages.
    /// </summary>
    public void DropUnused(FileObject file, FilePageRange range)
    {
        if (Check.Cheap && file.IsMemory) Check.ThrowUnmet($"DropUnused: file {file.Number} has no other copy of its pages.");
        for (FilePage from = range.First; TryNext(file, from, out FilePage page, out FrameNumber frame) && range.Includes(page);)
        {
            ref FrameDescriptor descriptor = ref _frames[frame];
            from = page.Next;
            if (descriptor.ReferenceCount != 1 || (descriptor.Flags & PageFlags.Dirty) != 0) continue;    // the cache's own reference only
            DropPage(file, page, frame);
        }
    }

    /// <summary>
    /// Called before the pages of a range that are on swap devices, or in the image of a clone, are dropped or overwritten.
    /// </summary>
    public void NoteSlots(FileObject file, FilePageRange range)
    {
        if (file.KeptCount == 0) return;
        FilePage from = range.First;
        while (sharedSwap.TryNextOut(file, from, out FilePage page, out SwapEntry entry, out SuppliedRun run) && range.Includes(page))
        {
            if (entry.IsSwap) contents.NoteSlot(file, page, entry);
            else contents.NoteSupplied(file, page, run);
            from = page.Next;
        }
    }

    /// <summary>Drops a page to free its frame. Precondition: it is clean or on a swap device, and neither mapped nor pinned.</summary>
    public void Evict(FileObject file, FilePage page, FrameNumber frame)
    {
        if (Check.Cheap && (_frames[frame].Flags & PageFlags.Pinned) != 0) Check.ThrowUnmet($"Evict: frame {frame.Value:x5} is pinned.");
        DropPage(file, page, frame);
        Counters.Reclaimed++;
    }

    public void DropAll(FileObject file) => Drop(file, FilePageRange.All);

    /// <summary>Drops pages that are not mapped and can be read again, beginning with those that were not used for longest.</summary>
    /// <returns>The number of frames freed.</returns>
    public uint Reclaim(FrameGroup charged, uint wanted, uint scanCount)
    {
        uint freed = 0;
        while (freed < wanted && List.TryFindVictim(charged, ref scanCount, out FrameNumber frame))
        {
            ref FrameDescriptor descriptor = ref _frames[frame];
            DropPage(files.Object(descriptor.Owner), new(descriptor.Index), frame);
            freed++;
        }

        Counters.Reclaimed += freed;
        return freed;
    }

    private void DropPage(FileObject file, FilePage page, FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        if (Check.Cheap && descriptor.MapCount != 0)
            Check.ThrowUnmet($"DropPage: page {page.Value} of file {file.Number} is mapped {descriptor.MapCount} times.");
        forest.Remove(ref file.Pages, page.Value);
        PageCount--;
        if ((descriptor.Flags & PageFlags.Dirty) != 0 && !file.IsMemory) dirty.Remove(file, 1);
        if (descriptor.Private == ReadAhead) Counters.ReadAheadWasted++;    // C5
        _lists.Remove(frame);    // Y3: before the frame is freed or left to its pins
        if (descriptor.ReferenceCount != 1) LeaveToItsPins(frame);    // F8: the host holds the frame
        else if (_lists.Shootdown?.TryKeep(frame) != true) _allocator.Free(frame);    // B7
    }

    /// <summary>Detaches a frame that the host has pinned from its file. The last unpin frees it.</summary>
    private void LeaveToItsPins(FrameNumber frame)
    {
        _frames.Move(frame, FrameState.Allocated);
        ref FrameDescriptor descriptor = ref _frames[frame];
        (descriptor.Owner, descriptor.Index, descriptor.Private, descriptor.Flags) = (0, 0, 0, FrameFlags.None);
        descriptor.ReferenceCount--;    // the cache's
    }
}
