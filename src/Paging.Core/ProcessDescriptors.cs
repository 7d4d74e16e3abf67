using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>The file calls of a process, by descriptor.</summary>
/// <remarks>
/// Spans belong to the host and never fault. <see cref="ReadTo"/> and <see cref="WriteFrom"/> copy to and from the process's own memory.
/// All calls: EBADF for no such descriptor, or one not open for the call. EISDIR for a directory.
/// Linux: fs/read_write.c, fs/open.c, fs/sync.c.
/// </remarks>
public sealed class ProcessDescriptors
{
    private readonly CallerCheck _callers;
    private readonly OpenFileIo _io;
    private readonly OpenFileTable _openFiles;
    private readonly DescriptorTable _descriptors;
    private readonly AddressSpace _memory;

    internal ProcessDescriptors(CallerCheck callers, FileOperations calls, DescriptorTable descriptors, AddressSpace memory)
    {
        _callers = callers;
        _io = calls.Open;
        _openFiles = calls.OpenFiles;
        _descriptors = descriptors;
        _memory = memory;
    }

    /// <summary>The group that is charged for pages that a call brings into the cache.</summary>
    private FrameGroup Charged => _memory.Space.Group;

    /// <summary>Closes a descriptor, as close(2) does. Mappings stay, and write-back errors are not reported.</summary>
    public Errno Close(int descriptor)
    {
        using SlowPathHold hold = _memory.Hold();
        return _callers.Leave(_descriptors.Close(descriptor));
    }

    /// <summary>Reads at an offset, as pread(2) does. The position stays.</summary>
    /// <returns>EINVAL: a negative offset, or O_DIRECT and not aligned. EBADF, EISDIR, EIO, ENOMEM.</returns>
    public Errno Read(int descriptor, long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (offset < 0) return Errno.EINVAL;    // before the descriptor, as in ksys_pread64
        using SlowPathHold hold = _callers.Hold();
        if (!TryFind(descriptor, out OpenFileIndex open)) return Errno.EBADF;
        return _callers.Leave(_io.ReadAt(Charged, open, offset, destination, destination.Length, out byteCount));
    }

    /// <summary>Reads at the position and advances it, as read(2) does.</summary>
    /// <returns>As for reading at an offset.</returns>
    public Errno Read(int descriptor, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        using SlowPathHold hold = _callers.Hold();
        if (!TryFind(descriptor, out OpenFileIndex open)) return Errno.EBADF;
        return _callers.Leave(_io.Read(Charged, open, destination, out byteCount));
    }

    /// <summary>Reads into the process's memory, as read(2) does.</summary>
    /// <returns>EFAULT: no byte could be stored there. Success with fewer bytes if an error follows later.</returns>
    public Errno ReadTo(int descriptor, VirtualAddress destination, uint byteLength, out uint byteCount)
    {
        byteCount = 0;
        using SlowPathHold hold = _callers.Hold();
        Errno error = Errno.None;
        if (!TryFind(descriptor, out OpenFileIndex open, FileRights.Read)) return Errno.EBADF;    // before EFAULT. Linux: vfs_read
        if (RefusesDirect(open, destination, byteLength)) return Errno.EINVAL;
        Span<byte> page = stackalloc byte[Mmu.PageBytes];    // a copy may stop at any byte, and only copied ones move the position
        while (byteCount < byteLength)
        {
            ref long position = ref _openFiles[open].Position;
            int part = (int)Math.Min(byteLength - byteCount, Mmu.PageBytes - (position & VirtualAddress.OffsetMask));    // within a page
            // The rest as a whole is what the reader wants, for the read-ahead.
            error = _io.ReadAt(Charged, open, position, page[..part], byteLength - byteCount, out int read);
            int copied = _memory.Mmu.CopyIn(destination + byteCount, page[..read], out _);
            position += copied;
            byteCount += (uint)copied;
            if (copied < read) error = Errno.EFAULT;    // the rest was read, and the position stays before it
            if (error != Errno.None || read < part) break;    // the end of the file
        }

        return _callers.Leave(byteCount > 0 ? Errno.None : error);
    }

