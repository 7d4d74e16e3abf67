using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Native.Memory;

namespace Paging.Core.Io;

/// <summary>
/// Truncates and extends files, reserves their storage and punches holes. Removes the affected pages from every address space first.
/// </summary>
/// <remarks>
/// Linux: mm/truncate.c truncate_pagecache, pagecache_isize_extended; mm/memory.c unmap_mapping_range; mm/shmem.c shmem_undo_range.
/// </remarks>
internal sealed class FileSizes(
    PageCache cache, FileMappings mappings, FileWriteback writeback, PageFiller filler, HugeSizes huge, CollapsedPages collapsed)
{
    /// <summary>
    /// The bytes of a file that can be written: 2^32 - 1 pages, so that a page index fits in 32 bits. Linux: MAX_LFS_FILESIZE on i386.
    /// </summary>
    /// <remarks>A memory file may be longer, as on a 64-bit kernel; the rest is a hole.</remarks>
    public const long ByteLengthMax = ((1L << 32) - 1) << VirtualAddress.PageShift;

    /// <summary>Sets the length, as ftruncate(2) does.</summary>
    /// <remarks>Private copies beyond the new end are dropped. That of the last, partial page stays.</remarks>
    /// <returns>
    /// EINVAL: negative. EFBIG: too large. ENOMEM: no frame to bring back the last page, whose end is to be cleared; Linux would kill a
    /// process for it. Otherwise the backing's error. Then nothing has changed.
    /// </returns>
    public Errno SetLength(FrameGroup charged, FileObject file, long byteLength)
    {
        if (byteLength < 0 || file.Kind == FileKind.Device) return Errno.EINVAL;
        if (file.IsHuge) return huge.SetLength(file, byteLength);
        if (byteLength > ByteLengthMax && !file.IsMemory) return Errno.EFBIG;
        bool shrinks = byteLength < file.ByteLength, grows = byteLength > file.ByteLength;
        if (!grows && !HasEdge(charged, file, byteLength)) return Errno.ENOMEM;    // before any change, as only this needs a frame
        if (file.Backing is { } backing)
        {
            Errno error = shrinks ? WriteEdge(file, byteLength) : Errno.None;
            if (error == Errno.None) error = backing.SetLength(byteLength);    // before the cache, because it may refuse
            if (error != Errno.None) return error;
            file.NeedsFlush = true;
        }

        // Bytes that mappings stored beyond the end of memory appear when it grows. Any other new length drops them. Linux: shmem_setattr.
        if (!grows) collapsed.BreakUp(file, byteLength, long.MaxValue);
        if (grows && !file.IsMemory) ZeroBeyondEnd(charged, file);
        file.ByteLength = byteLength;
        // A collapse, or a write that faulted, has left pages beyond the end of memory: the same length drops them. Linux: shmem_setattr.
        if ((shrinks || (!grows && file.IsMemory)) && file.PageLimit <= uint.MaxValue)
        {
            FilePageRange gone = FilePageRange.From(new((uint)file.PageLimit));
            mappings.Unmap(file, gone, alsoPrivateCopies: shrinks);    // before Drop, which requires it
            cache.Drop(file, gone);
        }

        if (!grows) ZeroBeyondEnd(charged, file);
        return Errno.None;
    }

    /// <summary>Punches a hole of some length that reads as zeros; private copies stay.</summary>
    /// <remarks>Linux: fallocate(FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE). Precondition: no number is negative.</remarks>
    /// <returns>
    /// EINVAL: a device. EFBIG: too large. ENOMEM: no frame to bring back a page whose part is to be cleared; Linux, which would kill a
    /// process for it, leaves the page as it is. Otherwise the backing's error. Then the cache is unchanged.
    /// </returns>
    public Errno PunchHole(FrameGroup charged, FileObject file, long offset, long byteLength)
    {
        if (Check.Cheap && (offset < 0 || byteLength < 0)) Check.ThrowUnmet($"PunchHole: {byteLength} bytes at {offset}.");
        if (file.Kind == FileKind.Device) return Errno.EINVAL;
        if (file.IsHuge) return huge.PunchHole(file, offset, byteLength);
        if (offset > (file.IsMemory ? long.MaxValue : ByteLengthMax) - byteLength) return Errno.EFBIG;
        if (offset >= ByteLengthMax) return Errno.None;    // the hole of a memory file
        long end = Math.Min(offset + byteLength, ByteLengthMax);
        // Before any change, as only this needs frames.
        if (!HasEdge(charged, file, offset) || !HasEdge(charged, file, end)) return Errno.ENOMEM;
        if (file.IsMemory && end < VirtualAddress.PageSize) UnmapForSmallHole(file, offset);
        collapsed.BreakUp(file, offset, end);
        if (file.Backing is { } backing && offset < file.ByteLength)
        {
            Errno error = PunchBacking(file, backing, offset, end);
            if (error != Errno.None) return error;
        }

        FilePage firstWhole = FilePage.Containing(offset + VirtualAddress.OffsetMask);
        FilePage endWhole = FilePage.Containing(end);
        if (firstWhole > endWhole)
        {
            filler.ZeroWithin(charged, file, endWhole, (int)(offset & VirtualAddress.OffsetMask), (int)byteLength);    // within one page
            return Errno.None;
        }

        int head = (int)(offset & VirtualAddress.OffsetMask);
        int tail = (int)(end & VirtualAddress.OffsetMask);
        if (head != 0) filler.ZeroWithin(charged, file, firstWhole - PageCount.One, head, FrameBytes.Length - head);
        if (tail != 0) filler.ZeroWithin(charged, file, endWhole, 0, tail);
        if (firstWhole == endWhole) return Errno.None;    // no whole page lies between the parts
        FilePageRange whole = new(firstWhole, endWhole.Value);
        mappings.Unmap(file, whole, alsoPrivateCopies: false);
        cache.Drop(file, whole);
        return Errno.None;
    }

    /// <summary>
    /// Reserves storage in the backing, or pages of memory, and makes the file longer if its size is not to be kept. The range is valid.
    /// </summary>
    /// <returns>ENOMEM: no frame for a page of memory. Otherwise the backing's error. Then the file is unchanged.</returns>
    public Errno Allocate(FrameGroup charged, FileObject file, in FileAllocation request)
    {
        if (file.IsHuge) return huge.Allocate(file, request);
        Errno error = file.IsSharedMemory ? AllocatePages(charged, file, request)
            : file.Backing?.Allocate(request.Offset, request.ByteLength) ?? Errno.None;
        if (error != Errno.None || request.Has(AllocationFlags.KeepSize) || request.End <= file.ByteLength) return error;
        return SetLength(charged, file, request.End);
    }

    /// <summary>Makes the missing pages of a range. A failure takes away those up to there that hold nothing. Cost: O(pages).</summary>
    /// <remarks>Linux: shmem_fallocate, shmem_undo_range(unfalloc).</remarks>
    private Errno AllocatePages(FrameGroup charged, FileObject file, in FileAllocation request)
    {
        if (request.End > ByteLengthMax) return Errno.ENOMEM;    // it could not succeed: no page is made for nothing
        FilePageRange range = FilePageRange.Touching(request.Offset, request.ByteLength);
        for (FilePage page = range.First; range.Includes(page); page = page.Next)
        {
            Errno error = filler.SetAside(charged, file, page);
            if (error == Errno.None) continue;
            GiveBack(file, new(range.First, page.Value));
            return error;
        }

        return Errno.None;
    }

    private void GiveBack(FileObject file, FilePageRange range)
    {
        FilePage from = range.First;
        while (cache.TryNext(file, from, out FilePage page, out FrameNumber frame) && range.Includes(page))
        {
            if (cache.IsUnfilled(frame)) cache.Drop(file, FilePageRange.Of(page, 1));    // no entry maps it, or it would be filled
            from = page.Next;
        }
    }

    /// <summary>Unmaps the pages that Linux unmaps for a hole that ends inside the first page.</summary>
    /// <remarks>
    /// These are the pages after the first page, and that page as well if the hole starts at 0: shmem_fallocate rounds the end down and
    /// subtracts one, and the result, -1, is above every page. A hole inside another page unmaps nothing.
    /// </remarks>
    private void UnmapForSmallHole(FileObject file, long offset) =>
        mappings.Unmap(file, FilePageRange.From(new(offset == 0 ? 0u : 1u)), alsoPrivateCopies: false);

    /// <summary>True if the page that a cut or a hole divides can be cleared in part: reads it back if it is only in swap.</summary>
    private bool HasEdge(FrameGroup charged, FileObject file, long at) => (at & VirtualAddress.OffsetMask) == 0 || at >= ByteLengthMax
        || filler.TryBringBack(charged, file, FilePage.Containing(at));

    private Errno PunchBacking(FileObject file, IFileBacking backing, long offset, long end)
    {
        Errno error = WriteEdge(file, offset);
        if (error == Errno.None) error = WriteEdge(file, end);

        // Dropping the last page also drops the write-back that would have extended the backing, so extend it here.
        // Linux: ext4_update_disksize_before_punch.
        if (error == Errno.None && end >= file.ByteLength) error = backing.SetLength(file.ByteLength);
        if (error == Errno.None) error = backing.PunchHole(offset, Math.Min(end, file.ByteLength) - offset);
        file.NeedsFlush = true;
        return error;
    }

    /// <summary>Writes back the page that the cut divides. Earlier writes to it must reach the device before the cut does.</summary>
    /// <remarks>Linux: ordered data of ext4 (ext4_block_truncate_page, and the write-back before ext4_punch_hole).</remarks>
    private Errno WriteEdge(FileObject file, long offset)
    {
        if ((offset & VirtualAddress.OffsetMask) == 0 || offset >= file.ByteLength) return Errno.None;
        return writeback.WriteAll(file, FilePageRange.Of(FilePage.Containing(offset), 1)) ? Errno.None : file.WriteErrors.Last;
    }

    /// <summary>Clears the bytes after the end of the file in its last page, if it is cached. A mapping may have stored there.</summary>
    public void ZeroBeyondEnd(FrameGroup charged, FileObject file)
    {
        int tail = (int)(file.ByteLength & VirtualAddress.OffsetMask);
        if (tail == 0 || file.ByteLength >= ByteLengthMax) return;
        filler.ZeroWithin(charged, file, FilePage.Containing(file.ByteLength), tail, FrameBytes.Length - tail);
    }
}
