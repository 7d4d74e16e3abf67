using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Native;

namespace Paging.Guest.Vfs.Tree;

/// <summary>An open regular file, of the host or in memory, used through the engine's page cache.</summary>
internal sealed class RegularFile : PositionedFile
{
    private readonly RegularFiles _files;
    private readonly GuestClock _clock;
    private readonly OpenFileDescription _open;
    private bool _isWriter;

    public RegularFile(RegularFiles files, GuestClock clock, string path, FileFlags flags, OpenFileDescription open,
        RegularInode inode) : base(path, flags)
    {
        (_files, _clock, _open, Inode) = (files, clock, open, inode);
        inode.Opened();
        _isWriter = CanWrite;
        if (_isWriter) inode.WriterCount++;
    }

    public RegularInode Inode { get; }

    public override SavedFileKind? SavedKind => Inode.SavedKind;

    public override RegularInode? RegularInode => Inode;

    /// <summary>A file of memfd_create is of the kernel's own tmpfs. Linux: mm/shmem.c shm_mnt.</summary>
    public override long PseudoFileSystem => IsMemoryFile ? FileSystemWords.Tmpfs : 0;

    public override void Save(RecordWriter writer, ISavedReferences references)
    {
        if (SavedKind == SavedFileKind.Named)
        {
            base.Save(writer, references);
            return;
        }

        writer.Write(Path);
        writer.Write(Position);
        writer.Write(references.NumberOf(Inode));
    }

    /// <summary>True if it has never had a name (memfd_create).</summary>
    public bool IsMemoryFile => Node is null;

    /// <summary>
    /// Stops counting memfd_create's own description as a writer, so that it does not block execve. Linux: alloc_file_pseudo takes no
    /// i_writecount, as open does.
    /// </summary>
    public void CountAsNoWriter()
    {
        if (_isWriter) Inode.WriterCount--;
        _isWriter = false;
    }

    /// <summary>The file of the engine that it is open on.</summary>
    public GuestFile File => _open.File;

    public override int WriteBlockByteLength => PageWords.ByteLength;    // generic_perform_write goes page by page

    /// <summary>As of the host's file systems; tmpfs has not.</summary>
    public override bool CanRefuseToWait => File.Kind != FileKind.Memory;

    public override bool HasSizeLimit => true;

    /// <summary>In memory, where other operations are EOPNOTSUPP first, even one that keeps the size. Linux: shmem_fallocate.</summary>
    public override bool LimitsAllocation(AllocationFlags flags) => File.Kind == FileKind.Memory
        ? (flags & ~AllocationFlags.KeepSize) == AllocationFlags.None : base.LimitsAllocation(flags);

    public override CallResult SpliceFrom(ref UserTransfer transfer) => Write(transfer.Parts.OfKernel);

    public override CallResult Seals => IsMemoryFile ? (int)File.Seals : Errno.EINVAL;

    public override Errno AddSeals(FileSeals seals)
    {
        if (!IsMemoryFile) return Errno.EINVAL;    // memfd_file_seals_ptr
        bool isProgram = Status(out FileStatus status) == Errno.None && (status.Mode & FileModes.AllExecute) != 0;
        if (isProgram && (seals & FileSeals.Execute) != 0)    // never both written and executed
            seals |= FileSeals.Shrink | FileSeals.Grow | FileSeals.Write | FileSeals.FutureWrite;
        return File.AddSeals(seals);
    }

    public override FileFlags Flags
    {
        get => base.Flags;
        set
        {
            base.Flags = value;
            _open.Flags = RegularFiles.EngineFlags(value);
        }
    }

    public override long Position
    {
        get => _open.Position;
        set => _open.Position = value;
    }

    public override Errno Status(out FileStatus status) => Inode.Status(out status);

    public override Errno ChangeMode(FileModes mode) => Inode.ChangeMode(mode);

    public override Errno ChangeOwner(uint user, uint group) => Inode.ChangeOwner(user, group);

    public override Errno SetTimes(ReadOnlySpan<long> times) => Inode.SetTimes(times);

    public override Errno Reopen(FileFlags flags, out OpenDescription? open)
    {
        Errno error = _files.Open(Inode, Path, flags, out RegularFile? file);
        open = file;
        return error;
    }

    public override CallResult ReadAt(long offset, Span<byte> destination)
    {
        Errno error = _open.ReadAt(offset, destination, out int count);
        if (count > 0) Inode.NoteAccess(_clock.RealTime);    // a read at the end changes nothing (filemap_read)
        return count > 0 ? count : error;
    }