    /// <summary>Writes at an offset, as pwrite(2) does; with O_APPEND at the end of the file. The position stays.</summary>
    /// <returns>EFBIG: beyond the largest size. EBADF, EINVAL, EIO, ENOMEM.</returns>
    public Errno Write(int descriptor, long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        if (offset < 0) return Errno.EINVAL;    // before the descriptor, as in ksys_pwrite64
        using SlowPathHold hold = _callers.Hold();
        if (!TryFind(descriptor, out OpenFileIndex open)) return Errno.EBADF;
        return _callers.Leave(_io.WriteAt(Charged, open, ref offset, source, out byteCount));
    }

    /// <summary>Writes at the position, or with O_APPEND at the end of the file, and advances it, as write(2) does.</summary>
    /// <returns>As for writing at an offset.</returns>
    public Errno Write(int descriptor, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        using SlowPathHold hold = _callers.Hold();
        return TryFind(descriptor, out OpenFileIndex open) ? _callers.Leave(_io.Write(Charged, open, source, out byteCount)) : Errno.EBADF;
    }

    /// <summary>Writes from the process's memory, as write(2) does.</summary>
    /// <returns>EFAULT: no byte could be read there. Success with fewer bytes if an error follows later.</returns>
    public Errno WriteFrom(int descriptor, VirtualAddress source, uint byteLength, out uint byteCount)
    {
        byteCount = 0;
        using SlowPathHold hold = _callers.Hold();
        Errno error = Errno.None;
        if (!TryFind(descriptor, out OpenFileIndex open, FileRights.Write)) return Errno.EBADF;    // before EFAULT. Linux: vfs_write
        if (RefusesDirect(open, source, byteLength)) return Errno.EINVAL;
        Span<byte> page = stackalloc byte[Mmu.PageBytes];
        while (byteCount < byteLength)
        {
            ref long position = ref _openFiles[open].Position;
            int part = (int)Math.Min(byteLength - byteCount, Mmu.PageBytes - (position & VirtualAddress.OffsetMask));
            int copied = _memory.Mmu.CopyOut(source + byteCount, page[..part], out _);
            // Checks the bytes that fault, too: generic_perform_write.
            if (copied < part) error = _io.BeginWrite(Charged, open, position, part);
            if (error == Errno.None && copied == 0) error = Errno.EFAULT;
            if (error != Errno.None) break;
            error = _io.WriteAt(Charged, open, ref position, page[..copied], out copied);
            byteCount += (uint)copied;
            if (error != Errno.None || copied < part) break;    // a fault, or a device that takes no more
        }

        return _callers.Leave(byteCount > 0 ? Errno.None : error);
    }

    /// <summary>Moves the position, as lseek(2) does.</summary>
    /// <returns>EINVAL: unknown origin, or a negative position. EBADF.</returns>
    public Errno Seek(int descriptor, long offset, SeekOrigin origin, out long position)
    {
        position = -1;
        using SlowPathHold hold = _callers.Hold();
        return TryFind(descriptor, out OpenFileIndex open) ? _callers.Leave(_io.Seek(open, offset, origin, out position)) : Errno.EBADF;
    }

    /// <summary>Moves the position to the next data or hole, as lseek(2) does with SEEK_DATA and SEEK_HOLE.</summary>
    /// <returns>ENXIO: none from the offset on. EINVAL: another extent.</returns>
    public Errno SeekExtent(int descriptor, long offset, FileExtent wanted, out long position)
    {
        position = -1;
        using SlowPathHold hold = _callers.Hold();
        return TryFind(descriptor, out OpenFileIndex open)
            ? _callers.Leave(_io.SeekExtent(open, offset, wanted, out position)) : Errno.EBADF;
    }

    /// <summary>Returns the size of a file in bytes, as fstat(2) does. EBADF: no such descriptor.</summary>
    public Errno GetLength(int descriptor, out long byteLength)
    {
        using SlowPathHold hold = _callers.Hold();
        bool isOpen = TryFind(descriptor, out OpenFileIndex open);
        byteLength = isOpen ? _openFiles.ObjectOf(open).ByteLength : 0;
        return isOpen ? Errno.None : Errno.EBADF;
    }

    /// <summary>Returns the kind of a descriptor's file, as fstat(2) does. EBADF: no such descriptor.</summary>
    public Errno GetKind(int descriptor, out FileKind kind)
    {
        using SlowPathHold hold = _callers.Hold();
        bool isOpen = TryFind(descriptor, out OpenFileIndex open);
        kind = isOpen ? _openFiles.ObjectOf(open).Kind : default;
        return isOpen ? Errno.None : Errno.EBADF;
    }

