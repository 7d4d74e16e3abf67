using Paging.Core.Accounting;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core;

/// <summary>The file calls of a process, by descriptor.</summary>
/// <remarks>
/// Spans are the host's and never fault; <see cref="ReadTo"/> and <see cref="WriteFrom"/> copy to and from the process's own memory.
/// EBADF: no such descriptor, or not open for it. EISDIR: a directory. Linux: fs/read_write.c, fs/open.c, fs/sync.c.
/// </remarks>
public sealed class ProcessFiles
{
    private readonly ThreadGuard _guard;
    private readonly FrameLists _lists;
    private readonly OpenFileIo _io;
    private readonly OpenFileTable _openFiles;
    private readonly DescriptorTable _descriptors;
    private readonly AddressSpace _memory;

    internal ProcessFiles(ThreadGuard guard, FrameLists lists, FileCalls calls, DescriptorTable descriptors, AddressSpace memory)
    {
        _guard = guard;
        _lists = lists;
        _io = calls.Open;
        _openFiles = calls.OpenFiles;
        _descriptors = descriptors;
        _memory = memory;
    }

    /// <summary>close(2). Mappings survive; an error of write-back is not told here. EBADF.</summary>
    public Errno Close(int descriptor)
    {
        _guard.Enter();
        return _descriptors.Close(descriptor);
    }

    /// <summary>pread(2): the position stays. EINVAL: a negative offset, or O_DIRECT and not aligned; EBADF, EISDIR, EIO, ENOMEM.</summary>
    public Errno Read(int descriptor, long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (offset < 0) return Errno.EINVAL;    // before the descriptor, as in ksys_pread64
        Errno error = Find(descriptor, out OpenFileIndex open);
        return error != Errno.None ? error : _io.ReadAt(open, offset, destination, destination.Length, out byteCount);
    }

    /// <summary>read(2): from the position, which goes along. Errors as for pread.</summary>
    public Errno Read(int descriptor, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        Errno error = Find(descriptor, out OpenFileIndex open);
        return error != Errno.None ? error : _io.Read(open, destination, out byteCount);
    }

    /// <summary>read(2) into the process's memory. EFAULT: not a byte could be stored there; after some bytes: success with fewer.</summary>
    public Errno ReadTo(int descriptor, VirtualAddress destination, uint byteLength, out uint byteCount)
    {
        byteCount = 0;
        Errno error = Find(descriptor, FileRights.Read, out OpenFileIndex open);
        if (error != Errno.None) return error;
        if (_openFiles[open].Has(OpenFlags.Direct) && !DirectIo.IsAligned(destination.Value, 0)) return Errno.EINVAL;
        Span<byte> page = stackalloc byte[4096];
        while (byteCount < byteLength)
        {
            ref long position = ref _openFiles[open].Position;
            int part = (int)Math.Min(byteLength - byteCount, 4096 - (position & 0xFFF));
            error = _io.ReadAt(open, position, page[..part], byteLength - byteCount, out int read);
            int copied = _memory.Mmu.CopyIn(destination + byteCount, page[..read], out _);
            position += copied;
            byteCount += (uint)copied;
            if (copied < read) error = Errno.EFAULT;
            if (error != Errno.None || read < part) break;
        }

        return byteCount > 0 ? Errno.None : error;
    }

    /// <summary>pwrite(2): the position stays; O_APPEND writes at the end all the same. EFBIG: beyond the largest size; EBADF, EINVAL, EIO, ENOMEM.</summary>
    public Errno Write(int descriptor, long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        if (offset < 0) return Errno.EINVAL;    // before the descriptor, as in ksys_pwrite64
        Errno error = Find(descriptor, out OpenFileIndex open);
        return error != Errno.None ? error : _io.WriteAt(open, ref offset, source, out byteCount);
    }

    /// <summary>write(2): at the position, which goes along; with O_APPEND at the end of the file. Errors as for pwrite.</summary>
    public Errno Write(int descriptor, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        Errno error = Find(descriptor, out OpenFileIndex open);
        return error != Errno.None ? error : _io.Write(open, source, out byteCount);
    }

