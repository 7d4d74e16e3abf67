using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Paging.Native.Memory;

namespace Paging.Core.Io;

/// <summary>Implements read(2) and write(2) for regular files. Both go through the page cache.</summary>
/// <remarks>Linux: mm/filemap.c filemap_read, filemap_get_pages, generic_perform_write. Even one byte loads its whole 4 KiB page.</remarks>
internal sealed class FileIo(
    FrameStore store, PageCache cache, SharedMemorySwap sharedSwap, PageFiller filler, ReadAhead readAhead,
    BackgroundWriteback background, FileSizes sizes, HugeObjects huge)
{
    /// <summary>Copies bytes out of a file; fewer at its end.</summary>
    /// <param name="charged">The group that is charged for pages that are cached.</param>
    /// <param name="file">The file.</param>
    /// <param name="state">The reader's read-ahead state.</param>
    /// <param name="offset">The offset of the first byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <param name="wanted">The bytes that the reader wants altogether from the offset on, which size the first read-ahead window.</param>
    /// <param name="byteCount">The number of bytes copied.</param>
    /// <returns>EIO: the backing failed before the first byte. ENOMEM: no frame. Success with fewer bytes if that happens later.</returns>
    public Errno Read(
        FrameGroup charged, FileObject file, ref ReadAheadState state, long offset, Span<byte> destination, long wanted, out int byteCount)
    {
        byteCount = 0;
        if (offset < 0) return Errno.EINVAL;
        if (file.IsHuge) return ReadHuge(file, offset, destination, out byteCount);
        ulong endPage = ((ulong)offset + (ulong)wanted + VirtualAddress.OffsetMask) >> VirtualAddress.PageShift;
        while (byteCount < destination.Length && offset < file.ByteLength)
        {
            if (offset >= FileSizes.ByteLengthMax)
            {
                int zeros = (int)Math.Min(destination.Length - byteCount, file.ByteLength - offset);    // nothing can be written there
                destination.Slice(byteCount, zeros).Clear();
                byteCount += zeros;
                return Errno.None;
            }

            int inPage = (int)(offset & VirtualAddress.OffsetMask);
            int part = (int)Math.Min(Math.Min(FrameBytes.Length - inPage, destination.Length - byteCount), file.ByteLength - offset);
            FilePage page = FilePage.Containing(offset);
            Errno error = Find(charged, file, ref state, page, (uint)Math.Min(endPage - page.Value, uint.MaxValue), out FrameNumber frame);
            if (error != Errno.None) return byteCount > 0 ? Errno.None : error;
            Span<byte> target = destination.Slice(byteCount, part);
            if (frame == default) target.Clear();
            else store.Ram.Bytes(frame).Slice(inPage, part).CopyTo(target);
            byteCount += part;
            offset += part;
            state.PreviousEnd = offset;
        }

        return Errno.None;
    }

    // Holes read as zeros, and take no page. Linux: hugetlbfs_read_iter.
    private Errno ReadHuge(FileObject file, long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = (int)Math.Clamp(file.ByteLength - offset, 0, destination.Length);
        huge.Read(file, offset, destination[..byteCount]);
        return Errno.None;
    }

    /// <summary>Copies bytes into a file and extends it as needed. The pages become dirty and are written back later.</summary>
    /// <remarks>Precondition: the offset is not negative.</remarks>
    /// <returns>
    /// EFBIG: beyond the largest size. EINVAL: a file of huge pages, which can only be mapped. ENOMEM, EIO: as in <see cref="Read"/>.
    /// </returns>
    public Errno Write(FrameGroup charged, FileObject file, long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        if (Check.Cheap && offset < 0) Check.ThrowUnmet($"Write: the offset is {offset}.");
        if (file.IsHuge) return Errno.EINVAL;    // hugetlbfs has no write_iter
        if (source.IsEmpty) return Errno.None;
        if (offset >= FileSizes.ByteLengthMax) return Errno.EFBIG;
        if (offset > file.ByteLength && !file.IsMemory) sizes.ZeroBeyondEnd(charged, file);    // memory keeps such bytes: shmem_write_end
        int wanted = (int)Math.Min(source.Length, FileSizes.ByteLengthMax - offset);    // generic_write_check_limits
        Errno error = Errno.None;
        bool isSent = file is { IsWrittenThrough: true, IsMemory: false };
        if (isSent) error = WriteThrough(file, offset, source[..wanted], out wanted);
        while (byteCount < wanted)
        {
            int inPage = (int)(offset & VirtualAddress.OffsetMask);
            int part = Math.Min(FrameBytes.Length - inPage, wanted - byteCount);
            FilePage page = FilePage.Containing(offset);
            Errno taken = TakePage(charged, file, offset, inPage, part, out FrameNumber frame);
            if (taken == Errno.None)
            {
                cache.Contents.NoteWrite(file, page, frame);    // before the bytes change (J5)
                source.Slice(byteCount, part).CopyTo(store.Ram.Bytes(frame)[inPage..]);
                store.Ram.Observers.Note(frame);
                cache.NoteUsed(frame);    // before MarkUsed, which leaves an unfilled page as it is. Linux: shmem_write_end
                cache.MarkUsed(frame);
            }
            else if (!isSent)
            {
                error = taken;
                break;
            }

            byteCount += part;
            offset += part;
            if (offset > file.ByteLength) file.ByteLength = offset;
            if (isSent) continue;    // a clean page stays clean; one that a mapping has made dirty stays dirty
            cache.MarkDirty(file, page, frame);
            if (!file.IsMemory) background.Balance();    // Linux: balance_dirty_pages_ratelimited
        }

        return byteCount > 0 ? Errno.None : error;
    }

    /// <summary>Does all of a write except its bytes, which cannot be read: a file that ends before the offset ends there now.</summary>
    /// <remarks>
    /// Linux: generic_perform_write takes the page before it copies (write_begin), and write_end sets the size even if nothing was copied.
    /// </remarks>
    /// <returns>As <see cref="Write"/>, and the backing's error. Then the length has not changed.</returns>
    public Errno BeginWrite(FrameGroup charged, FileObject file, long offset)
    {
        if (file.IsHuge) return Errno.EINVAL;
        if (offset >= FileSizes.ByteLengthMax) return Errno.EFBIG;
        Errno error = Errno.None;
        int inPage = (int)(offset & VirtualAddress.OffsetMask);
        if (file.IsMemory)    // a page that the device has would not be filled, so it would count as absent
        {
            error = TakePage(charged, file, offset, inPage, part: 0, out FrameNumber frame);
            if (error == Errno.None) cache.MarkDirty(file, FilePage.Containing(offset), frame);
        }

        return error == Errno.None && offset > file.ByteLength ? sizes.SetLength(charged, file, offset) : error;
    }

    /// <summary>Finds data or a hole in shared memory: a page that is cached or swapped out is data. ENXIO: none.</summary>
    /// <remarks>Linux: mm/shmem.c shmem_file_llseek, mm/filemap.c mapping_seek_hole_data. Cost: O(pages of data before the hole).</remarks>
    public Errno SeekExtent(FileObject file, long offset, FileExtent wanted, out long position)
    {
        position = -1;
        if (offset < 0 || offset >= file.ByteLength) return Errno.ENXIO;
        FilePage page = offset < FileSizes.ByteLengthMax ? FilePage.Containing(offset) : FilePage.Last;    // no page lies there
        bool isData = TryNextData(file, page, out FilePage data);
        if (wanted == FileExtent.Data)
        {
            if (!isData || data.ByteOffset >= file.ByteLength) return Errno.ENXIO;    // a line made by a collapse may reach beyond
            position = Math.Max(offset, data.ByteOffset);
            return Errno.None;
        }

        while (isData && data == page) isData = TryNextData(file, ++page, out data);
        position = Math.Min(Math.Max(offset, page.ByteOffset), file.ByteLength);
        return Errno.None;
    }

    private bool TryNextData(FileObject file, FilePage from, out FilePage page)
    {
        bool isCached = cache.TryNext(file, from, out page, out FrameNumber frame);
        while (isCached && cache.IsUnfilled(frame)) isCached = page != FilePage.Last && cache.TryNext(file, page.Next, out page, out frame);
        FilePage next = from;
        while (sharedSwap.TryNextOut(file, next, out FilePage swapped, out _, out SuppliedRun run))
        {
            if (!run.IsUnfilled)
            {
                if (!isCached || swapped < page) page = swapped;
                return true;
            }

            if (swapped == FilePage.Last || (isCached && page < swapped)) break;
            next = swapped.Next;
        }

        return isCached;
    }

    /// <summary>Hands the bytes to the backing before the cache has them.</summary>
    /// <remarks>
    /// The backing comes first, because bytes that it refuses must not be in the cache. A page for which no frame is left stays uncached.
    /// That is not an error, because readers find its bytes in the backing. Linux: fs/9p, fs/fuse and fs/netfs with cache=writethrough.
    /// </remarks>
    private Errno WriteThrough(FileObject file, long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        Errno error = Send(file, offset, source, out byteCount);
        if (byteCount > 0) cache.Counters.PagesWritten += (long)FilePageRange.Touching(offset, byteCount).Length;
        return error;
    }

    /// <summary>Writes to the backing until it has every byte or refuses the next one.</summary>
    public Errno Send(FileObject file, long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        file.NeedsFlush = true;    // before the call: a write that fails may have stored some bytes
        while (byteCount < source.Length)
        {
            cache.Counters.BackingWrites++;
            Errno error = file.Backing!.Write(offset + byteCount, source[byteCount..], out int count);
            if (error == Errno.None && count == 0) error = Errno.EIO;    // otherwise the loop would not end
            if (error != Errno.None) return error;
            byteCount += count;
        }

        return Errno.None;
    }

    /// <summary>Finds or reads the frame of a page.</summary>
    /// <remarks>Returns frame 0 for a hole of a memory file, which reads as zeros and stays a hole.</remarks>
    private Errno Find(FrameGroup charged, FileObject file, ref ReadAheadState state, FilePage page, uint requested, out FrameNumber frame)
    {
        if (cache.TryFind(file, page, out frame))
        {
            if (!file.IsMemory) cache.Counters.Hits++;
        }
        else
        {
            if (file.IsMemory && !sharedSwap.IsOut(file, page)) return Errno.None;
            if (!file.IsMemory)
            {
                cache.Counters.Misses++;
                readAhead.OnMiss(charged, file, ref state, page, requested);
            }

            Errno error = filler.FindOrFill(charged, file, page, out frame, out _);
            if (error != Errno.None) return error;
        }

        if (!file.IsMemory && (store.Frames[frame].Flags & PageFlags.ReadAheadMark) != 0)
        {
            store.Frames[frame].Flags &= ~PageFlags.ReadAheadMark;    // before the window, whose frames may displace this page
            readAhead.OnMark(charged, file, ref state, page, requested);
            Errno error = filler.FindOrFill(charged, file, page, out frame, out _);    // the new window may have evicted the page
            if (error != Errno.None) return error;
        }

        // Successive small reads of a page are one use. Linux: pos_same_folio.
        bool continues = (state.PreviousEnd - 1) >> VirtualAddress.PageShift == page.Value;
        if (!continues) cache.MarkUsed(frame);
        return Errno.None;
    }

    /// <summary>Returns the frame to write into. Reads the page first if some of its bytes are kept.</summary>
    /// <remarks>Memory keeps bytes that a mapping has stored beyond the end of the file. Linux: shmem_write_end clears nothing.</remarks>
    private Errno TakePage(FrameGroup charged, FileObject file, long offset, int inPage, int part, out FrameNumber frame)
    {
        FilePage page = FilePage.Containing(offset);
        bool overwritten = part == FrameBytes.Length || !file.Contains(page)
            || (inPage == 0 && offset + part >= file.ByteLength && !file.IsMemory);
        if (!overwritten) return filler.FindOrFill(charged, file, page, out frame, out _);
        return filler.TryFindOrCreate(charged, file, page, cleared: part != FrameBytes.Length, out frame) ? Errno.None : Errno.ENOMEM;
    }
}
