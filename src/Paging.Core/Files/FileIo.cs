using Paging.Native;

namespace Paging.Core;

/// <summary>read(2) and write(2): all regular file I/O happens through the page cache.</summary>
/// <remarks>Linux: mm/filemap.c filemap_read, generic_perform_write. A single byte brings the whole 4 KiB page.</remarks>
internal sealed class FileIo(PagingEngine engine)
{
    /// <summary>Copies bytes of a file out; fewer at its end.</summary>
    /// <returns>EIO: the backing failed before any byte was copied; ENOMEM: no frame. After some bytes: success with fewer.</returns>
    public Errno Read(FileObject file, long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (offset < 0) return Errno.EINVAL;
        while (byteCount < destination.Length && offset < file.ByteLength)
        {
            int inPage = (int)(offset & 0xFFF);
            int part = (int)Math.Min(Math.Min(4096 - inPage, destination.Length - byteCount), file.ByteLength - offset);
            if (file.IsMemory && !engine.Cache.TryFind(file, (uint)(offset >> 12), out _))
            {
                destination.Slice(byteCount, part).Clear();    // a hole is read without being filled
            }
            else
            {
                Errno error = engine.Cache.FindOrFill(file, (uint)(offset >> 12), out FrameNumber frame, out _);
                if (error != Errno.None) return byteCount > 0 ? Errno.None : error;
                engine.Ram.Bytes(frame).Slice(inPage, part).CopyTo(destination[byteCount..]);
            }

            byteCount += part;
            offset += part;
        }

        return Errno.None;
    }

    /// <summary>Copies bytes into a file, making it longer as needed; the pages are dirty afterwards and written back later.</summary>
    /// <returns>EFBIG: beyond the largest size; ENOMEM, EIO: as in <see cref="Read"/>.</returns>
    public Errno Write(FileObject file, long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        if (offset < 0) return Errno.EINVAL;
        if (source.IsEmpty) return Errno.None;
        if (offset >= FileSizes.ByteLengthMax) return Errno.EFBIG;
        int wanted = (int)Math.Min(source.Length, FileSizes.ByteLengthMax - offset);
        while (byteCount < wanted)
        {
            int inPage = (int)(offset & 0xFFF);
            int part = Math.Min(4096 - inPage, wanted - byteCount);
            Errno error = TakePage(file, offset, inPage, part, out FrameNumber frame);
            if (error != Errno.None) return byteCount > 0 ? Errno.None : error;
            source.Slice(byteCount, part).CopyTo(engine.Ram.Bytes(frame)[inPage..]);
            byteCount += part;
            offset += part;
            if (offset > file.ByteLength) file.ByteLength = offset;
            engine.Cache.MarkDirty(file, (uint)((offset - 1) >> 12));
        }

        return Errno.None;
    }

    /// <summary>The page to write into; what of it is not overwritten is read first, unless it lies beyond the end.</summary>
    private Errno TakePage(FileObject file, long offset, int inPage, int part, out FrameNumber frame)
    {
        uint page = (uint)(offset >> 12);
        bool overwritten = part == 4096 || page >= file.PageLimit || (inPage == 0 && offset + part >= file.ByteLength);
        if (!overwritten) return engine.Cache.FindOrFill(file, page, out frame, out _);
        return engine.Cache.TryFindOrCreateForOverwrite(file, page, out frame) ? Errno.None : Errno.ENOMEM;
    }
}