    public override CallResult Write(ReadOnlySpan<byte> source)
    {
        Errno error = Inode.CheckRoom(source.Length);
        return error == Errno.None ? Written(_open.Write(source, out int count), count) : error;
    }

    public override CallResult WriteAt(long offset, ReadOnlySpan<byte> source)
    {
        Errno error = Inode.CheckRoom(source.Length);
        return error == Errno.None ? Written(_open.WriteAt(offset, source, out int count), count) : error;
    }

    /// <summary>A seal, or a limit of the size, sees all bytes of a page. Linux: generic_perform_write.</summary>
    public override bool GathersPieces => (Flags & FileFlags.Direct) == 0;

    /// <summary>Linux: shmem_write_begin.</summary>
    public override Errno CheckWrite(long? offset, int byteLength)
    {
        if (!IsMemoryFile || File.Seals is var seals && (seals & (FileSeals.Write | FileSeals.FutureWrite | FileSeals.Grow)) == 0)
            return Errno.None;
        if ((seals & (FileSeals.Write | FileSeals.FutureWrite)) != 0) return Errno.EPERM;
        long at = (Flags & FileFlags.Append) != 0 ? File.ByteLength : offset ?? Position;
        return byteLength > File.ByteLength - at ? Errno.EPERM : Errno.None;
    }

    public override Errno BeginWrite(long? offset, int byteLength)
    {
        Errno error = Inode.CheckRoom(byteLength);
        if (error == Errno.None) error = _open.BeginWriteAt(offset ?? Position, byteLength);
        if (error != Errno.None) return error;
        Inode.NoteWrite(_clock.RealTime);    // file_update_time precedes the copy
        return Errno.EFAULT;
    }

    public override CallResult Seek(long offset, int whence)
    {
        Errno error = (FileExtent)whence is FileExtent.Data or FileExtent.Hole
            ? _open.SeekExtent(offset, (FileExtent)whence, out long position)
            : _open.Seek(offset, (SeekOrigin)whence, out position);
        return error == Errno.None ? position : error;
    }

    public override Errno SetLength(long byteLength)
    {
        Errno error = _open.SetLength(byteLength);
        if (error == Errno.None) Inode.NoteWrite(_clock.RealTime);
        return error;
    }

    /// <inheritdoc cref="RegularFiles.Truncate"/>
    public override Errno Truncate() => _files.Truncate(Inode);

    public override Errno Allocate(AllocationFlags flags, long offset, long byteLength)
    {
        Errno error = _open.Allocate(flags, offset, byteLength);
        if (error == Errno.None) Inode.NoteWrite(_clock.RealTime);
        return error;
    }

    /// <summary>FIONREAD returns the bytes after the position, in 32 bits. Linux: do_vfs_ioctl.</summary>
    public override CallResult Ioctl(in IoctlCall call)
    {
        if (call.Request != IoctlCall.BytesToRead || Status(out FileStatus status) != Errno.None) return base.Ioctl(call);
        return call.User.TryWrite(call.Argument.Address, (int)(status.ByteLength - Position)) ? 0 : Errno.EFAULT;
    }

    public override Errno Synchronize() => _open.Synchronize();

    public override Errno SynchronizeRange(long offset, long byteLength, SyncRangeFlags flags) =>
        _open.SynchronizeRange(offset, byteLength, flags);

    public override Errno ReadAhead(long offset, long byteLength) => Advise(offset, byteLength, FileAdvice.WillNeed);

    public override Errno Advise(long offset, long byteLength, FileAdvice advice) => _open.Advise(offset, byteLength, advice);

    /// <summary>Linux: cachestat(2).</summary>
    public override FileCacheCount CountCached(FilePage first, ulong end) => File.CountCached(first, end);

    public override Errno Map(AddressSpace space, VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags,
        ulong byteOffset, out VirtualAddress at)
    {
        Errno error = _open.Map(space, address, byteLength, protection, flags, byteOffset, out at);
        if (error == Errno.None) Inode.NoteAccess(_clock.RealTime);    // mapping counts as an access (file_accessed)
        return error;
    }

    protected override void Close()
    {
        _open.Dispose();
        if (_isWriter) Inode.WriterCount--;
        Inode.Closed();
    }

    private CallResult Written(Errno error, int count)
    {
        if (count == 0) return error;    // after some bytes, the error comes with the next call
        Inode.NoteWrite(_clock.RealTime);
        error = (Flags & FileFlags.DataSync) != 0 ? _open.Synchronize() : Errno.None;    // generic_write_sync
        return error == Errno.None ? count : error;
    }
}
