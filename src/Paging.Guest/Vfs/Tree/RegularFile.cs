using Paging.Core;
using Paging.Core.Areas;
using Paging.Core.Files;
using Paging.Core.Io;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Native;

namespace Paging.Guest.Vfs.Tree;

/// <summary>A regular file, or memory that is one (memfd_create): everything goes through the engine's page cache.</summary>
internal sealed class RegularFile : PositionedFile
{
    private readonly PagingEngine _engine;
    private readonly GuestClock _clock;
    private readonly HostInodes _inodes;
    private readonly FileLocks _locks;
    private readonly OpenFileIndex _open;
    private readonly HostInode? _inode;
    private readonly FileStatus _birth;
    private readonly bool _isWriter;

    public RegularFile(
        PagingEngine engine, GuestClock clock, HostInodes inodes, FileLocks locks, string path, int flags, OpenFileIndex open,
            HostInode? inode,
        in FileStatus birth) : base(path, flags)
    {
        (_engine, _clock, _inodes, _locks) = (engine, clock, inodes, locks);
        (_open, _inode, _birth) = (open, inode, birth);
        if (inode is null) return;
        inodes.Opened(inode);
        _isWriter = CanWrite;
        if (_isWriter) inode.WriterCount++;
    }

    public HostInode? Inode => _inode;

    /// <summary>F_SEAL_*.</summary>
    public const uint SealSeal = 1, SealShrink = 2, SealGrow = 4, SealWrite = 8, SealFutureWrite = 16, SealsKnown = 0x3F;

    private const uint SealAnyWrite = SealWrite | SealFutureWrite;

    /// <summary>The seals of a memory file (F_ADD_SEALS).</summary>
    public uint Seals { get; set; }

    public bool IsMemoryFile => _inode is null;

    private FileObject File => _engine.Parts.Files.OpenFiles.ObjectOf(_open);

    /// <summary>
    /// True if a shared mapping may write, or may be made to. Linux: i_mmap_writable, mapping_deny_writable. Cost: O(areas that map it).
    /// </summary>
    public bool IsMappedToWrite
    {
        get
        {
            for (AreaIndex index = _engine.Parts.Machine.Areas.OfObjects.FirstOf(File.Number); index.IsSome; index = _engine.Parts.Machine.Areas.Slab[index.Value].FileNext)
            {
                ref Area area = ref _engine.Parts.Machine.Areas.Slab[index.Value];
                if (area.Has(AreaFlags.Shared) && area.Has(AreaFlags.MayWrite)) return true;
            }

            return false;
        }
    }

