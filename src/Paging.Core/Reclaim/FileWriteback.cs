using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Core.Reclaim;

/// <summary>Writes the dirty pages of a file to its backing in the order of their offsets, and reports errors to fsync.</summary>
/// <remarks>
/// Linux: mm/page-writeback.c write_cache_pages; mm/filemap.c file_write_and_wait_range, file_check_and_advance_wb_err; fs/sync.c.
/// </remarks>
internal sealed class FileWriteback(OpenFileTable files, PageCache cache, ClusterWriter cluster) : IDisposable
{
    /// <summary>
    /// fsync(2) of a part of a file: writes its dirty pages, makes them durable, and reports the error that is new to this open file.
    /// </summary>
    /// <remarks>
    /// As in Linux, a page that the backing refused is clean afterwards. It is not written again, and a later fsync that succeeds does not
    /// report it.
    /// </remarks>
    public Errno Synchronize(OpenFileIndex open, FilePageRange range)
    {
        FileObject file = files.ObjectOf(open);
        if (file.IsMemory) return Errno.None;
        WriteAll(file, range);
        Errno flushed = Flush(file);
        Errno written = TakeError(open, file);    // after the flush, whose own error is not recorded for others
        return written != Errno.None ? written : flushed;
    }

    /// <summary>sync_file_range(2): does not flush the device's cache, and does not make the file's length durable.</summary>
    public Errno SynchronizeRange(OpenFileIndex open, FilePageRange range, SyncRangeFlags flags)
    {
        FileObject file = files.ObjectOf(open);
        if (file.IsMemory) return Errno.None;
        Errno error = (flags & SyncRangeFlags.WaitBefore) != 0 ? TakeError(open, file) : Errno.None;
        if (error != Errno.None) return error;
        if ((flags & SyncRangeFlags.Write) != 0) WriteAll(file, range);
        return (flags & SyncRangeFlags.WaitAfter) != 0 ? TakeError(open, file) : Errno.None;
    }

    /// <summary>Writes every dirty page of a range, even if some fail. Linux: filemap_fdatawrite_range with WB_SYNC_ALL.</summary>
    /// <returns>False if the backing refused a page.</returns>
    public bool WriteAll(FileObject file, FilePageRange range)
    {
        bool allTaken = true;
        for (FilePage from = range.First; cache.TryNextTagged(file, from, RadixTag.Dirty, out FilePage page) && range.Includes(page);)
        {
            uint most = (uint)Math.Min(range.End - page.Value, ClusterWriter.PagesMax);
            from = page + new PageCount(cluster.Write(file, page, most, out uint failed));
            allTaken &= failed == 0;
        }

        return allTaken;
    }

    /// <summary>
    /// Writes some pages of a file, beginning where the last call stopped. A pass is over at the end of the file. Linux: range_cyclic.
    /// </summary>
    /// <param name="file">A file with dirty pages.</param>
    /// <param name="budget">The most pages to write.</param>
    /// <param name="isPassOver">
    /// True if the end was reached, or the backing refused a page; the rest then waits. Linux: without WB_SYNC_ALL an error ends the pass.
    /// </param>
    /// <returns>The number of pages that are no longer dirty: at least one, unless the budget is 0.</returns>
    public uint WriteSome(FileObject file, uint budget, out bool isPassOver)
    {
        uint done = 0;
        isPassOver = false;
        while (done < budget && file.DirtyCount != 0 && !isPassOver)
        {
            if (!cache.TryNextTagged(file, file.WritebackFrom, RadixTag.Dirty, out FilePage page))
            {
                file.WritebackFrom = FilePage.First;
                isPassOver = done != 0;    // 0: this call began after the last dirty page, and goes on at the start
                continue;
            }

            uint written = cluster.Write(file, page, budget - done, out uint failed);
            file.WritebackFrom = page + new PageCount(written);
            done += written;
            isPassOver = failed != 0;
        }

        return done;
    }

    /// <summary>
    /// Writes a dirty page to free its frame, together with the dirty pages that follow it. Returns false if the backing refused a page;
    /// fsync will report the error. Linux: pageout.
    /// </summary>
    public bool WriteForReclaim(FileObject file, FilePage page)
    {
        cluster.Write(file, page, ClusterWriter.PagesMax, out uint failed);
        return failed == 0;
    }

    /// <summary>
    /// Makes written pages durable. Only this caller receives an error. Linux: blkdev_issue_flush in a file system's fsync.
    /// </summary>
    public Errno Flush(FileObject file)
    {
        cache.Counters.Flushes++;
        Errno error = file.Backing!.Flush();
        if (error == Errno.None) file.NeedsFlush = false;
        return error;
    }

    /// <summary>sync(2): writes the dirty pages of all files and makes them durable. fsync reports the errors later.</summary>
    public void SynchronizeAll()
    {
        while (cache.Dirty.Oldest is { } file) WriteAll(file, file.AllPages);    // ends, because refused pages are clean as well
        foreach (FileObject file in files.All)
        {
            if (file.IsAlive && file.NeedsFlush) _ = Flush(file);
        }
    }

    /// <summary>Writes the dirty pages of all files that are written through. Flushes nothing; fsync reports the errors later.</summary>
    public void WriteBack()
    {
        for (FileObject? file = cache.Dirty.Oldest, next; file is not null; file = next)
        {
            next = file.DirtiedAfter;    // before the write, which takes a clean file off the list
            if (file.IsWrittenThrough) WriteAll(file, file.AllPages);
        }
    }

    /// <summary>Same as <see cref="WriteBack()"/>, for a part of one file.</summary>
    public void WriteBack(OpenFileIndex open, FilePageRange range)
    {
        FileObject file = files.ObjectOf(open);
        if (file.IsWrittenThrough && file.DirtyCount != 0) WriteAll(file, range);
    }

    /// <summary>True if a file has dirty pages.</summary>
    public bool AnyDirty => cache.Dirty.Oldest is not null;

    public void Dispose() => cluster.Dispose();

    private Errno TakeError(OpenFileIndex open, FileObject file) =>
        ErrorSequence.Advance(ref file.WriteErrors, ref files[open].ReportedErrors);
}
