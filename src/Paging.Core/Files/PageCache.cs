using Paging.Native;

namespace Paging.Core;

/// <summary>The frames that hold pages of files: one cache under read, write and mmap, for all processes.</summary>
/// <remarks>
/// A cached frame has one reference of the cache and one of each mapping. In its descriptor: Owner and Index lead back to the page;
/// Dirty repeats the tag of the tree (W1), so that a page that is dirty already costs no search; Private is 1 while a page that was brought
/// ahead waits for its first use (C5). Linux: mm/filemap.c, mm/shmem.c.
/// </remarks>
internal sealed class PageCache(PagingEngine engine) : IDisposable
{
    private readonly RadixForest _forest = new(engine.Injection);
    private readonly FrameTable _frames = engine.Frames;

    public CacheCounters Counters;

    /// <summary>C1: frames in the cache, of all files.</summary>
    public uint PageCount { get; private set; }

    public RadixForest Forest => _forest;

    /// <summary>Who gives way when frames are short.</summary>
    public CacheList List { get; } = new(engine.Frames, engine.Lists);

    /// <summary>Which pages the backings do not have yet.</summary>
    public DirtyFiles Dirty { get; } = new(engine);

    /// <summary>The frame of a page that is cached. Nothing is read.</summary>
    public bool TryFind(FileObject file, uint page, out FrameNumber frame)
    {
        frame = new(_forest.Find(in file.Pages, page));
        return frame.Value != 0;
    }

    /// <summary>The frame of a page below the end of the file, made or read now if it is not cached.</summary>
    /// <returns>ENOMEM: no frame; EIO and the like: the backing or the swap device failed. Nothing is cached then.</returns>
    public Errno FindOrFill(FileObject file, uint page, out FrameNumber frame, out bool wasRead)
    {
        wasRead = false;
        if (TryFind(file, page, out frame)) return Errno.None;
        if (!TryTakeFrame(file, page, out frame)) return Errno.ENOMEM;
        Errno error = Errno.None;
        if (file.IsMemory)
        {
            error = engine.SharedSwap.Fill(file, page, frame, out wasRead);
        }
        else
        {
            error = engine.Reader.Read(file, page, frame, 1, out _);
            wasRead = true;
        }

        if (error == Errno.None && !TryInsert(file, page, frame)) error = Errno.ENOMEM;
        if (error != Errno.None) engine.Allocator.Free(frame);
        return error;
    }

    /// <summary>The frame of a page that need not be read: it is about to be overwritten whole, or is all zeros so far.</summary>
    public bool TryFindOrCreate(FileObject file, uint page, bool cleared, out FrameNumber frame)
    {
        if (TryFind(file, page, out frame)) return true;
        if (!TryTakeFrame(file, page, out frame)) return false;
        if (cleared) engine.Ram.Clear(frame);
        if (TryInsert(file, page, frame)) return true;
        engine.Allocator.Free(frame);
        return false;
    }

    /// <summary>Gives a page that is not cached the frame that was filled for it. False: no memory for the tree.</summary>
    public bool TryInsert(FileObject file, uint page, FrameNumber frame)
    {
        if (!_forest.TryInsert(ref file.Pages, page, frame.Value)) return false;
        ref FrameDescriptor descriptor = ref _frames[frame];
        descriptor.Owner = file.Number;
        descriptor.Index = page;
        descriptor.Kind = (byte)(file.IsMemory ? ResidentKind.Shared : ResidentKind.File);
        if (file.IsMemory) engine.Reclaim.AddSharedPage(frame, engine.SharedSwap.Forget(file, page));
        else engine.Reclaim.AddFilePage(frame, file.Number, page);
        PageCount++;
        return true;
    }

    /// <summary>Somebody uses the page: the second time it becomes active, and what was read ahead has been worth it. Linux: folio_mark_accessed.</summary>
    /// <remarks>For read(2), and for a translation that goes; while one is there, its A bit tells.</remarks>
    public void MarkUsed(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        if ((descriptor.Flags & PageFlags.Referenced) == 0) descriptor.Flags |= PageFlags.Referenced;
        else if ((descriptor.Flags & PageFlags.Active) == 0) List.Activate(frame);
        NoteReadAheadUsed(frame);
    }

