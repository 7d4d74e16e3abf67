using Paging.Native;

namespace Paging.Core;

/// <summary>Brings dirty pages to their backing, in the order of their offsets.</summary>
/// <remarks>Linux: mm/page-writeback.c write_cache_pages, folio_clear_dirty_for_io; mm/rmap.c folio_mkclean.</remarks>
internal sealed class Writeback(PagingEngine engine)
{
    /// <summary>fsync(2) of a part of a file: writes what is dirty, makes it durable, and reports what went wrong since this open file last asked.</summary>
    public Errno Synchronize(OpenFileIndex open, uint firstPage, uint pageCount)
    {
        FileObject file = engine.Files.ObjectOf(open);
        if (file.Backing is not { } backing) return Errno.None;
        ulong end = (ulong)firstPage + pageCount;
        uint from = firstPage;
        while (engine.Cache.Forest.TryNextTagged(in file.Pages, from, FileObject.DirtyTag, out uint page, out uint frame) && page < end)
        {
            Errno error = WritePage(file, backing, page, new(frame));
            if (error != Errno.None) Remember(file, error);
            if (page == uint.MaxValue) break;
            from = page + 1;
        }

        Errno flushed = backing.Flush();
        if (flushed != Errno.None) Remember(file, flushed);
        return TakeError(open, file);
    }

    /// <summary>An error is seen once by each open file. Linux: errseq_check_and_advance.</summary>
    private Errno TakeError(OpenFileIndex open, FileObject file)
    {
        ref OpenFile record = ref engine.Files[open];
        if (record.ReportedError == file.ErrorSequence) return Errno.None;
        record.ReportedError = file.ErrorSequence;
        return file.LastError;
    }

    private static void Remember(FileObject file, Errno error)
    {
        file.ErrorSequence++;
        file.LastError = error;
    }

    private Errno WritePage(FileObject file, IFileBacking backing, uint page, FrameNumber frame)
    {
        MakeReadOnly(file, page, frame);    // a write from now on is noticed and makes it dirty again
        engine.Cache.Forest.ClearTag(ref file.Pages, page, FileObject.DirtyTag);
        long offset = (long)page << 12;
        int wanted = (int)Math.Min(4096, file.ByteLength - offset);
        ReadOnlySpan<byte> bytes = engine.Ram.Bytes(frame)[..wanted];
        while (!bytes.IsEmpty)
        {
            Errno error = backing.Write(offset, bytes, out int count);
            if (error == Errno.None && count == 0) error = Errno.EIO;
            if (error != Errno.None) return error;
            bytes = bytes[count..];
            offset += count;
        }

        return Errno.None;
    }

    private void MakeReadOnly(FileObject file, uint page, FrameNumber frame)
    {
        if (engine.Frames[frame].MapCount == 0) return;
        for (AreaIndex index = file.FirstArea; index.IsSome;)
        {
            ref Area area = ref engine.AreaSlab[index.Value];
            index = area.FileNext;
            if (!area.Has(AreaFlags.Shared) || page - area.PageOffset >= area.Count.Value) continue;
            PageNumber mapped = area.First + new PageCount(page - area.PageOffset);
            PageTables tables = engine.SpaceOf(area.Space).Tables;
            PageTableEntry entry = tables.Read(mapped);
            if (entry.IsPresent && entry.Frame == frame) tables.Store(mapped, entry.WithoutWritable().WithoutDirty());
        }
    }
}
