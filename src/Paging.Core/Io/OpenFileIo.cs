using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Native;

namespace Paging.Core.Io;

/// <summary>Reads and writes open files: the one place for the rules of positions, O_APPEND, O_DIRECT and seals.</summary>
/// <remarks>Linux: fs/read_write.c, fs/open.c, fs/sync.c; generic_write_checks for O_APPEND; mm/shmem.c for seals.</remarks>
internal sealed class OpenFileIo(
    OpenFileTable files, FileIo buffered, DirectIo direct, FileSizes sizes, FileHints hints, FileWriteback writeback)
{
    /// <summary>Reads at an offset; the position stays.</summary>
    /// <returns>
    /// EBADF: not open for reading; EINVAL: a negative offset, or an end beyond the largest offset; EISDIR: a directory; errors of reading.
    /// </returns>
    public Errno ReadAt(FrameGroup charged, OpenFileIndex open, long offset, Span<byte> destination, long wanted, out int byteCount)
    {
        byteCount = 0;
        ref OpenFile record = ref files[open];
        if (offset < 0) return Errno.EINVAL;    // before the descriptor's rights: ksys_pread64
        if ((record.Rights & FileRights.Read) == 0) return Errno.EBADF;
        if (offset > long.MaxValue - wanted) return Errno.EINVAL;    // rw_verify_area
        FileObject file = files.ObjectOf(open);
        if (file.Kind == FileKind.Directory) return Errno.EISDIR;
        if (file.Kind == FileKind.Device) return Errno.EINVAL;    // it has no read. Linux: FMODE_CAN_READ
        return record.Has(OpenFlags.Direct) && !file.IsHuge
            ? direct.Read(charged, file, ref record.ReadAhead, offset, destination, out byteCount)
            : buffered.Read(charged, file, ref record.ReadAhead, offset, destination, wanted, out byteCount);
    }

    /// <summary>Reads at the position and moves it.</summary>
    public Errno Read(FrameGroup charged, OpenFileIndex open, Span<byte> destination, out int byteCount)
    {
        Errno error = ReadAt(charged, open, files[open].Position, destination, destination.Length, out byteCount);
        files[open].Position += byteCount;
        return error;
    }

    /// <summary>Writes at an offset, which moves along; with O_APPEND at the end of the file. EPERM: a seal forbids it.</summary>
    /// <remarks>O_APPEND moves the offset before the seals are checked: generic_write_checks precedes shmem_write_begin.</remarks>
    public Errno WriteAt(FrameGroup charged, OpenFileIndex open, ref long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        int wanted = source.Length;
        Errno error = CheckWrite(open, ref offset, ref wanted, out FileObject file);
        if (error != Errno.None || wanted == 0) return error;
        source = source[..wanted];
        error = files[open].Has(OpenFlags.Direct)
            ? direct.Write(charged, file, offset, source, out byteCount)
            : buffered.Write(charged, file, offset, source, out byteCount);
        offset += byteCount;
        return error;
    }

    /// <summary>Writes no byte at an offset, since the first of some cannot be read. See <see cref="FileIo.BeginWrite"/>.</summary>
    /// <returns>As <see cref="WriteAt"/>: errors that precede the EFAULT of the caller.</returns>
    public Errno BeginWrite(FrameGroup charged, OpenFileIndex open, long offset, int byteLength)
    {
        Errno error = CheckWrite(open, ref offset, ref byteLength, out FileObject file);
        bool isCached = file.IsMemory || !files[open].Has(OpenFlags.Direct);
        return error == Errno.None && byteLength > 0 && isCached ? buffered.BeginWrite(charged, file, offset) : error;
    }

    private Errno CheckWrite(OpenFileIndex open, ref long offset, ref int byteLength, out FileObject file)
    {
        file = files.ObjectOf(open);
        ref OpenFile record = ref files[open];
        if (offset < 0) return Errno.EINVAL;    // before the descriptor's rights: ksys_pwrite64
        if ((record.Rights & FileRights.Write) == 0) return Errno.EBADF;
        if (offset > long.MaxValue - byteLength) return Errno.EINVAL;    // rw_verify_area
        if (file.Kind >= FileKind.Device) return Errno.EINVAL;    // hugetlbfs has no write_iter
        if (byteLength == 0) return Errno.None;    // generic_write_checks; O_APPEND moves nothing
        if (record.Has(OpenFlags.Append)) offset = file.ByteLength;
        return file.CheckWrite(offset, ref byteLength);
    }

    /// <summary>Writes at the position and moves it.</summary>
    public Errno Write(FrameGroup charged, OpenFileIndex open, ReadOnlySpan<byte> source, out int byteCount) =>
        WriteAt(charged, open, ref files[open].Position, source, out byteCount);

    /// <summary>lseek(2). EINVAL: unknown origin, or a position that is negative or too large.</summary>
    public Errno Seek(OpenFileIndex open, long offset, SeekOrigin origin, out long position)
    {
        position = -1;
        ref OpenFile record = ref files[open];
        long from = origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => record.Position,
            SeekOrigin.End => files.ObjectOf(open).ByteLength,
            _ => -1,
        };
        long byteLengthMax = files.ObjectOf(open).IsMemory ? long.MaxValue : FileSizes.ByteLengthMax;
        if (from < 0 || offset < -from || offset > byteLengthMax - from) return Errno.EINVAL;    // no sum, which could overflow
        position = record.Position = from + offset;
        return Errno.None;
    }

    /// <summary>lseek(2) with SEEK_DATA or SEEK_HOLE. ENXIO: none from the offset on.</summary>
    /// <remarks>
    /// The backing decides if it has every byte. A file with dirty pages, or with a backing that cannot answer, is all data, as in
    /// generic_file_llseek_size; so is one of huge pages. Of shared memory, a page that was never used is a hole.
    /// </remarks>
    public Errno SeekExtent(OpenFileIndex open, long offset, FileExtent wanted, out long position)
    {
        position = -1;
        if (wanted is not (FileExtent.Data or FileExtent.Hole)) return Errno.EINVAL;
        FileObject file = files.ObjectOf(open);
        Errno error = Errno.EOPNOTSUPP;
        if (file.Kind is FileKind.Memory or FileKind.SharedAnonymous) error = buffered.SeekExtent(file, offset, wanted, out position);
        else if (file.Backing is { } backing && file.DirtyCount == 0) error = backing.FindExtent(offset, wanted, out position);
        if (error == Errno.EOPNOTSUPP)
        {
            if (offset < 0 || offset >= file.ByteLength) return Errno.ENXIO;
            position = wanted == FileExtent.Data ? offset : file.ByteLength;
            error = Errno.None;
        }

        if (error == Errno.None) files[open].Position = position;
        return error;
    }

    /// <summary>ftruncate(2). EINVAL: a negative length, or not open for writing; EPERM: a seal forbids it; EFBIG: too large.</summary>
    public Errno SetLength(FrameGroup charged, OpenFileIndex open, long byteLength)
    {
        if (byteLength < 0 || (files[open].Rights & FileRights.Write) == 0) return Errno.EINVAL;
        FileObject file = files.ObjectOf(open);
        Errno error = file.CheckLength(byteLength);
        return error != Errno.None ? error : sizes.SetLength(charged, file, byteLength);
    }

    /// <summary>
    /// fallocate(2). EINVAL, EOPNOTSUPP: as <see cref="FileAllocation.Check"/>; EBADF: not open for writing; EFBIG: too large; EPERM: a
    /// seal forbids it; EOPNOTSUPP: the file or its backing cannot do it; the backing's error.
    /// </summary>
    /// <remarks>
    /// F_SEAL_GROW forbids any range that ends beyond the file, even with KEEP_SIZE, and memory has no ZERO_RANGE (shmem_fallocate).
    /// COLLAPSE_RANGE and INSERT_RANGE check the range before they are refused, as ext4 does, which can do them.
    /// </remarks>
    public Errno Allocate(FrameGroup charged, OpenFileIndex open, in FileAllocation request)
    {
        const AllocationFlags unsupported = AllocationFlags.CollapseRange | AllocationFlags.InsertRange | AllocationFlags.UnshareRange
            | AllocationFlags.WriteZeroes;
        Errno error = request.Check();
        if (error != Errno.None) return error;
        if ((files[open].Rights & FileRights.Write) == 0) return Errno.EBADF;
        FileObject file = files.ObjectOf(open);
        long byteLengthMax = file.IsMemory ? long.MaxValue : FileSizes.ByteLengthMax;
        if (request.Offset > byteLengthMax - request.ByteLength) return Errno.EFBIG;    // before the file system's own EOPNOTSUPP
        if (request.Has(AllocationFlags.CollapseRange | AllocationFlags.InsertRange) && !file.IsMemory)
            return FitsShift(file, request) ? Errno.EOPNOTSUPP : Errno.EINVAL;
        if (request.Has(unsupported) || (file.IsMemory && request.Has(AllocationFlags.ZeroRange))) return Errno.EOPNOTSUPP;
        if (request.Has(AllocationFlags.PunchHole))
            return file.ForbidsWriting ? Errno.EPERM : sizes.PunchHole(charged, file, request.Offset, request.ByteLength);
        if (request.End > file.ByteLength && file.Has(FileSeals.Grow)) return Errno.EPERM;
        error = sizes.Allocate(charged, file, request);
        if (error != Errno.None || !request.Has(AllocationFlags.ZeroRange)) return error;
        return sizes.PunchHole(charged, file, request.Offset, request.ByteLength);
    }

    /// <summary>True if a range can be taken out, or put in, before the end. Linux: ext4_collapse_range, ext4_insert_range.</summary>
    private static bool FitsShift(FileObject file, in FileAllocation request) =>
        ((request.Offset | request.ByteLength) & VirtualAddress.OffsetMask) == 0
            && (request.Has(AllocationFlags.CollapseRange) ? request.End : request.Offset) < file.ByteLength;

    /// <summary>fsync(2).</summary>
    public Errno Synchronize(OpenFileIndex open) => writeback.Synchronize(open, FilePageRange.All);

    /// <summary>sync_file_range(2). Length 0: to the end. EINVAL: unknown flags, or a negative range.</summary>
    public Errno SynchronizeRange(OpenFileIndex open, long offset, long byteLength, SyncRangeFlags flags)
    {
        const SyncRangeFlags known = SyncRangeFlags.WaitBefore | SyncRangeFlags.Write | SyncRangeFlags.WaitAfter;
        if ((flags & ~known) != 0 || offset < 0 || byteLength < 0 || offset > long.MaxValue - byteLength) return Errno.EINVAL;
        FilePage first = new((uint)Math.Min(offset >> VirtualAddress.PageShift, uint.MaxValue));    // no page has a higher number
        ulong end = byteLength == 0 ? ulong.MaxValue : ((ulong)(offset + byteLength - 1) >> VirtualAddress.PageShift) + 1;
        return writeback.SynchronizeRange(open, new(first, end), flags);
    }

    /// <summary>posix_fadvise(2). Length 0: to the end. EINVAL: unknown advice, or a negative length.</summary>
    public Errno Advise(FrameGroup charged, OpenFileIndex open, long offset, long byteLength, FileAdvice advice) =>
        hints.Advise(charged, open, offset, byteLength, advice);

    /// <summary>readahead(2). EBADF: not open for reading; EINVAL: a directory.</summary>
    public Errno ReadAhead(FrameGroup charged, OpenFileIndex open, long offset, long byteLength)
    {
        if ((files[open].Rights & FileRights.Read) == 0) return Errno.EBADF;
        if (files.ObjectOf(open).Kind == FileKind.Directory) return Errno.EINVAL;
        return Advise(charged, open, offset, byteLength, FileAdvice.WillNeed);
    }
}
