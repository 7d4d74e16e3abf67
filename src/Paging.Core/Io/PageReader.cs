using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Native;

namespace Paging.Core.Io;

/// <summary>Fills consecutive frames with pages of a file, in one call to the backing unless it returns less than requested.</summary>
/// <remarks>Linux: read_folio and readahead of a file system, as mpage_readahead (fs/mpage.c) does them.</remarks>
internal sealed class PageReader(PhysicalMemory ram, PageCache cache)
{
    /// <summary>Reads pages into frames. Bytes after the end of the file are zeros.</summary>
    /// <param name="file">A file with a backing.</param>
    /// <param name="page">The first page.</param>
    /// <param name="first">The first frame.</param>
    /// <param name="count">The number of pages to read.</param>
    /// <param name="wholeCount">The number of pages, from the first on, that were read completely.</param>
    /// <returns>The backing's error, after which only the first <paramref name="wholeCount"/> pages are valid.</returns>
    public Errno Read(FileObject file, FilePage page, FrameNumber first, uint count, out uint wholeCount)
    {
        Span<byte> bytes = ram.Bytes(first.Address, (int)(count << VirtualAddress.PageShift));
        long offset = page.ByteOffset;
        int wanted = (int)Math.Min(bytes.Length, file.ByteLength - offset);    // bytes beyond the end are zeros, whatever the backing has
        Errno error = ReadUpTo(file.Backing!, offset, bytes[..wanted], out int filled);
        if (error == Errno.None) bytes[filled..].Clear();
        wholeCount = error == Errno.None ? count : (uint)filled >> VirtualAddress.PageShift;
        cache.Counters.PagesRead += wholeCount;
        ram.Observers.Note(first, new(count));
        return error;
    }

    /// <summary>Reads until the span is full or the backing ends.</summary>
    public Errno ReadUpTo(IFileBacking backing, long offset, Span<byte> bytes, out int filled)
    {
        filled = 0;
        while (filled < bytes.Length)
        {
            Errno error = backing.Read(offset + filled, bytes[filled..], out int count);
            if (error != Errno.EAGAIN || backing is not ScopedBacking { IsAwaited: true }) cache.Counters.BackingReads++;
            if (error != Errno.None) return error;
            if (count == 0) return Errno.None;    // the backing is shorter than the file
            filled += count;
        }

        return Errno.None;
    }
}
