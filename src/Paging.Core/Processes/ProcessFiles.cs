namespace Paging.Core;

/// <summary>The file calls of a process, by descriptor.</summary>
/// <remarks>Linux: fs/read_write.c, fs/open.c. Buffers are the host's: these calls never fault.</remarks>
public sealed class ProcessFiles
{
    private readonly PagingEngine _engine;
    private readonly DescriptorTable _descriptors;

    internal ProcessFiles(PagingEngine engine, DescriptorTable descriptors)
    {
        _engine = engine;
        _descriptors = descriptors;
    }

    /// <summary>close(2). Mappings survive. EBADF: no such descriptor.</summary>
    public Errno Close(int descriptor)
    {
        _engine.EnterSlowPath();
        return _descriptors.Close(descriptor);
    }

    /// <summary>pread(2). EBADF: not open for reading; EINVAL: a negative offset; EISDIR: a directory; EIO: the backing failed.</summary>
    public Errno Read(int descriptor, long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (offset < 0) return Errno.EINVAL;
        if (!TryGet(descriptor, FileRights.Read, out FileObject? file)) return Errno.EBADF;
        return file!.Kind == FileKind.Directory ? Errno.EISDIR : _engine.FileIo.Read(file, offset, destination, out byteCount);
    }

    /// <summary>pwrite(2). EBADF: not open for writing; EINVAL: a negative offset; EFBIG: beyond the largest size; EIO: the backing failed.</summary>
    public Errno Write(int descriptor, long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        if (offset < 0) return Errno.EINVAL;
        return TryGet(descriptor, FileRights.Write, out FileObject? file) ? _engine.FileIo.Write(file!, offset, source, out byteCount) : Errno.EBADF;
    }

    /// <summary>ftruncate(2). EINVAL: a negative length, or not open for writing; EBADF: no such descriptor; EFBIG: too large.</summary>
    public Errno SetLength(int descriptor, long byteLength)
    {
        if (byteLength < 0) return Errno.EINVAL;
        if (!TryGet(descriptor, FileRights.None, out _)) return Errno.EBADF;
        return TryGet(descriptor, FileRights.Write, out FileObject? file) ? _engine.FileSizes.SetLength(file!, byteLength) : Errno.EINVAL;
    }

    /// <summary>fallocate(2) with FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE. EINVAL: a negative offset or no length; EBADF: not open for writing.</summary>
    public Errno PunchHole(int descriptor, long offset, long byteLength)
    {
        if (offset < 0 || byteLength <= 0) return TryGet(descriptor, FileRights.None, out _) ? Errno.EINVAL : Errno.EBADF;
        return TryGet(descriptor, FileRights.Write, out FileObject? file) ? _engine.FileSizes.PunchHole(file!, offset, byteLength) : Errno.EBADF;
    }

    /// <summary>fsync(2): returns when what was written is durable. EIO: something was not, since this open file last asked; said once.</summary>
    public Errno Synchronize(int descriptor)
    {
        _engine.EnterSlowPath();
        return _descriptors.TryGet(descriptor, out OpenFileIndex open) ? _engine.Writeback.Synchronize(open, 0, uint.MaxValue) : Errno.EBADF;
    }

    private bool TryGet(int descriptor, FileRights rights, out FileObject? file)
    {
        _engine.EnterSlowPath();
        file = null;
        if (!_descriptors.TryGet(descriptor, out OpenFileIndex open) || (_engine.Files[open].Rights & rights) != rights) return false;
        file = _engine.Files.ObjectOf(open);
        return true;
    }
}