    /// <summary>If the page was read ahead, that has been worth it.</summary>
    public void NoteReadAheadUsed(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        if (descriptor.Private == 0) return;
        descriptor.Private = 0;
        Counters.ReadAheadUsed++;
    }

    /// <summary>The page is newer than the backing. Linux: folio_mark_dirty.</summary>
    public void MarkDirty(FileObject file, uint page, FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        if (file.IsMemory || (descriptor.Flags & PageFlags.Dirty) != 0) return;
        descriptor.Flags |= PageFlags.Dirty;
        _forest.SetTag(ref file.Pages, page, RadixTag.Dirty);
        Dirty.Add(file);
    }

    /// <summary>Takes pages from <paramref name="first"/> up to, not including, <paramref name="end"/> out of the cache. No entry maps them any more.</summary>
    public void Drop(FileObject file, uint first, ulong end)
    {
        uint from = first;
        while (_forest.TryNext(in file.Pages, from, out uint page, out uint frame) && page < end)
        {
            DropPage(file, page, new(frame));
            from = page + 1;
        }

        engine.SharedSwap.Drop(file, first, end);
    }

    /// <summary>As <see cref="Drop"/>, but only pages that nobody maps and that are clean. Linux: invalidate_mapping_pages.</summary>
    public void DropUnused(FileObject file, uint first, ulong end)
    {
        uint from = first;
        while (_forest.TryNext(in file.Pages, from, out uint page, out uint frame) && page < end)
        {
            ref FrameDescriptor descriptor = ref _frames[new(frame)];
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

    /// <summary>Sets bytes of a cached page to zero; the page is dirty then. One that is not cached is left to its hole or backing.</summary>
    /// <remarks>A page that is swapped out comes back for it; where its device fails, it stays as it is. Linux: shmem_get_partial_folio.</remarks>
    public void ZeroWithin(FileObject file, uint page, int from, int byteCount)
    {
        if (!TryFind(file, page, out FrameNumber frame)
            && (engine.SharedSwap.EntryOf(file, page).IsNone || FindOrFill(file, page, out frame, out _) != Errno.None)) return;
        engine.Ram.Bytes(frame).Slice(from, byteCount).Clear();
        engine.Ram.Code?.Changed(frame);
        MarkDirty(file, page, frame);
    }

    /// <summary>Drops pages that nobody maps and that can be read again, the ones not used for longest first.</summary>
    /// <returns>How many frames are free now that were not.</returns>
    public uint Reclaim(uint wanted, uint scanCount)
    {
        uint freed = 0;
        while (freed < wanted && List.TryFindVictim(ref scanCount, out FrameNumber frame))
        {
            ref FrameDescriptor descriptor = ref _frames[frame];
            DropPage(engine.Files.Object(descriptor.Owner), descriptor.Index, frame);
            freed++;
        }

        Counters.Reclaimed += freed;
        return freed;
    }

    public void Dispose() => _forest.Dispose();

    private bool TryTakeFrame(FileObject file, uint page, out FrameNumber frame)
    {
        engine.Pressure.MakeRoom(1);
        if (TryAllocate(out frame)) return true;
        engine.Groups.Current.Reclaim.Policy?.Announce(PageIdentity.OfObject(file.Number, page));
        return engine.Pressure.TryFree() && TryAllocate(out frame);
    }

    private bool TryAllocate(out FrameNumber frame)
    {
        frame = default;
        return !engine.Pressure.IsGroupFull && engine.Allocator.TryAllocate(FrameState.PageCache, out frame);
    }

    private void DropPage(FileObject file, uint page, FrameNumber frame)
    {
        _forest.Remove(ref file.Pages, page);
        PageCount--;
        ref FrameDescriptor descriptor = ref _frames[frame];
        if ((descriptor.Flags & PageFlags.Dirty) != 0) Dirty.Remove(file, 1);
        Counters.ReadAheadWasted += descriptor.Private;
        List.Remove(frame);
        engine.Allocator.Free(frame);    // B7: it had the cache's reference and no other
    }
}
