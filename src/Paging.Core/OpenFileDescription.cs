using System.Diagnostics;
using Paging.Core.Files;
using Paging.Core.Io;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>An open file that belongs to no process: rights, flags and a position in a file. Linux: struct file.</summary>
/// <remarks>
/// For an embedder that keeps descriptors of its own. Its frames are charged to the group of the process that called the engine last.
/// Mappings survive <see cref="Dispose"/>; every other use of a disposed open file throws <see cref="ObjectDisposedException"/>.
/// </remarks>
[DebuggerDisplay("{File.Name}")]
public sealed class OpenFileDescription : IDisposable
{
    private readonly CallerCheck _callers;
    private readonly OpenFileTable _files;
    private readonly OpenFileIo _io;
    private readonly OpenFileIndex _index;
    private bool _isDisposed;

    internal OpenFileDescription(CallerCheck callers, FileOperations calls, GuestFile file, OpenFileIndex index)
    {
        _callers = callers;
        _files = calls.OpenFiles;
        _io = calls.Open;
        _index = index;
        File = file;
    }

    /// <summary>The file that it was opened on.</summary>
    public GuestFile File { get; }

    /// <summary>O_APPEND and O_DIRECT, which fcntl(F_SETFL) changes. Other bits are ignored.</summary>
    public OpenFlags Flags
    {
        get { using SlowPathHold hold = _callers.Hold(); return _files[Enter()].Flags; }
        set { using SlowPathHold hold = _callers.Hold(); _files[Enter()].Flags = value & (OpenFlags.Append | OpenFlags.Direct); }
    }

