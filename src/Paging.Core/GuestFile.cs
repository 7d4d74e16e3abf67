using System.Diagnostics;
using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Core;

/// <summary>A file of the engine, which processes open by descriptor.</summary>
/// <remarks>
/// It lies in the engine's RAM (<see cref="EngineFiles.CreateMemoryFile"/>), on the host (<see cref="EngineFiles.OpenHostFile"/>) or
/// in the embedder's own backing (<see cref="EngineFiles.CreateFile"/>). Its pages stay cached as long as this object, a
/// descriptor or a mapping exists. After <see cref="Dispose"/> the last use writes dirty pages and closes the backing.
/// </remarks>
[DebuggerDisplay("{Name}, {ByteLength} bytes")]
public sealed class GuestFile : IDisposable
{
    /// <summary>The largest size in bytes: 2^32 pages less one, so that a page index fits 32 bits.</summary>
    /// <remarks>Linux: MAX_LFS_FILESIZE on i386.</remarks>
    public const long ByteLengthMax = FileSizes.ByteLengthMax;

    private readonly CallerCheck _callers;
    private readonly MemoryGroups _groups;
    private readonly FileOperations _calls;
    private readonly PageCache _cache;
    private readonly AreaStore _areas;
    private readonly FileObject _object;
    private ReadAheadState _readAhead;
    private bool _isDisposed;

    internal GuestFile(CallerCheck callers, MemoryGroups groups, FileOperations calls, PageCache cache, AreaStore areas, FileObject file)
    {
        _callers = callers;
        _groups = groups;
        _calls = calls;
        _cache = cache;
        _areas = areas;
        _object = file;
        Kind = file.Kind;
        _readAhead = calls.OpenFiles.NewReadAhead();
        calls.OpenFiles.HoldObject(file);    // Dispose gives it back
    }

    /// <summary>Identifies the file: the <see cref="AreaSnapshot.ObjectId"/> of the areas that map it.</summary>
    public int Id => (int)_object.Number + 1;    // 0 is the ObjectId of private anonymous memory

