using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.ReverseMapping;
using Paging.Native;

namespace Paging.Core.Writeback;

/// <summary>Takes one run of dirty pages to the backing: in one call where it takes all it is given.</summary>
/// <remarks><code>
///   Dirty ──► mappings lose RW ──► Writeback, no longer Dirty ──► bytes go out ──► neither
///                                        └ a write from here on faults and makes the page Dirty again
/// </code>
/// The frames of a file written in sequence lie in a row and go out as they are; others are collected in a buffer first.
/// Linux: mm/page-writeback.c write_cache_pages, folio_clear_dirty_for_io, folio_start_writeback; fs/iomap iomap_writepage_handle_eof.</remarks>
internal sealed class ClusterWriter(PhysicalMemory ram, FrameTable frames, PageCache cache, FileMappings mappings)
{
    /// <summary>Pages in a cluster: 256 KiB.</summary>
    public const int PagesMax = 64;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(PagesMax << 12, pinned: true);

    /// <summary>Writes the dirty pages from one on, up to the first that is clean, as many as fit. The first one must be dirty.</summary>
    /// <param name="file">A file with a backing.</param>
    /// <param name="first">The first page.</param>
    /// <param name="most">No more than these.</param>
    /// <param name="failedCount">Pages the backing did not take; the file's errors tell why.</param>
    /// <returns>How many pages are no longer dirty.</returns>
    public uint Write(FileObject file, uint first, uint most, out uint failedCount)
    {
        Span<uint> numbers = stackalloc uint[PagesMax];
        numbers = numbers[..(int)Math.Min(most, PagesMax)];
        numbers = numbers[..RadixRuns.CopyTagged(cache.Forest, in file.Pages, first, RadixTag.Dirty, numbers)];
        uint count = (uint)numbers.Length;

        Begin(file, first, numbers);
        failedCount = Send(file, first, BytesOf(file, first, numbers));
        foreach (uint frame in numbers) frames[new(frame)].Flags &= ~PageFlags.Pinned;
        RadixRuns.ClearTag(cache.Forest, ref file.Pages, first, count, RadixTag.Writeback);
        return count;
    }

    private void Begin(FileObject file, uint first, ReadOnlySpan<uint> numbers)
    {
        uint count = (uint)numbers.Length;
        bool isMapped = false;
        foreach (uint frame in numbers)
        {
            ref FrameDescriptor descriptor = ref frames[new(frame)];
            descriptor.Flags = (descriptor.Flags & ~PageFlags.Dirty) | PageFlags.Pinned;
            isMapped |= descriptor.MapCount != 0;
        }

        if (isMapped) mappings.WriteProtect(file, first, count);
        RadixRuns.ClearTag(cache.Forest, ref file.Pages, first, count, RadixTag.Dirty);
        RadixRuns.SetTag(cache.Forest, ref file.Pages, first, count, RadixTag.Writeback);
        cache.Dirty.Remove(file, count);
        file.NeedsFlush = true;
    }

    /// <summary>The bytes of the pages up to the end of the file. What a mapping has stored behind it becomes zero first.</summary>
    private ReadOnlySpan<byte> BytesOf(FileObject file, uint first, ReadOnlySpan<uint> numbers)
    {
        int length = (int)Math.Min(numbers.Length << 12, file.ByteLength - ((long)first << 12));
        int tail = length & 0xFFF;
        if (tail != 0)
        {
            ram.Bytes(new FrameNumber(numbers[^1]))[tail..].Clear();
            ram.Code?.Changed(new(numbers[^1]));
        }

        int inRow = 1;
        while (inRow < numbers.Length && numbers[inRow] == numbers[0] + (uint)inRow) inRow++;
        if (inRow == numbers.Length) return ram.Bytes(new FrameNumber(numbers[0]).Address, length);
        for (int i = 0; i < numbers.Length; i++) ram.Bytes(new FrameNumber(numbers[i])).CopyTo(_buffer.AsSpan(i << 12));
        return _buffer.AsSpan(0, length);
    }

    /// <summary>Writes until all is taken or given up: a page that the backing refuses is passed over, the next one tried.</summary>
    private uint Send(FileObject file, uint first, ReadOnlySpan<byte> bytes)
    {
        uint failed = 0;
        for (int done = 0; done < bytes.Length;)
        {
            cache.Counters.BackingWrites++;
            Errno error = file.Backing!.Write(((long)first << 12) + done, bytes[done..], out int count);
            if (error == Errno.None && count == 0) error = Errno.EIO;
            if (error != Errno.None)
            {
                file.WriteErrors = file.WriteErrors.With(error);
                count = 4096 - (done & 0xFFF);
                failed++;
            }

            done += count;
        }

        cache.Counters.WriteErrors += failed;
        cache.Counters.PagesWritten += ((bytes.Length + 0xFFF) >> 12) - failed;
        return failed;
    }
}