    /// <summary>Truncates or extends a file, as ftruncate(2) does.</summary>
    /// <returns>EINVAL: a negative length, or not open for writing. EBADF: no such descriptor. EFBIG: too large.</returns>
    public Errno SetLength(int descriptor, long byteLength)
    {
        if (byteLength < 0) return Errno.EINVAL;    // before the descriptor, as in do_sys_ftruncate
        using SlowPathHold hold = _callers.Hold();
        return TryFind(descriptor, out OpenFileIndex open) ? _callers.Leave(_io.SetLength(Charged, open, byteLength)) : Errno.EBADF;
    }

    /// <summary>Reserves storage, punches a hole or zeroes a range, as fallocate(2) does.</summary>
    /// <returns>
    /// EINVAL, EOPNOTSUPP: as <see cref="AllocationChecks.Check"/>. EFBIG: too large. EOPNOTSUPP: the file or its backing cannot do it.
    /// </returns>
    public Errno Allocate(int descriptor, AllocationFlags flags, long offset, long byteLength)
    {
        using SlowPathHold hold = _callers.Hold();
        if (!TryFind(descriptor, out OpenFileIndex open)) return Errno.EBADF;
        return _callers.Leave(_io.Allocate(Charged, open, new(flags, offset, byteLength)));
    }

    /// <summary>Makes everything written durable, as fsync(2) does.</summary>
    /// <returns>EIO, ENOSPC: a write-back has failed since the last call on this open file. Each error is reported once.</returns>
    public Errno Synchronize(int descriptor)
    {
        using SlowPathHold hold = _callers.Hold();
        return TryFind(descriptor, out OpenFileIndex open) ? _callers.Leave(_io.Synchronize(open)) : Errno.EBADF;
    }

    /// <summary>Writes a range back, as sync_file_range(2) does; length 0 reaches to the end. Does not flush the device.</summary>
    /// <returns>EINVAL: unknown flags, or a negative range.</returns>
    public Errno SynchronizeRange(int descriptor, long offset, long byteLength, SyncRangeFlags flags)
    {
        using SlowPathHold hold = _callers.Hold();
        if (!TryFind(descriptor, out OpenFileIndex open)) return Errno.EBADF;
        return _callers.Leave(_io.SynchronizeRange(open, offset, byteLength, flags));
    }

    /// <summary>Takes a hint about a range, as posix_fadvise(2) does; length 0 reaches to the end.</summary>
    /// <returns>EINVAL: unknown advice, or a negative length.</returns>
    public Errno Advise(int descriptor, long offset, long byteLength, FileAdvice advice)
    {
        using SlowPathHold hold = _callers.Hold();
        if (!TryFind(descriptor, out OpenFileIndex open)) return Errno.EBADF;
        return _callers.Leave(_io.Advise(Charged, open, offset, byteLength, advice));
    }

    /// <summary>Reads a range into the page cache, as readahead(2) does.</summary>
    /// <returns>EBADF: not open for reading. EINVAL: a directory.</returns>
    public Errno ReadAhead(int descriptor, long offset, uint byteLength)
    {
        using SlowPathHold hold = _callers.Hold();
        return TryFind(descriptor, out OpenFileIndex open) ? _callers.Leave(_io.ReadAhead(Charged, open, offset, byteLength)) : Errno.EBADF;
    }

    /// <summary>True if a transfer with O_DIRECT has a buffer that no block device accepts. ReadAt and WriteAt see another one.</summary>
    /// <remarks>Linux: bdev_iter_is_aligned. An empty transfer succeeds before (ext4_file_read_iter), and tmpfs has no such rule.</remarks>
    private bool RefusesDirect(OpenFileIndex open, VirtualAddress buffer, uint byteLength) =>
        byteLength != 0 && _openFiles[open].Has(OpenFlags.Direct) && !_openFiles.ObjectOf(open).IsMemory
        && !DirectIo.IsAligned(buffer.Value, 0);

    private bool TryFind(int descriptor, out OpenFileIndex open, FileRights rights = FileRights.None)
    {
        _memory.Enter();
        return _descriptors.TryGet(descriptor, out open) && (_openFiles[open].Rights & rights) == rights;
    }
}
