using Paging.Native;

namespace Paging.Core;

/// <summary>The frames that hold pages of files: one cache under read, write and mmap, for all processes.</summary>
/// <remarks>Linux: mm/filemap.c, mm/shmem.c. A cached frame has one reference of the cache and one of each mapping.</remarks>
internal sealed class PageCache(PhysicalMemory ram, FrameTable frames, BuddyAllocator allocator, FaultInjection? faults) : IDisposable
{
    private readonly RadixForest _forest = new(faults);

    /// <summary>Frames in the cache, of all files.</summary>
    public uint PageCount { get; private set; }

    public RadixForest Forest => _forest;

    /// <summary>The frame of a page that is cached. Nothing is read.</summary>
    public bool TryFind(FileObject file, uint page, out FrameNumber frame)
    {
        frame = new(_forest.Find(in file.Pages, page));
        return frame.Value != 0;
    }

    /// <summary>The frame of a page below the end of the file, made or read now if it is not cached.</summary>
    /// <returns>ENOMEM: no frame; EIO: the backing failed. Nothing is cached then.</returns>
    public Errno FindOrFill(FileObject file, uint page, out FrameNumber frame, out bool wasRead)
    {
        wasRead = false;
        if (TryFind(file, page, out frame)) return Errno.None;
        if (!allocator.TryAllocate(FrameState.PageCache, out frame)) return Errno.ENOMEM;
        Errno error = Fill(file, page, frame, ref wasRead);
        if (error == Errno.None && !TryInsert(file, page, frame)) error = Errno.ENOMEM;
        if (error != Errno.None) allocator.Free(frame);
        return error;
    }

    /// <summary>The frame of a page that is about to be overwritten whole: made without reading.</summary>
    public bool TryFindOrCreateForOverwrite(FileObject file, uint page, out FrameNumber frame)
    {
        if (TryFind(file, page, out frame)) return true;
        if (!allocator.TryAllocate(FrameState.PageCache, out frame)) return false;
        ram.Clear(frame);
        if (TryInsert(file, page, frame)) return true;
        allocator.Free(frame);
        return false;
    }

    public void MarkDirty(FileObject file, uint page)
    {
        if (!file.IsMemory) _forest.SetTag(ref file.Pages, page, FileObject.DirtyTag);
    }

    /// <summary>Takes pages from <paramref name="first"/> up to, not including, <paramref name="end"/> out of the cache. No entry maps them any more.</summary>
    public void Drop(FileObject file, uint first, ulong end)
    {
        uint from = first;
        while (_forest.TryNext(in file.Pages, from, out uint page, out uint frame) && page < end)
        {
            _forest.Remove(ref file.Pages, page);
            PageCount--;
            Forget(new(frame));
            if (page == uint.MaxValue) return;
            from = page + 1;
        }
    }

    public void DropAll(FileObject file) => Drop(file, 0, ulong.MaxValue);

    /// <summary>Sets bytes of a cached page to zero; a page that is not cached is left to its hole or backing.</summary>
    public void ZeroWithin(FileObject file, uint page, int from, int byteCount)
    {
        if (!TryFind(file, page, out FrameNumber frame)) return;
        ram.Bytes(frame).Slice(from, byteCount).Clear();
        MarkDirty(file, page);
    }

    public void Dispose() => _forest.Dispose();

    private bool TryInsert(FileObject file, uint page, FrameNumber frame)
    {
        if (!_forest.TryInsert(ref file.Pages, page, frame.Value)) return false;
        ref FrameDescriptor descriptor = ref frames[frame];
        descriptor.Owner = file.Number;
        descriptor.Index = page;
        descriptor.Spare = (byte)(file.IsMemory ? ResidentKind.Shared : ResidentKind.File);
        PageCount++;
        return true;
    }

    private Errno Fill(FileObject file, uint page, FrameNumber frame, ref bool wasRead)
    {
        if (file.Backing is not { } backing)
        {
            ram.Clear(frame);
            return Errno.None;
        }

        wasRead = true;
        Span<byte> bytes = ram.Bytes(frame);
        int filled = 0;
        long offset = (long)page << 12;
        int wanted = (int)Math.Min(bytes.Length, file.ByteLength - offset);
        while (filled < wanted)
        {
            Errno error = backing.Read(offset + filled, bytes[filled..wanted], out int count);
            if (error != Errno.None) return error;
            if (count == 0) break;
            filled += count;
        }

        bytes[filled..].Clear();
        return Errno.None;
    }

    private void Forget(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        descriptor.Owner = 0;
        if (--descriptor.ReferenceCount == 0) allocator.Free(frame);
    }
}
