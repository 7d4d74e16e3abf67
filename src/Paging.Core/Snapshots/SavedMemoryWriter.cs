using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Memory;

namespace Paging.Core.Snapshots;

/// <summary>Writes the pages of shared memory, cached or swapped out, as runs in the order of the object, and an end mark.</summary>
internal sealed class SavedMemoryWriter(PhysicalMemory ram, SnapshotSupplies supplies, ChecksummedWriter writer, SavedPageSink sink)
{
    /// <exception cref="NoMemoryException">There is no frame to read a swapped-out page into.</exception>
    /// <exception cref="IOException">A swap device has failed.</exception>
    public void Write(FileObject file)
    {
        for (FilePage from = FilePage.First; TryNext(file, from, out FilePage page, out FrameNumber frame); from = page.Next)
        {
            if (frame.Value != 0) page = WriteRun(file, page, frame);
            else if (file.Supplied?.TryFind(page, out SuppliedRun run) == true) page = WriteSupplied(file.Supplied, page, run);
            else WriteSwapped(file, page);

            if (page == FilePage.Last) break;    // it has no next
        }

        SnapshotFormat.WriteEndOfRuns(writer);
    }

    /// <summary>
    /// Finds the first page from a page on that has content. Frame 0: it lies on a swap device, or in the image of the clone.
    /// </summary>
    private bool TryNext(FileObject file, FilePage from, out FilePage page, out FrameNumber frame)
    {
        bool isCached = supplies.Cache.TryNext(file, from, out page, out frame);
        if (!supplies.SharedSwap.TryNextOut(file, from, out FilePage swapped, out _, out _) || (isCached && page < swapped))
            return isCached && file.Contains(page);    // a huge page has pages beyond the end, which nothing shows without it
        (page, frame) = (swapped, default);    // Z5: the page is not cached as well
        return true;
    }

    /// <summary>Writes pages that still lie in the image in one run. Returns the last of them.</summary>
    private FilePage WriteSupplied(SuppliedPages supplied, FilePage page, in SuppliedRun run)
    {
        bool isZero = run.Frame.Value == 0;
        uint bits = (run.IsWritten ? SnapshotFormat.DirtyPage : 0) | (run.IsUnfilled ? SnapshotFormat.UnfilledPage : 0);
        uint count = Math.Min(supplied.CountLeft(page, run), SnapshotFormat.PagesOfRunMax);
        SnapshotFormat.WriteRun(writer, new(page.Value), count, bits | (isZero ? SnapshotFormat.ZeroRun : sink.RunBit));
        if (!isZero) sink.WriteImage(ram, run.FrameOf(page), count, page.Value);
        return new(page.Value + count - 1);
    }

    /// <summary>Writes cached pages in one run, as long as they follow each other and are of one kind. Returns the last of them.</summary>
    private FilePage WriteRun(FileObject file, FilePage first, FrameNumber frame)
    {
        uint bits = BitsOf(frame), count = 1;
        bool isZero = (bits & SnapshotFormat.ZeroRun) != 0;
        FilePage last = first;
        Span<FrameNumber> frames = stackalloc FrameNumber[(int)SnapshotFormat.PagesOfRunMax];
        frames[0] = frame;
        while (count < SnapshotFormat.PagesOfRunMax && last != FilePage.Last && file.Contains(last.Next)
            && supplies.Cache.TryFind(file, last.Next, out FrameNumber next) && BitsOf(next) == bits)
        {
            frames[(int)count++] = next;
            last = last.Next;
        }

        SnapshotFormat.WriteRun(writer, new(first.Value), count, isZero ? bits : bits | sink.RunBit);
        if (isZero) return last;
        for (int i = 0; i < count; i++) sink.Write(ram.Bytes(frames[i]), first.Value + (uint)i);
        return last;
    }

    private void WriteSwapped(FileObject file, FilePage page)
    {
        if (!supplies.Store.Allocator.TryAllocate(FrameState.Kernel, out FrameNumber frame))
            throw new NoMemoryException("Cannot save the process: there is no free frame to read a swapped page into.");
        try
        {
            if (supplies.SharedSwap.Fill(file, page, frame, out _) != Errno.None)
                throw new IOException($"Cannot save the process: page {page.Value} of '{file.Name}' cannot be read from swap.");
            bool isZero = ram.IsZero(frame);
            SnapshotFormat.WriteRun(
                writer, new(page.Value), 1, SnapshotFormat.DirtyPage | (isZero ? SnapshotFormat.ZeroRun : sink.RunBit));
            if (!isZero) sink.Write(ram.Bytes(frame), page.Value);
        }
        finally
        {
            supplies.Store.Allocator.Free(frame);
        }
    }

    private uint BitsOf(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref supplies.Store.Frames[frame];
        // W6: a clean page holds zeros and may be dropped
        return ((descriptor.Flags & PageFlags.Dirty) != 0 ? SnapshotFormat.DirtyPage : 0)
            | (PageCache.IsUnfilled(descriptor) ? SnapshotFormat.UnfilledPage : 0)
            | (ram.IsZero(frame) ? SnapshotFormat.ZeroRun : 0);
    }
}
