using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;

namespace Paging.Core.Io;

/// <summary>Implements read(2) and write(2) with O_DIRECT: bypasses the page cache and stays coherent with it.</summary>
/// <remarks><code>
///   read    writes dirty pages of the range back, then reads from the backing
///   write   writes them back as well, then drops the range from the cache and from every mapping; private copies stay
/// </code>
/// Offsets and lengths are multiples of 512. A file in memory has no backing to go to: it is read and written as usual, at any offset
/// (Linux: tmpfs, 6.6: shmem_file_read_iter, shmem_file_write_iter).
/// Linux: mm/filemap.c generic_file_read_iter, generic_file_direct_write, kiocb_invalidate_pages.
/// </remarks>
internal sealed class DirectIo(
    PageCache cache, FileMappings mappings, FileWriteback writeback, PageReader reader, FileIo fileIo, FileSizes sizes)
{
    private const int Alignment = 512;    // logical_block_size

    /// <summary>Reads from the backing into the caller's span.</summary>
    /// <returns>EINVAL: not aligned. EIO and others: the backing failed in this read or in writing the range back.</returns>
    public Errno Read(FrameGroup charged, FileObject file, ref ReadAheadState state, long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (destination.IsEmpty) return Errno.None;    // at any offset, and nothing is written back. Linux: ext4_file_read_iter
        if (file.IsMemory) return fileIo.Read(charged, file, ref state, offset, destination, destination.Length, out byteCount);
        if (!IsAligned(offset, destination.Length)) return Errno.EINVAL;
        if (offset >= file.ByteLength) return Errno.None;
        Errno error = WriteOut(file, offset, destination.Length);
        if (error != Errno.None) return error;

        Span<byte> wanted = destination[..(int)Math.Min(destination.Length, file.ByteLength - offset)];
        error = reader.ReadUpTo(file.Backing!, offset, wanted, out int filled);
        if (error != Errno.None && filled == 0) return error;    // a part that was read counts more than the error after it
        if (error == Errno.None) wanted[filled..].Clear();    // the file has grown and its backing is still shorter
        byteCount = error == Errno.None ? wanted.Length : filled;
        return Errno.None;
    }

    /// <summary>Writes the caller's bytes to the backing.</summary>
    /// <returns>As <see cref="Read"/>. EFBIG: beyond the largest size. Success with fewer bytes if the backing fails after some.</returns>
    public Errno Write(FrameGroup charged, FileObject file, long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        if (source.IsEmpty) return Errno.None;    // Linux: generic_write_checks
        if (file.IsMemory) return fileIo.Write(charged, file, offset, source, out byteCount);
        if (!IsAligned(offset, source.Length)) return Errno.EINVAL;
        if (offset > FileSizes.ByteLengthMax - source.Length) return Errno.EFBIG;
        Errno error = WriteOut(file, offset, source.Length);
        if (error != Errno.None) return error;

        if (offset > file.ByteLength) sizes.ZeroBeyondEnd(charged, file);    // stores of mappings after the old end must not appear
        FilePageRange written = FilePageRange.Touching(offset, source.Length);
        mappings.Unmap(file, written, alsoPrivateCopies: false);    // before Drop, which requires it
        cache.Drop(file, written);
        error = fileIo.Send(file, offset, source, out byteCount);
        if (byteCount > 0) file.ByteLength = Math.Max(file.ByteLength, offset + byteCount);
        return byteCount > 0 ? Errno.None : error;
    }

    /// <summary>Returns true if a block device accepts the offset and the length.</summary>
    public static bool IsAligned(long offset, int byteLength) => offset >= 0 && ((offset | (uint)byteLength) & (Alignment - 1)) == 0;

    /// <summary>Writes the range back and waits. fsync still reports an error that this call returns.</summary>
    /// <remarks>Linux: filemap_write_and_wait_range.</remarks>
    private Errno WriteOut(FileObject file, long offset, int byteLength) =>
        writeback.WriteAll(file, FilePageRange.Touching(offset, byteLength)) ? Errno.None : file.WriteErrors.Last;
}
