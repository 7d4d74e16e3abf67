using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Native;

namespace Paging.Core.Writeback;

/// <summary>Brings dirty pages of one file to its backing in the order of their offsets, and says by fsync what became of them.</summary>
/// <remarks>Linux: mm/page-writeback.c write_cache_pages; mm/filemap.c file_write_and_wait_range, file_check_and_advance_wb_err; fs/sync.c.</remarks>
internal sealed class FileWriteback(OpenFileTable files, PageCache cache, ClusterWriter cluster)
{
    /// <summary>fsync(2) of a part of a file: writes what is dirty, makes it durable, and reports what went wrong since this open file last asked.</summary>
    /// <remarks>A page that could not be written is clean afterwards, as in Linux: it is not tried again, and the next fsync does not promise it.</remarks>
    public Errno Synchronize(OpenFileIndex open, uint firstPage, ulong pageCount)
    {
        FileObject file = files.ObjectOf(open);
        if (file.IsMemory) return Errno.None;
        WriteAll(file, firstPage, firstPage + pageCount);
        Errno flushed = Flush(file);
        Errno written = TakeError(open, file);
        return written != Errno.None ? written : flushed;
    }

    /// <summary>sync_file_range(2): neither waits for the device's own cache nor for the file's length.</summary>
    public Errno SynchronizeRange(OpenFileIndex open, uint firstPage, ulong pageCount, SyncRangeFlags flags)
    {
        FileObject file = files.ObjectOf(open);
        if (file.IsMemory) return Errno.None;
        Errno error = (flags & SyncRangeFlags.WaitBefore) != 0 ? TakeError(open, file) : Errno.None;
        if (error != Errno.None) return error;
        if ((flags & SyncRangeFlags.Write) != 0) WriteAll(file, firstPage, firstPage + pageCount);
        return (flags & SyncRangeFlags.WaitAfter) != 0 ? TakeError(open, file) : Errno.None;
    }

    /// <summary>Writes every dirty page of a range, whatever fails on the way. Linux: filemap_fdatawrite_range with WB_SYNC_ALL.</summary>
    /// <returns>False: a page was not taken.</returns>
    public bool WriteAll(FileObject file, uint first, ulong end)
    {
        bool allTaken = true;
        uint from = first;
        while (cache.Forest.TryNextTagged(in file.Pages, from, RadixTag.Dirty, out uint page, out _) && page < end)
        {
            from = page + cluster.Write(file, page, (uint)Math.Min(end - page, ClusterWriter.PagesMax), out uint failed);
            allTaken &= failed == 0;
        }

        return allTaken;
    }

    /// <summary>Writes some pages of a file, going on where the last call stopped; at its end the pass is over. Linux: range_cyclic.</summary>
    /// <param name="file">A file with dirty pages.</param>
    /// <param name="budget">At most so many pages.</param>
    /// <param name="isPassOver">The end was reached, or a page was not taken and the rest waits. Linux: without WB_SYNC_ALL an error ends the pass.</param>
    /// <returns>How many pages are no longer dirty; at least one, if the budget allows it.</returns>
    public uint WriteSome(FileObject file, uint budget, out bool isPassOver)
    {
        uint done = 0;
        isPassOver = false;
        while (done < budget && file.DirtyCount != 0 && !isPassOver)
        {
            if (!cache.Forest.TryNextTagged(in file.Pages, file.WritebackFrom, RadixTag.Dirty, out uint page, out _))
            {
                file.WritebackFrom = 0;
                isPassOver = done != 0;
                continue;
            }

            uint written = cluster.Write(file, page, budget - done, out uint failed);
            file.WritebackFrom = page + written;
            done += written;
            isPassOver = failed != 0;
        }

        return done;
    }

    /// <summary>Writes a dirty page whose frame is needed, and its dirty neighbours with it. False: a page was not taken; fsync will tell. Linux: pageout.</summary>
    public bool WriteForReclaim(FileObject file, uint page)
    {
        cluster.Write(file, page, ClusterWriter.PagesMax, out uint failed);
        return failed == 0;
    }

    /// <summary>Makes durable what was written. Its failure is told to who asked, and to nobody else. Linux: blkdev_issue_flush in a file system's fsync.</summary>
    public Errno Flush(FileObject file)
    {
        cache.Counters.Flushes++;
        Errno error = file.Backing!.Flush();
        if (error == Errno.None) file.NeedsFlush = false;
        return error;
    }

    /// <summary>Writes all that is dirty in all files, and makes it durable: sync(2). Errors stay for fsync to tell.</summary>
    public void SynchronizeAll()
    {
        while (cache.Dirty.Oldest is { } file) WriteAll(file, 0, file.PageLimit);
        foreach (FileObject file in files.All)
        {
            if (file.IsAlive && file.NeedsFlush) _ = Flush(file);
        }
    }

    private Errno TakeError(OpenFileIndex open, FileObject file) =>
        ErrorSequence.Advance(ref file.WriteErrors, ref files[open].ReportedErrors);
}