    /// <summary>write(2) from the process's memory. EFAULT: not a byte could be read there; after some bytes: success with fewer.</summary>
    public Errno WriteFrom(int descriptor, VirtualAddress source, uint byteLength, out uint byteCount)
    {
        byteCount = 0;
        Errno error = Find(descriptor, FileRights.Write, out OpenFileIndex open);
        if (error != Errno.None) return error;
        if (_openFiles[open].Has(OpenFlags.Direct) && !DirectIo.IsAligned(source.Value, 0)) return Errno.EINVAL;
        Span<byte> page = stackalloc byte[4096];
        while (byteCount < byteLength)
        {
            ref long position = ref _openFiles[open].Position;
            int part = (int)Math.Min(byteLength - byteCount, 4096 - (position & 0xFFF));
            int copied = _memory.Mmu.CopyOut(source + byteCount, page[..part], out _);
            if (copied == 0) error = Errno.EFAULT;
            else error = _io.WriteAt(open, ref position, page[..copied], out copied);
            byteCount += (uint)copied;
            if (error != Errno.None || copied < part) break;
        }

        return byteCount > 0 ? Errno.None : error;
    }

    /// <summary>lseek(2). EINVAL: unknown origin, or to a negative place; EBADF.</summary>
    public Errno Seek(int descriptor, long offset, SeekOrigin origin, out long position)
    {
        position = -1;
        Errno error = Find(descriptor, out OpenFileIndex open);
        return error != Errno.None ? error : _io.Seek(open, offset, origin, out position);
    }

    /// <summary>ftruncate(2). EINVAL: a negative length, or not open for writing; EBADF: no such descriptor; EFBIG: too large.</summary>
    public Errno SetLength(int descriptor, long byteLength)
    {
        if (byteLength < 0) return Errno.EINVAL;    // before the descriptor, as in do_sys_ftruncate
        Errno error = Find(descriptor, out OpenFileIndex open);
        return error != Errno.None ? error : _io.SetLength(open, byteLength);
    }

    /// <summary>fallocate(2) with FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE. EINVAL: a negative offset or no length; EBADF: not open for writing.</summary>
    public Errno PunchHole(int descriptor, long offset, long byteLength)
    {
        Errno error = Find(descriptor, out OpenFileIndex open);
        return error != Errno.None ? error : _io.PunchHole(open, offset, byteLength);
    }

    /// <summary>fsync(2): returns when what was written is durable. EIO, ENOSPC: something was not, since this open file last asked; said once.</summary>
    public Errno Synchronize(int descriptor)
    {
        Errno error = Find(descriptor, out OpenFileIndex open);
        return error != Errno.None ? error : _io.Synchronize(open);
    }

    /// <summary>fdatasync(2): as fsync; there is no metadata beyond the length, which it needs as well.</summary>
    public Errno SynchronizeData(int descriptor) => Synchronize(descriptor);

    /// <summary>sync_file_range(2): sends off and waits, but promises nothing about the device. Length 0: to the end. EINVAL: flags, or a negative range.</summary>
    public Errno SynchronizeRange(int descriptor, long offset, long byteLength, SyncRangeFlags flags)
    {
        Errno error = Find(descriptor, out OpenFileIndex open);
        return error != Errno.None ? error : _io.SynchronizeRange(open, offset, byteLength, flags);
    }

    /// <summary>posix_fadvise(2). Length 0: to the end. EINVAL: unknown advice, or a negative length.</summary>
    public Errno Advise(int descriptor, long offset, long byteLength, FileAdvice advice)
    {
        Errno error = Find(descriptor, out OpenFileIndex open);
        return error != Errno.None ? error : _io.Advise(open, offset, byteLength, advice);
    }

    /// <summary>readahead(2). EBADF: not open for reading; EINVAL: a directory.</summary>
    public Errno ReadAhead(int descriptor, long offset, uint byteLength)
    {
        Errno error = Find(descriptor, out OpenFileIndex open);
        return error != Errno.None ? error : _io.ReadAhead(open, offset, byteLength);
    }

    private Errno Find(int descriptor, out OpenFileIndex open) => Find(descriptor, FileRights.None, out open);

    private Errno Find(int descriptor, FileRights rights, out OpenFileIndex open)
    {
        _guard.Enter();
        _lists.Current = _memory.Space.Group;
        return _descriptors.TryGet(descriptor, out open) && (_openFiles[open].Rights & rights) == rights ? Errno.None : Errno.EBADF;
    }
}