    /// <summary>The name in <c>maps</c>.</summary>
    public string Name
    {
        get => _isDisposed ? "" : _object.Name;    // a debugger reads it too
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            using SlowPathHold hold = _callers.Hold();
            Check();
            _object.Name = value;
        }
    }

    /// <summary>The rights with which it can be opened. Opening a host file again with more rights adds them.</summary>
    public FileRights Rights
    {
        get => CheckedObject().Rights;
        set
        {
            using SlowPathHold hold = _callers.Hold();
            Check();
            _object.Rights = value & FileRights.ReadWrite;
        }
    }

    /// <summary>
    /// True if write(2) hands its bytes to the backing before it returns, and reports the backing's error; otherwise pages become dirty
    /// and are written later.
    /// </summary>
    /// <remarks>
    /// Stores through shared mappings still make pages dirty; <see cref="EngineFiles.WriteBack"/> writes them. Has no effect on a
    /// file in memory.
    /// </remarks>
    public bool IsWrittenThrough
    {
        get => CheckedObject().IsWrittenThrough;
        set
        {
            using SlowPathHold hold = _callers.Hold();
            Check();
            _object.IsWrittenThrough = value;
        }
    }

    /// <summary>The size in bytes.</summary>
    public long ByteLength => CheckedObject().ByteLength;

    /// <summary>The kind of the file.</summary>
    public FileKind Kind { get; }

    /// <summary>True if its pages were committed when it was created: shared anonymous memory without MAP_NORESERVE.</summary>
    public bool IsCommitted => CheckedObject().ChargedPages != 0;

    /// <summary>The number of its pages that are cached.</summary>
    public PageCount CachedPages => new(CheckedObject().Pages.Count);

    /// <summary>The number of its pages that are newer than the backing.</summary>
    public PageCount DirtyPages => new(CheckedObject().DirtyCount);

    /// <summary>
    /// The number of its pages with content outside of RAM: on a swap device, or in the image that it was cloned from. Only a file in
    /// memory has any.
    /// </summary>
    public PageCount SwappedPages => new(CheckedObject().Swapped.Count + (CheckedObject().Supplied?.Count ?? 0));

    /// <summary>The number of areas that map it, in all processes. Cost: O(areas of the file).</summary>
    public int MappingCount
    {
        get
        {
            using SlowPathHold hold = _callers.Hold();
            Check();
            int count = 0;
            for (AreaIndex index = FirstArea; index.IsSome; index = _areas.Slab[index.Value].FileNext) count++;
            return count;
        }
    }

    /// <summary>True if a shared mapping may write it, or mprotect may let it. Linux: mapping_deny_writable.</summary>
    /// <remarks>Cost: O(areas of the file).</remarks>
    internal bool IsMappedToWrite
    {
        get
        {
            using SlowPathHold hold = _callers.Hold();
            Check();
            for (AreaIndex index = FirstArea; index.IsSome; index = _areas.Slab[index.Value].FileNext)
            {
                ref Area area = ref _areas.Slab[index.Value];
                if (area.Has(AreaFlags.Shared) && area.Has(AreaFlags.MayWrite)) return true;
            }

            return false;
        }
    }

    /// <summary>The operations that its seals forbid.</summary>
    public FileSeals Seals => CheckedObject().Seals;

    /// <summary>
    /// Set for a segment of System V: each of its mappings counts as an attachment, so it stays one until it is unmapped, and mremap(2)
    /// does not move it together with others. Linux: shm_vm_ops.
    /// </summary>
    public bool IsSegment
    {
        get => CheckedObject().IsSegment;
        set => CheckedObject().IsSegment = value;
    }

    /// <summary>Set to keep the pages that are in memory there, mapped or not. Linux: shmctl(SHM_LOCK), AS_UNEVICTABLE.</summary>
    public bool IsLocked
    {
        get => CheckedObject().IsLocked;
        set => CheckedObject().IsLocked = value;
    }

    internal FileOperations Calls => _calls;

    internal FileObject Object => _object;

    /// <summary>Opens the file for a process, with its lowest free descriptor.</summary>
    /// <returns>
    /// EMFILE: the process has 2^20 descriptors, the standard streams included. EISDIR: a directory, for writing. EACCES: the file does not
    /// have these rights. ENFILE: no memory for the record.
    /// </returns>
    public Errno Open(UserProcess process, FileRights rights, out int descriptor) => Open(process, rights, OpenFlags.None, out descriptor);

    /// <summary>Opens the file for a process, with flags.</summary>
    /// <returns>EINVAL: unknown flags. Otherwise as without flags.</returns>
    public Errno Open(UserProcess process, FileRights rights, OpenFlags flags, out int descriptor)
    {
        using SlowPathHold hold = _callers.Hold();
        Check();
        descriptor = -1;
        ArgumentNullException.ThrowIfNull(process);
        process.Memory.ThrowIfForeign(_callers, nameof(process));
        process.Space.ThrowIfEnded();    // a descriptor of an exited process would never be closed
        if (!process.Descriptors.HasRoom) return Errno.EMFILE;    // before the file is looked at. Linux: alloc_fd
        Errno error = OpenRecord(rights, flags, out OpenFileIndex open);
        if (error == Errno.None) descriptor = process.Descriptors.Add(open);
        return error;
    }

    /// <summary>Opens the file without a process. Errors as <see cref="Open(UserProcess, FileRights, OpenFlags, out int)"/>.</summary>
    public Errno Open(FileRights rights, OpenFlags flags, out OpenFileDescription? open)
    {
        using SlowPathHold hold = _callers.Hold();
        Check();
        open = null;
        Errno error = OpenRecord(rights, flags, out OpenFileIndex index);
        if (error != Errno.None) return error;
        _calls.OpenFiles[index].IsHeldByHost = true;    // O1: the audit counts the host as the holder
        open = new(_callers, _calls, this, index);
        return error;
    }

    /// <summary>Returns true if the process has an area that maps it. Cost: O(areas of the file).</summary>
    public bool IsMappedBy(AddressSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        space.ThrowIfForeign(_callers, nameof(space));
        using SlowPathHold hold = _callers.Hold();
        Check();
        for (AreaIndex index = FirstArea; index.IsSome; index = _areas.Slab[index.Value].FileNext)
        {
            if (_areas.Slab[index.Value].Space == space.Space.Index) return true;
        }

        return false;
    }

    /// <summary>
    /// Adds seals (F_ADD_SEALS). EINVAL: unknown seals; EPERM: <see cref="FileSeals.Seal"/> is set; EBUSY: <see cref="FileSeals.Write"/>
    /// of a file that is mapped to be written, or of which the host has pinned a page.
    /// </summary>
    public Errno AddSeals(FileSeals seals)
    {
        using SlowPathHold hold = _callers.Hold();
        Check();
        const FileSeals known = FileSeals.Seal | FileSeals.Shrink | FileSeals.Grow | FileSeals.Write | FileSeals.FutureWrite
            | FileSeals.Execute;
        if ((seals & ~known) != 0) return Errno.EINVAL;    // this order is memfd_add_seals'
        if (_object.Has(FileSeals.Seal)) return Errno.EPERM;
        // Sealed already: no such mapping.
        if ((seals & ~_object.Seals & FileSeals.Write) != 0 && (IsMappedToWrite || _cache.HasPinned(_object))) return Errno.EBUSY;
        _object.Seals |= seals;
        return Errno.None;
    }

    /// <summary>Drops all pages and takes a new length: for a backing that was changed outside the engine.</summary>
    /// <exception cref="InvalidOperationException">The file is mapped, has dirty pages, or has no backing.</exception>
    public void Reload(long byteLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteLength, ByteLengthMax);
        using SlowPathHold hold = _callers.Hold();
        Check();
        if (_object.IsMemory || _object.DirtyCount != 0 || FirstArea.IsSome)    // bytes would be lost, or entries lead to dropped pages
            throw new InvalidOperationException($"'{Name}' cannot be reloaded: it is mapped, has dirty pages, or lies in memory.");
        _cache.DropAll(_object);
        _object.ByteLength = byteLength;
    }

    /// <summary>Reads through the page cache, as the kernel itself does.</summary>
    /// <returns>EISDIR: a directory. EINVAL: a negative offset. EIO, ENOMEM.</returns>
    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        using SlowPathHold hold = _callers.Hold();
        Check();
        byteCount = 0;
        if (Kind == FileKind.Directory) return Errno.EISDIR;
        if (Kind == FileKind.Device || offset < 0) return Errno.EINVAL;    // no read operation (vfs_read)
        return _callers.Leave(_calls.Buffered.Read(Charged, _object, ref _readAhead, offset, destination, destination.Length,
            out byteCount));
    }

    /// <summary>Writes through the page cache, as kernel_write() does. Every mapping sees the bytes at once.</summary>
    /// <remarks>The offset is the caller's: O_APPEND belongs to an open file. Seals belong to the file and hold here as well.</remarks>
    /// <returns>EISDIR: a directory. EACCES: not writable. EPERM: a seal forbids it. EINVAL: negative. EFBIG, EIO, ENOMEM.</returns>
    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        using SlowPathHold hold = _callers.Hold();
        Check();
        byteCount = 0;
        Errno error = CheckWritable();
        int wanted = source.Length;
        if (error == Errno.None) error = offset < 0 ? Errno.EINVAL : _object.CheckWrite(offset, ref wanted);
        return error != Errno.None
            ? error : _callers.Leave(_calls.Buffered.Write(Charged, _object, offset, source[..wanted], out byteCount));
    }

    /// <summary>Truncates or extends the file.</summary>
    /// <returns>
    /// EISDIR: a directory. EACCES: not writable. EINVAL: negative. EPERM: a seal forbids it. EFBIG: too large. Otherwise the backing's
    /// error.
    /// </returns>
    public Errno SetLength(long byteLength)
    {
        using SlowPathHold hold = _callers.Hold();
        Check();
        Errno error = CheckWritable();
        if (error == Errno.None && byteLength >= 0) error = _object.CheckLength(byteLength);    // a negative one is EINVAL, below
        return error != Errno.None ? error : _callers.Leave(_calls.Sizes.SetLength(Charged, _object, byteLength));
    }

    /// <summary>Returns true if a page is cached. Reads nothing in.</summary>
    public bool IsCached(FilePage page)
    {
        using SlowPathHold hold = _callers.Hold();
        Check();
        return _cache.TryFind(_object, page, out _);
    }

    /// <summary>Returns true if a page is in RAM and newer than the backing. Linux: PAGECACHE_TAG_DIRTY.</summary>
    public bool IsDirty(FilePage page)
    {
        using SlowPathHold hold = _callers.Hold();
        Check();
        return _cache.HasTag(_object, page, RadixTag.Dirty);
    }

    /// <summary>Counts the cached pages from one up to, but not including, an index. Reads nothing in.</summary>
    public FileCacheCount CountCached(FilePage first, ulong end)
    {
        using SlowPathHold hold = _callers.Hold();
        Check();
        return _cache.Count(_object, new(first, end));
    }

    /// <summary>Releases the file. Open descriptors and mappings stay valid.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        bool isOpen = _callers.TryHoldToDispose(out SlowPathHold hold);
        using (hold)
        {
            if (isOpen && !_isDisposed) _calls.OpenFiles.ReleaseObject(_object);    // another thread may have disposed it
            _isDisposed = true;
            if (isOpen) _callers.Leave();    // the last use has written pages: a backing may have thrown
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">No file has this length.</exception>
    internal static void CheckLength(long byteLength, string parameter)
    {
        if (byteLength is < 0 or > ByteLengthMax)
            throw new ArgumentOutOfRangeException(parameter, byteLength, "A file has 0 to GuestFile.ByteLengthMax bytes.");
    }

    private AreaIndex FirstArea => _areas.OfObjects.FirstOf(_object.Number);

    private Errno OpenRecord(FileRights rights, OpenFlags flags, out OpenFileIndex open)
    {
        open = OpenFileIndex.None;
        if ((flags & ~(OpenFlags.Append | OpenFlags.Direct)) != 0) return Errno.EINVAL;    // those that fcntl(F_SETFL) can change here
        if (Kind == FileKind.Directory && (rights & FileRights.Write) != 0) return Errno.EISDIR;    // before its rights. Linux: may_open
        if ((rights & ~_object.Rights) != 0) return Errno.EACCES;
        return _calls.OpenFiles.TryOpen(_object, rights, flags, out open) ? Errno.None : Errno.ENFILE;
    }

    /// <summary>Returns true if the file belongs to an engine, and throws if it was released.</summary>
    internal bool IsOf(CallerCheck engine)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _callers == engine;
    }

    private FileObject CheckedObject()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _callers.EnterToRead();
        return _object;
    }

    /// <summary>Throws if the file was released, or its engine cannot be used now.</summary>
    internal void Check()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _callers.Enter();
    }

    /// <summary>The group that is charged for pages of the host's own calls, which are no process's.</summary>
    internal FrameGroup Charged => _groups.Root.Frames;

    private Errno CheckWritable()
    {
        if (Kind == FileKind.Directory) return Errno.EISDIR;
        if (Kind == FileKind.Device) return Errno.EINVAL;
        return (_object.Rights & FileRights.Write) != 0 ? Errno.None : Errno.EACCES;
    }
}