    public override Errno Status(out FileStatus status)
    {
        status = _birth;
        if (_inode is null)
        {
            status.ByteLength = File.ByteLength;
            status.Blocks = (ulong)File.Pages.Count * 8;
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
        PagingEngine engine = _engine;
        ref OpenFile record = ref engine.Parts.Files.OpenFiles[_open];
        int count;
        Errno error = (Flags & Direct) != 0
            ? engine.Parts.Io.Calls.Direct.Read(File, ref record.ReadAhead, offset, destination, out count)
            : engine.Parts.Io.Calls.Buffered.Read(File, ref record.ReadAhead, offset, destination, destination.Length, out count);
        if (count > 0) _inode?.NoteAccess(_clock.RealTime);
        return count > 0 ? count : error;
    }

    public override CallResult Write(ReadOnlySpan<byte> source)
    {
        if ((Flags & Append) != 0) Position = File.ByteLength;
        CallResult count = WriteAt(Position, source);
        Position += count.Count;
        return count;
    }

    public override CallResult WriteAt(long offset, ReadOnlySpan<byte> source)
    {
        if ((Flags & Append) != 0) offset = File.ByteLength;    // before the seals are asked: generic_write_checks, then shmem_write_begin
        if ((Seals & SealAnyWrite) != 0 || ((Seals & SealGrow) != 0 && offset + source.Length > File.ByteLength)) return Errno.EPERM;
        int count;
        Errno error = (Flags & Direct) != 0
            ? _engine.Parts.Io.Calls.Direct.Write(File, offset, source, out count)
            : _engine.Parts.Io.Calls.Buffered.Write(File, offset, source, out count);
        if (count > 0) Touch();
        return count > 0 ? count : error;
    }

    public override CallResult Seek(long offset, int whence)
    {
        long length = File.ByteLength;
        long from;
        switch (whence)
        {
            case 0: from = 0; break;
            case 1: from = Position; break;
            case 2: from = length; break;
            case 3 or 4 when _inode is not null && File.DirtyCount == 0: return SeekOnHost(offset, whence);
            case 3 when offset >= 0 && offset < length: return Position = offset;
            case 4 when offset >= 0 && offset < length: return Position = length;
            case 3 or 4: return Errno.ENXIO;
            default: return Errno.EINVAL;
        }

        if (offset < -from || offset > FileSizes.ByteLengthMax - from) return Errno.EINVAL;
        return Position = from + offset;
    }

    public override Errno SetLength(long byteLength)
    {
        if (!CanWrite) return Errno.EINVAL;
        long old = File.ByteLength;
        if ((byteLength < old && (Seals & SealShrink) != 0) || (byteLength > old && (Seals & SealGrow) != 0)) return Errno.EPERM;
        Errno error = _engine.Parts.Io.Calls.Sizes.SetLength(File, byteLength);
        if (error == Errno.None) Touch();
        return error;
    }

    public Errno PunchHole(long offset, long byteLength)
    {
        if ((Seals & SealAnyWrite) != 0) return Errno.EPERM;
        Touch();
        return _engine.Parts.Io.Calls.Sizes.PunchHole(File, offset, byteLength);
    }

    /// <summary>fallocate(2) without a hole: room on the host, and a longer file unless the size is kept.</summary>
    public Errno Allocate(bool keepsSize, long offset, long byteLength)
    {
        long end = offset + byteLength;
        if (!keepsSize && end > File.ByteLength)
        {
            if ((Seals & SealGrow) != 0) return Errno.EPERM;
            Errno error = _engine.Parts.Io.Calls.Sizes.SetLength(File, end);
            if (error != Errno.None) return error;
        }

        Touch();
        return _inode is null ? Errno.None : HostCalls.Allocate(_inode.Backing.Descriptor, keepsSize ? 1 : 0, offset, byteLength);
    }

    public Errno Synchronize() => _engine.Parts.Files.Writeback.Synchronize(_open, 0, ulong.MaxValue);

    public Errno SynchronizeRange(long offset, long byteLength, SyncRangeFlags flags)
    {
        uint first = (uint)Math.Min(PageWords.FromBytes((ulong)offset), uint.MaxValue);
        ulong count = byteLength == 0 ? uint.MaxValue : PageWords.FromBytes((ulong)(offset + byteLength - 1)) - first + 1;
        return _engine.Parts.Files.Writeback.SynchronizeRange(_open, first, count, flags);
    }

    public Errno Advise(long offset, long byteLength, FileAdvice advice) => _engine.Parts.Io.Calls.Hints.Advise(_open, offset, byteLength, advice);

    public override Errno Map(AddressSpace space, VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags,
        ulong byteOffset, out VirtualAddress at)
    {
        at = default;
        bool isSealed = (flags & MapFlags.TypeMask) != MapFlags.Private && (Seals & SealAnyWrite) != 0;
        if (isSealed && (protection & MemoryProtection.Write) != 0) return Errno.EPERM;
        OpenFileIndex open = _open;
        // mprotect must not make it writable: seal_check_write
        if (isSealed && !_engine.Parts.Files.OpenFiles.TryOpen(File, FileRights.Read, OpenFlags.None, out open)) return Errno.ENOMEM;
        Errno error = _engine.Parts.Calls.Map.Execute(space.Space, new(address, byteLength, protection, flags, open, PageWords.FromBytes(byteOffset)),
            out at);
        if (isSealed) _engine.Parts.Files.OpenFiles.Release(open);
        if (error == Errno.None) _inode?.NoteAccess(_clock.RealTime);
        return error;
    }

    public override void ClosedBy(DescriptorSet owner) => _locks.Forget(this, owner);

    protected override void Close()
    {
        _locks.Forget(this, this);
        _engine.Parts.Files.OpenFiles.Release(_open);
        if (_inode is null) return;
        if (_isWriter) _inode.WriterCount--;
        _inodes.Closed(_inode);
    }

    private CallResult SeekOnHost(long offset, int whence)
    {
        CallResult at = HostCalls.Seek(_inode!.Backing.Descriptor, offset, whence);
        if (at.IsValue) Position = at.Value;
        return at;
    }

    private void Touch()
    {
        if (_inode is not null) _inode.ModifiedAt = _clock.RealTime;
    }
}
