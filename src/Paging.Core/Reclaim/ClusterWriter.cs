using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Paging.Native.Memory;

namespace Paging.Core.Reclaim;

/// <summary>Writes one run of dirty pages to the backing, in one call if the backing takes all of it.</summary>
/// <remarks><code>
///   Dirty ──► mappings lose RW ──► Writeback, no longer Dirty ──► bytes go out ──► neither
///                                        └ a write after this point faults and makes the page Dirty again
/// </code>
/// If the frames of the run are neighbours, they are written in place; otherwise they are copied into a buffer first.
/// Linux: mm/page-writeback.c write_cache_pages, folio_clear_dirty_for_io, folio_start_writeback;
/// fs/iomap iomap_writeback_handle_eof.</remarks>
internal sealed class ClusterWriter(PhysicalMemory ram, FrameTable frames, PageCache cache, FileMappings mappings) : IDisposable
{
    /// <summary>The most pages in a cluster: 256 KiB.</summary>
    public const int PagesMax = 64;

    // Native memory, which takes no room before its first use: most engines never copy a run.
    private readonly HostBlock _buffer = new(new PageCount(PagesMax).Bytes);

    /// <summary>Writes dirty pages that follow one another, up to the first clean one. Precondition: the first page is dirty.</summary>
    /// <param name="file">A file with a backing.</param>
    /// <param name="first">The first page.</param>
    /// <param name="most">The most pages to write.</param>
    /// <param name="failedCount">The number of pages that the backing refused. The file's write errors record the reason.</param>
    /// <returns>The number of pages that are no longer dirty.</returns>
    public uint Write(FileObject file, FilePage first, uint most, out uint failedCount)
    {
        Span<uint> numbers = stackalloc uint[PagesMax];
        numbers = numbers[..(int)Math.Min(most, PagesMax)];
        numbers = numbers[..RadixRuns.CopyTagged(cache.Forest, in file.Pages, first.Value, RadixTag.Dirty, numbers)];
        uint count = (uint)numbers.Length;
        if (Check.Cheap && count == 0) Check.ThrowUnmet($"Write: page {first.Value} of file {file.Number} is not dirty.");

        Begin(file, first, numbers);
        failedCount = Send(file, first, BytesOf(file, first, numbers));
        foreach (uint frame in numbers) frames[new(frame)].Flags &= ~PageFlags.Pinned;    // W3: not before the bytes are out
        RadixRuns.ClearTag(cache.Forest, ref file.Pages, first.Value, count, RadixTag.Writeback);
        return count;
    }

    public void Dispose() => _buffer.Dispose();

    private void Begin(FileObject file, FilePage first, ReadOnlySpan<uint> numbers)
    {
        uint count = (uint)numbers.Length;
        bool isMapped = false;
        foreach (uint frame in numbers)
        {
            ref FrameDescriptor descriptor = ref frames[new(frame)];
            descriptor.Flags = (descriptor.Flags & ~PageFlags.Dirty) | PageFlags.Pinned;    // before the bytes go: a later write counts
            isMapped |= descriptor.MapCount != 0;
        }

        if (isMapped) mappings.WriteProtect(file, FilePageRange.Of(first, count));
        if (isMapped) mappings.AwaitWriters();    // T13: a store under way comes before the bytes are read
        RadixRuns.ClearTag(cache.Forest, ref file.Pages, first.Value, count, RadixTag.Dirty);
        RadixRuns.SetTag(cache.Forest, ref file.Pages, first.Value, count, RadixTag.Writeback);
        cache.Dirty.Remove(file, count);
        file.NeedsFlush = true;
    }

    /// <summary>
    /// The bytes of the pages up to the end of the file. Zeros the bytes that mappings have stored after it in the last page.
    /// </summary>
    private ReadOnlySpan<byte> BytesOf(FileObject file, FilePage first, ReadOnlySpan<uint> numbers)
    {
        long fromFirst = file.ByteLength - first.ByteOffset;
        int length = (int)Math.Min((long)new PageCount((uint)numbers.Length).Bytes, fromFirst);
        int tail = length & (int)VirtualAddress.OffsetMask;
        if (tail != 0)
        {
            ram.Bytes(new FrameNumber(numbers[^1]))[tail..].Clear();
            ram.Observers.Note(new(numbers[^1]));
        }

        int inRow = 1;
        while (inRow < numbers.Length && numbers[inRow] == numbers[0] + (uint)inRow) inRow++;
        if (inRow == numbers.Length) return ram.Bytes(new FrameNumber(numbers[0]).Address, length);    // neighbours in RAM: no copy
        for (int i = 0; i < numbers.Length; i++)
            ram.Bytes(new FrameNumber(numbers[i])).CopyTo(_buffer.Bytes[(i << VirtualAddress.PageShift)..]);
        return _buffer.Bytes[..length];
    }

    /// <summary>Writes until every byte is written or refused. A page that the backing refuses is skipped.</summary>
    /// <returns>The number of pages refused.</returns>
    private uint Send(FileObject file, FilePage first, ReadOnlySpan<byte> bytes)
    {
        uint failed = 0;
        for (int done = 0; done < bytes.Length;)
        {
            cache.Counters.BackingWrites++;
            Errno error = file.Backing!.Write(first.ByteOffset + done, bytes[done..], out int count);
            if (error == Errno.None && count == 0) error = Errno.EIO;    // otherwise the loop would not end
            if (error != Errno.None)
            {
                file.WriteErrors = file.WriteErrors.With(error);
                count = (int)(VirtualAddress.PageSize - ((uint)done & VirtualAddress.OffsetMask));    // the rest of the refused page
                failed++;
            }

            done += count;
        }

        cache.Counters.WriteErrors += failed;
        cache.Counters.PagesWritten += PageCount.Covering((ulong)bytes.Length).Value - failed;
        return failed;
    }
}
