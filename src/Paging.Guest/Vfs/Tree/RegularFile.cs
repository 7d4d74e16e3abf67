using Paging.Core;
using Paging.Core.Files;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Native;

namespace Paging.Guest.Vfs.Tree;

/// <summary>A regular file, or memory that is one (memfd_create): everything goes through the engine's page cache.</summary>
internal sealed class RegularFile : PositionedFile
{
    private readonly GuestClock _clock;
    private readonly HostInodes _inodes;
    private readonly FileLocks _locks;
    private readonly OpenGuestFile _open;
    private readonly HostInode? _inode;
    private readonly FileStatus _birth;
    private readonly bool _isWriter;

    public RegularFile(GuestClock clock, HostInodes inodes, FileLocks locks, string path, int flags, OpenGuestFile open, HostInode? inode,
        in FileStatus birth) : base(path, flags)
    {
        (_clock, _inodes, _locks) = (clock, inodes, locks);
        (_open, _inode, _birth) = (open, inode, birth);
        if (inode is null) return;
        inodes.Opened(inode);
        _isWriter = CanWrite;
        if (_isWriter) inode.WriterCount++;
    }

    public HostInode? Inode => _inode;

    public bool IsMemoryFile => _inode is null;

    /// <summary>What it is open on: the file of the engine.</summary>
    public GuestFile File => _open.File;

    /// <inheritdoc/>
    public override int Flags
    {
        get => base.Flags;
        set
        {
            base.Flags = value;
            _open.Flags = RegularFiles.EngineFlags(value);
        }
    }

    /// <inheritdoc/>
    public override long Position
    {
        get => _open.Position;
        set => _open.Position = value;
    }

    public override Errno Status(out FileStatus status)
    {
        status = _birth;
        if (_inode is null)
        {
            status.ByteLength = File.ByteLength;
            status.Blocks = (ulong)File.CachedPages.Value * 8;
            return Errno.None;
        }

        Errno error = HostCalls.Status(_inode.Backing.Descriptor, out status);
        Overlay(ref status, _inode);
        return error;
    }

    /// <summary>Replaces what the guest knows better than the host: the length with unwritten pages, and when they were written.</summary>
    public static void Overlay(ref FileStatus status, HostInode inode)
    {
        status.ByteLength = inode.File.ByteLength;
        if (inode.AccessedAt != 0) status.AccessedAt = inode.AccessedAt;
        if (inode.ModifiedAt == 0) return;
        status.ModifiedAt = inode.ModifiedAt;
        status.ChangedAt = Math.Max(status.ChangedAt, inode.ModifiedAt);
    }

    public override CallResult ReadAt(long offset, Span<byte> destination)
    {
        Errno error = _open.ReadAt(offset, destination, out int count);
        if (count > 0) _inode?.NoteAccess(_clock.RealTime);
        return count > 0 ? count : error;
    }

    public override CallResult Write(ReadOnlySpan<byte> source) => Written(_open.Write(source, out int count), count);

    public override CallResult WriteAt(long offset, ReadOnlySpan<byte> source) =>
        Written(_open.WriteAt(offset, source, out int count), count);

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
        if (error == Errno.None) Touch();
        return error;
    }

    public Errno Allocate(in FileAllocation request)
    {
        Errno error = _open.Allocate(request);
        if (error == Errno.None) Touch();
        return error;
    }

    public Errno Synchronize() => _open.Synchronize();

    public Errno SynchronizeRange(long offset, long byteLength, SyncRangeFlags flags) => _open.SynchronizeRange(offset, byteLength, flags);

    public Errno Advise(long offset, long byteLength, FileAdvice advice) => _open.Advise(offset, byteLength, advice);

    public override Errno Map(AddressSpace space, VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags,
        ulong byteOffset, out VirtualAddress at)
    {
        Errno error = _open.Map(space, address, byteLength, protection, flags, byteOffset, out at);
        if (error == Errno.None) _inode?.NoteAccess(_clock.RealTime);
        return error;
    }

    public override void ClosedBy(DescriptorSet owner) => _locks.Forget(this, owner);

    protected override void Close()
    {
        _locks.Forget(this, this);
        _open.Dispose();
        if (_inode is null)
        {
            File.Dispose();
            return;
        }

        if (_isWriter) _inode.WriterCount--;
        _inodes.Closed(_inode);
    }

    private CallResult Written(Errno error, int count)
    {
        if (count > 0) Touch();
        return count > 0 ? count : error;
    }

    private void Touch()
    {
        if (_inode is not null) _inode.ModifiedAt = _clock.RealTime;
    }
}