    /// <summary>The offset in bytes at which <see cref="Read"/> and <see cref="Write"/> continue.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is set to a negative number.</exception>
    public long Position
    {
        get { using SlowPathHold hold = _callers.Hold(); return _files[Enter()].Position; }
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            using SlowPathHold hold = _callers.Hold();
            _files[Enter()].Position = value;
        }
    }

    /// <summary>read(2): at the position, which moves. EBADF: not open for reading; EISDIR, EINVAL, EIO, ENOMEM.</summary>
    public Errno Read(Span<byte> destination, out int byteCount)
    {
        using SlowPathHold hold = _callers.Hold();
        return _callers.Leave(_io.Read(File.Charged, Enter(), destination, out byteCount));
    }

    /// <summary>pread(2): the position stays. EINVAL: a negative offset, or O_DIRECT and not aligned; others as read(2).</summary>
    public Errno ReadAt(long offset, Span<byte> destination, out int byteCount)
    {
        using SlowPathHold hold = _callers.Hold();
        return _callers.Leave(_io.ReadAt(File.Charged, Enter(), offset, destination, destination.Length, out byteCount));
    }

    /// <summary>
    /// write(2): at the position, which moves; with O_APPEND at the end of the file. EBADF: not open for writing; EPERM: a seal forbids it;
    /// EFBIG, EINVAL, EIO, ENOMEM.
    /// </summary>
    public Errno Write(ReadOnlySpan<byte> source, out int byteCount)
    {
        using SlowPathHold hold = _callers.Hold();
        return _callers.Leave(_io.Write(File.Charged, Enter(), source, out byteCount));
    }

    /// <summary>pwrite(2): the position stays; O_APPEND still writes at the end. Errors as <see cref="Write"/>.</summary>
    public Errno WriteAt(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        using SlowPathHold hold = _callers.Hold();
        return _callers.Leave(_io.WriteAt(File.Charged, Enter(), ref offset, source, out byteCount));
    }

    /// <summary>
    /// Does all of pwrite(2) except its bytes, for a caller whose source faults at the first one: the file grows to the offset, as Linux
    /// does it.
    /// </summary>
    /// <param name="offset">The offset of the write in bytes; with O_APPEND the end of the file is taken.</param>
    /// <param name="byteLength">The length that the write was to have in bytes.</param>
    /// <returns>The error that pwrite(2) would return before EFAULT; as <see cref="Write"/>.</returns>
    public Errno BeginWriteAt(long offset, int byteLength)
    {
        using SlowPathHold hold = _callers.Hold();
        return _callers.Leave(_io.BeginWrite(File.Charged, Enter(), offset, byteLength));
    }

    /// <summary>lseek(2). EINVAL: unknown origin, or a position that is negative or too large.</summary>
    public Errno Seek(long offset, SeekOrigin origin, out long position)
    {
        using SlowPathHold hold = _callers.Hold();
        return _callers.Leave(_io.Seek(Enter(), offset, origin, out position));
    }

    /// <summary>lseek(2) with SEEK_DATA or SEEK_HOLE. ENXIO: none from the offset on; EINVAL: another extent.</summary>
    public Errno SeekExtent(long offset, FileExtent wanted, out long position)
    {
        using SlowPathHold hold = _callers.Hold();
        return _callers.Leave(_io.SeekExtent(Enter(), offset, wanted, out position));
    }

    /// <summary>ftruncate(2). EINVAL: a negative length, or not open for writing; EPERM: a seal forbids it; EFBIG: too large.</summary>
    public Errno SetLength(long byteLength)
    {
        using SlowPathHold hold = _callers.Hold();
        return _callers.Leave(_io.SetLength(File.Charged, Enter(), byteLength));
    }

    /// <summary>
    /// fallocate(2). EINVAL, EOPNOTSUPP: as <see cref="AllocationChecks.Check"/>; EBADF: not open for writing; EFBIG: too large; EPERM: a
    /// seal forbids it; EOPNOTSUPP: the file or its backing cannot do it; the backing's error.
    /// </summary>
    public Errno Allocate(AllocationFlags flags, long offset, long byteLength)
    {
        using SlowPathHold hold = _callers.Hold();
        return _callers.Leave(_io.Allocate(File.Charged, Enter(), new(flags, offset, byteLength)));
    }

    /// <summary>fsync(2). EIO, ENOSPC: write-back has failed since the last fsync on this open file.</summary>
    public Errno Synchronize()
    {
        using SlowPathHold hold = _callers.Hold();
        return _callers.Leave(_io.Synchronize(Enter()));
    }

    /// <summary>sync_file_range(2). Length 0: to the end. EINVAL: unknown flags, or a negative range.</summary>
    public Errno SynchronizeRange(long offset, long byteLength, SyncRangeFlags flags)
    {
        using SlowPathHold hold = _callers.Hold();
        return _callers.Leave(_io.SynchronizeRange(Enter(), offset, byteLength, flags));
    }

    /// <summary>posix_fadvise(2). Length 0: to the end. EINVAL: unknown advice, or a negative length.</summary>
    public Errno Advise(long offset, long byteLength, FileAdvice advice)
    {
        using SlowPathHold hold = _callers.Hold();
        return _callers.Leave(_io.Advise(File.Charged, Enter(), offset, byteLength, advice));
    }

    /// <summary>mmap(2) of this file. Errors as <see cref="AddressSpace"/> has them; EPERM: a seal forbids writing.</summary>
    public Errno Map(
        AddressSpace space, VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags, ulong byteOffset,
        out VirtualAddress at)
    {
        ArgumentNullException.ThrowIfNull(space);
        space.ThrowIfForeign(_callers, nameof(space));
        using SlowPathHold hold = _callers.Hold();
        return space.MapOpenFile(Enter(), address, byteLength, protection, flags, byteOffset, out at);
    }

    /// <summary>Closes it. Its mappings stay.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        bool isOpen = _callers.TryHoldToDispose(out SlowPathHold hold);
        using (hold)
        {
            bool isMine = isOpen && !_isDisposed;    // another thread may have disposed it
            _isDisposed = true;
            if (!isMine) return;
            _files[_index].IsHeldByHost = false;    // O1; before the next line, which may free the record
            _files.Release(_index);
            _callers.Leave();    // the last use has written pages: a backing may have thrown
        }
    }

    private OpenFileIndex Enter()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _callers.Enter();
        return _index;
    }
}
