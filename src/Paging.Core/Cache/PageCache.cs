using Paging.Core.Accounting;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Core.Cache;

/// <summary>The frames that hold pages of files: one cache under read, write and mmap, for all processes.</summary>
/// <remarks>
/// A cached frame has one reference of the cache and one of each mapping. In its descriptor: Owner and Index lead back to the page;
/// Dirty repeats the tag of the tree (W1), so that a page that is dirty already costs no search; Private is 1 while a page that was brought
/// ahead waits for its first use (C5). Linux: mm/filemap.c, mm/shmem.c.
/// </remarks>
internal sealed class PageCache(
    FrameTable frames, FrameLists lists, BuddyAllocator allocator, RadixForest forest, OpenFileTable files, SharedMemorySwap sharedSwap, DirtyFiles dirty)
{
    public CacheCounters Counters;

    /// <summary>C1: frames in the cache, of all files.</summary>
    public uint PageCount { get; private set; }

    public RadixForest Forest => forest;

    /// <summary>Who gives way when frames are short.</summary>
    public CacheList List { get; } = new(frames, lists);

    /// <summary>Which pages the backings do not have yet.</summary>
    public DirtyFiles Dirty => dirty;

    /// <summary>The frame of a page that is cached. Nothing is read.</summary>
    public bool TryFind(FileObject file, uint page, out FrameNumber frame)
    {
        frame = new(forest.Find(in file.Pages, page));
        return frame.Value != 0;
    }

    /// <summary>Gives a page that is not cached the frame that was filled for it. False: no memory for the tree.</summary>
    /// <remarks>The caller puts the frame on a reclaim list.</remarks>
    public bool TryInsert(FileObject file, uint page, FrameNumber frame)
    {
        if (!forest.TryInsert(ref file.Pages, page, frame.Value)) return false;
        ref FrameDescriptor descriptor = ref frames[frame];
        descriptor.Owner = file.Number;
        descriptor.Index = page;
        descriptor.Kind = (byte)(file.IsMemory ? ResidentKind.Shared : ResidentKind.File);
        PageCount++;
        return true;
    }

    /// <summary>Somebody uses the page: the second time it becomes active, and what was read ahead has been worth it. Linux: folio_mark_accessed.</summary>
    /// <remarks>For read(2), and for a translation that goes; while one is there, its A bit tells.</remarks>
    public void MarkUsed(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        if ((descriptor.Flags & PageFlags.Referenced) == 0) descriptor.Flags |= PageFlags.Referenced;
        else if ((descriptor.Flags & PageFlags.Active) == 0) List.Activate(frame);
        NoteReadAheadUsed(frame);
    }

    /// <summary>If the page was read ahead, that has been worth it.</summary>
    public void NoteReadAheadUsed(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        if (descriptor.Private == 0) return;
        descriptor.Private = 0;
        Counters.ReadAheadUsed++;
    }

    /// <summary>The page is newer than the backing. Linux: folio_mark_dirty.</summary>
    public void MarkDirty(FileObject file, uint page, FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        if (file.IsMemory || (descriptor.Flags & PageFlags.Dirty) != 0) return;
        descriptor.Flags |= PageFlags.Dirty;
        forest.SetTag(ref file.Pages, page, RadixTag.Dirty);
        dirty.Add(file);
    }

    /// <summary>Takes pages from <paramref name="first"/> up to, not including, <paramref name="end"/> out of the cache. No entry maps them any more.</summary>
    public void Drop(FileObject file, uint first, ulong end)
    {
        uint from = first;
        while (forest.TryNext(in file.Pages, from, out uint page, out uint frame) && page < end)
        {
            DropPage(file, page, new(frame));
            from = page + 1;
        }

        sharedSwap.Drop(file, first, end);
    }

    /// <summary>As <see cref="Drop"/>, but only pages that nobody maps and that are clean. Linux: invalidate_mapping_pages.</summary>
    public void DropUnused(FileObject file, uint first, ulong end)
    {
        uint from = first;
        while (forest.TryNext(in file.Pages, from, out uint page, out uint frame) && page < end)
        {
            ref FrameDescriptor descriptor = ref frames[new(frame)];
            if (descriptor.ReferenceCount == 1 && (descriptor.Flags & PageFlags.Dirty) == 0) DropPage(file, page, new(frame));
            from = page + 1;
        }
    }

    /// <summary>Drops one page whose frame is needed, clean and mapped by nobody.</summary>
    public void Evict(FileObject file, uint page, FrameNumber frame)
    {
        DropPage(file, page, frame);
        Counters.Reclaimed++;
    }

    public void DropAll(FileObject file) => Drop(file, 0, ulong.MaxValue);

    /// <summary>Drops pages that nobody maps and that can be read again, the ones not used for longest first.</summary>
    /// <returns>How many frames are free now that were not.</returns>
    public uint Reclaim(uint wanted, uint scanCount)
    {
        uint freed = 0;
        while (freed < wanted && List.TryFindVictim(ref scanCount, out FrameNumber frame))
        {
            ref FrameDescriptor descriptor = ref frames[frame];
            DropPage(files.Object(descriptor.Owner), descriptor.Index, frame);
            freed++;
        }

        Counters.Reclaimed += freed;
        return freed;
    }

    private void DropPage(FileObject file, uint page, FrameNumber frame)
    {
        forest.Remove(ref file.Pages, page);
        PageCount--;
        ref FrameDescriptor descriptor = ref frames[frame];
        if ((descriptor.Flags & PageFlags.Dirty) != 0) dirty.Remove(file, 1);
        Counters.ReadAheadWasted += descriptor.Private;
        List.Remove(frame);
        allocator.Free(frame);    // B7: it had the cache's reference and no other
    }
}
