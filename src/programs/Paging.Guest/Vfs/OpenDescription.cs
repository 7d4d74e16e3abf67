using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Records;
using Paging.Native;

namespace Paging.Guest.Vfs;

/// <summary>An open file description, as open(2), pipe(2) and their like make it. Linux: struct file.</summary>
/// <remarks>Reading and writing return a count, an error, or <see cref="CallResult.Waits"/>.</remarks>
internal abstract class OpenDescription(string path, FileFlags flags)
{
    private int _holders = 1;
    private List<IFileWatcher>? _watchers;

    /// <summary>Those that <see cref="AddWatcher"/> has added.</summary>
    public IReadOnlyList<IFileWatcher> Watchers => _watchers ?? [];

    /// <summary>The file in the tree that it was opened on; null for a pipe, a socket and the like. Linux: f_path.</summary>
    public TreeNode? Node { get; private set; }

    /// <summary>The current path of its file, or a word such as "pipe:[1]", for /proc/PID/fd.</summary>
    public string Path => Node?.Path ?? path;

    /// <summary>O_* as F_GETFL returns them.</summary>
    public virtual FileFlags Flags { get; set; } = flags;

    public virtual long Position { get; set; }

    /// <summary>The form in which a checkpoint saves the description; null if it cannot be saved.</summary>
    public virtual SavedFileKind? SavedKind => IsPathOnly ? SavedFileKind.Place : Node is null ? null : SavedFileKind.Named;

    /// <summary>The pipe that it is an end of, or null. Linux: get_pipe_info.</summary>
    public virtual Pipe? Pipe => null;

    /// <summary>The inode of a regular file in the page cache, or null.</summary>
    public virtual RegularInode? RegularInode => null;

    /// <summary>The length that a checkpoint expects when it is opened again; −1 for other than regular files.</summary>
    public long SavedByteLength => RegularInode?.File.ByteLength ?? -1;

    /// <summary>Saves what its kind needs, after its flags. By default it has a path.</summary>
    public virtual void Save(RecordWriter writer, ISavedReferences references)
    {
        writer.Write(Path);
        writer.Write(Position);
        writer.Write(SavedByteLength);
    }

    /// <summary>Saves the open files that it refers to, after all of them have numbers.</summary>
    public virtual void SaveRelations(RecordWriter writer, OpenFileNumbers files) { }

    /// <summary>Loads them into a new one, after all of them.</summary>
    public virtual void LoadRelations(RecordReader reader, OpenFileNumbers files) { }

    /// <summary>The open files that it refers to, which no descriptor need name any more.</summary>
    public virtual IEnumerable<OpenDescription> FilesReached => [];

    /// <summary>True if it was opened with O_PATH: most calls return EBADF for such a descriptor.</summary>
    public bool IsPathOnly => (Flags & FileFlags.PathOnly) != 0;

    /// <summary>True if it is open for reading. O_WRONLY | O_RDWR requests both rights and grants none. Linux: OPEN_FMODE.</summary>
    public bool CanRead => !IsPathOnly && (Flags & FileFlags.AccessMask) is FileFlags.None or FileFlags.ReadWrite;

    /// <inheritdoc cref="CanRead"/>
    public bool CanWrite => !IsPathOnly && (Flags & FileFlags.AccessMask) is FileFlags.WriteOnly or FileFlags.ReadWrite;

    /// <summary>True if it supports read(2). Linux: FMODE_CAN_READ.</summary>
    public virtual bool HasRead => true;

    /// <summary>True if it supports write(2). Linux: FMODE_CAN_WRITE.</summary>
    public virtual bool HasWrite => true;

    public bool IsNonBlocking => (Flags & FileFlags.NonBlocking) != 0;

    /// <summary>True if a request may have flags of its own. Linux: the read_iter and write_iter operations.</summary>
    public virtual bool TakesRequestFlags => true;

    /// <summary>True if a request may refuse to wait. Linux: FMODE_NOWAIT.</summary>
    public virtual bool CanRefuseToWait => false;

    /// <summary>Checks the flags of preadv2(2) and pwritev2(2). Linux: kiocb_set_rw_flags, do_loop_readv_writev.</summary>
    public Errno CheckRequest(RequestFlags flags)
    {
        const RequestFlags contradiction = RequestFlags.Append | RequestFlags.NoAppend;
        if (!TakesRequestFlags) return (flags & ~RequestFlags.Poll) == 0 ? Errno.None : Errno.EOPNOTSUPP;
        if ((flags & ~RequestFlags.Supported) != 0) return Errno.EOPNOTSUPP;
        if ((flags & contradiction) == contradiction) return Errno.EINVAL;
        return (flags & RequestFlags.NoWait) != 0 && !CanRefuseToWait ? Errno.EOPNOTSUPP : Errno.None;
    }

    /// <summary>True if it has a position; false for a stream, with ESPIPE.</summary>
    public virtual bool IsSeekable => false;

    /// <summary>The largest position in files of its file system. Linux: s_maxbytes.</summary>
    public long PositionMax => Node?.Mount.PositionMax ?? long.MaxValue;

    /// <summary>True if its position may be any 64 bits. Linux: FMODE_UNSIGNED_OFFSET.</summary>
    public virtual bool HasUnsignedPosition => false;

    /// <summary>The most bytes taken from a program at once: a page, where pages go directly to a file.</summary>
    public virtual int WriteBlockByteLength => 65536;

    /// <summary>True if RLIMIT_FSIZE limits its length. Linux: generic_write_check_limits, inode_newsize_ok.</summary>
    public virtual bool HasSizeLimit => false;

    /// <summary>Shortens a write to a limit of its length. EFBIG if nothing can be written.</summary>
    /// <param name="byteLengthMax">The limit; only files with a position have one.</param>
    /// <param name="offset">The offset of the call; null for its position, or its end with O_APPEND.</param>
    /// <param name="done">The bytes of the call already written.</param>
    /// <param name="wanted">The bytes to write now; shortened to the limit.</param>
    public Errno CutToLimit(ulong byteLengthMax, long? offset, int done, ref int wanted)
    {
        if (byteLengthMax == LimitTable.Infinity || !HasSizeLimit) return Errno.None;
        long at = offset is { } from ? from + done : Seek(0, 1).Value;
        if ((Flags & FileFlags.Append) != 0 && Status(out FileStatus status) == Errno.None) at = status.ByteLength;
        if ((ulong)at >= byteLengthMax) return Errno.EFBIG;    // only if nothing fits; else it is cut
        wanted = (int)Math.Min((ulong)wanted, byteLengthMax - (ulong)at);
        return Errno.None;
    }

    /// <summary>True if RLIMIT_FSIZE limits such an allocation.</summary>
    public virtual bool LimitsAllocation(AllocationFlags flags) => (flags & AllocationFlags.KeepSize) == 0;

    /// <summary>Validates the length of a write, before any byte is read.</summary>
    public virtual Errno ValidateWrite(uint byteLength) => Errno.None;

    /// <summary>True if sendfile(2) can put its bytes into a pipe. Linux: the file has a splice_read operation.</summary>
    public virtual bool CanSpliceFrom => IsSeekable;

    /// <summary>True if lseek(2) succeeds, even without effect. Linux: FMODE_LSEEK.</summary>
    public virtual bool HasSeek => IsSeekable;

    /// <summary>Takes the kernel's bytes, for sendfile(2). EINVAL if it cannot. Linux: the splice_write operation.</summary>
    public virtual CallResult SpliceFrom(ref UserTransfer transfer) => Errno.EINVAL;

    /// <summary>
    /// The magic number for statfs(2) of a file in no tree; 0 for that of the root. Linux: the magic of its pseudo file system.
    /// </summary>
    public virtual long PseudoFileSystem => 0;

    /// <summary>F_GET_SEALS. EINVAL if it cannot be sealed. Linux: memfd_get_seals.</summary>
    public virtual CallResult Seals => Errno.EINVAL;

    /// <summary>F_ADD_SEALS of a file open for writing. EINVAL if it cannot be sealed. Linux: memfd_add_seals.</summary>
    public virtual Errno AddSeals(FileSeals seals) => Errno.EINVAL;

    public abstract Errno Status(out FileStatus status);

    /// <summary>read(2) and its kin, into a program's memory. EINVAL if it cannot be read. Linux: read_iter.</summary>
    public virtual CallResult ReadTo(ref UserTransfer transfer) => IsSeekable ? transfer.ReadPages(this) : transfer.ReadOnce(this);

    /// <summary>write(2) and its kin, from a program's memory. EINVAL if it cannot be written. Linux: write_iter.</summary>
    public virtual CallResult WriteFrom(ref UserTransfer transfer) => transfer.WriteBlocks(this);

    /// <summary>True if a block that is written at once may have bytes of several pieces of an iovec.</summary>
    public virtual bool GathersPieces => false;

    public virtual CallResult Read(Span<byte> destination) => Errno.EINVAL;

    public virtual CallResult Write(ReadOnlySpan<byte> source) => Errno.EINVAL;

    /// <summary>Checks a write at the position (null) or an offset before its bytes are read. EPERM: a seal.</summary>
    public virtual Errno CheckWrite(long? offset, int byteLength) => Errno.None;

    /// <summary>A write at the position (null) or an offset whose first byte faults. Returns EFAULT or an earlier error.</summary>
    public virtual Errno BeginWrite(long? offset, int byteLength) => Errno.EFAULT;

    public virtual CallResult ReadAt(long offset, Span<byte> destination) => Errno.ESPIPE;

    public virtual CallResult WriteAt(long offset, ReadOnlySpan<byte> source) => Errno.ESPIPE;

    public virtual CallResult Seek(long offset, int whence) => Errno.ESPIPE;

    /// <summary>ftruncate(2) and truncate(2). EINVAL if it has no length.</summary>
    public virtual Errno SetLength(long byteLength) => Errno.EINVAL;

    /// <summary>O_TRUNC, with any access mode: only a regular file loses its bytes. Linux: handle_truncate.</summary>
    public virtual Errno Truncate() => Errno.None;

    /// <summary>fallocate(2) of a file open for writing. ENODEV if it has no blocks. Linux: vfs_fallocate.</summary>
    public virtual Errno Allocate(AllocationFlags flags, long offset, long byteLength) => Errno.ENODEV;    // vfs_fallocate

    /// <summary>fsync(2). EINVAL if it cannot be written back. Linux: vfs_fsync_range.</summary>
    public virtual Errno Synchronize() => Errno.EINVAL;    // no f_op->fsync (fsync(2))

    /// <summary>sync_file_range(2). ESPIPE if neither a regular file nor a directory.</summary>
    public virtual Errno SynchronizeRange(long offset, long byteLength, SyncRangeFlags flags) => Errno.ESPIPE;

    /// <summary>readahead(2) of a file open for reading. EINVAL if it has no page cache. Linux: ksys_readahead.</summary>
    public virtual Errno ReadAhead(long offset, long byteLength) => Errno.EINVAL;

    /// <summary>True if it supports posix_fadvise(2); false for ESPIPE with any arguments. Linux: generic_fadvise.</summary>
    public virtual bool HasAdvice => true;

    /// <summary>posix_fadvise(2): without a page cache there is nothing to do.</summary>
    public virtual Errno Advise(long offset, long byteLength, FileAdvice advice) => Errno.None;

    /// <summary>cachestat(2): the pages in the page cache.</summary>
    public virtual FileCacheCount CountCached(FilePage first, ulong end) => default;

    /// <summary>True if an epoll can watch it; false if it is always ready. Linux: file_can_poll.</summary>
    public virtual bool CanBeWatched => true;

    /// <summary>The events of poll(2), of <see cref="PollEvents"/>.</summary>
    public virtual int Readiness => PollEvents.Readable | PollEvents.Writable;

    /// <summary>The host's descriptor to poll when no task can run; −1 for none.</summary>
    public virtual int HostDescriptor => -1;

    /// <summary>The counts of wakes for reading and for writing: an edge is a wake (EPOLLET).</summary>
    public virtual (long ToRead, long ToWrite) Wakes { get; protected set; }

    /// <summary>True if its open has created the file (F_CREATED_QUERY). Linux: FMODE_CREATED.</summary>
    public bool HasMadeFile { get; set; }

    /// <summary>True if EPIPE comes with SIGPIPE.</summary>
    public virtual bool SignalsBrokenPipe => false;

    /// <summary>Returns the lines of its kind in /proc/PID/fdinfo; empty for most kinds. Linux: the show_fdinfo operation.</summary>
    public virtual string Describe() => "";

    /// <summary>ioctl(2). ENOTTY for files without ioctls.</summary>
    public virtual CallResult Ioctl(in IoctlCall call) => Errno.ENOTTY;    // also for what is no terminal at all

    /// <summary>mmap(2). ENODEV if it cannot be mapped.</summary>
    public virtual Errno Map(AddressSpace space, VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags,
        ulong byteOffset, out VirtualAddress at)
    {
        at = default;
        // The order of do_mmap: length, place, locks, kind, rights, noexec, then the file's mmap
        Errno error = space.Areas.CheckMap(address, byteLength, flags);
        if (error != Errno.None) return error;
        MapFlags type = flags & MapFlags.TypeMask;
        if (type is not (MapFlags.Private or MapFlags.Shared or MapFlags.SharedValidate)) return Errno.EINVAL;
        bool isShared = type != MapFlags.Private;
        bool isRefused = !CanRead || (isShared && !CanWrite && (protection & MemoryProtection.Write) != 0);
        if (isRefused) return Errno.EACCES;    // a shared mapping to be written needs both rights; any mapping reads
        // Pipes, sockets and the like are on noexec file systems. Linux: path_noexec, which do_mmap checks before the file.
        bool isOfPrograms = Node?.Mount.HasPrograms == true;
        return !isOfPrograms && (protection & MemoryProtection.Execute) != 0 ? Errno.EPERM : Errno.ENODEV;
    }

    /// <summary>Adds a reference, of another descriptor.</summary>
    public void Hold() => _holders++;

    /// <summary>Drops a reference; the last one closes it.</summary>
    public void Release()
    {
        if (--_holders != 0) return;
        foreach (IFileWatcher watcher in _watchers?.Distinct().ToArray() ?? []) watcher.Forget(this);    // a copy: they remove themselves
        Close();
        Node?.Dispose();
    }

    /// <summary>Sets the file of the tree that it is open on, and holds it.</summary>
    public void OpenedOn(TreeNode node) => Node = node.Hold();

    /// <summary>chmod, chown and utimens of a file in no tree. EPERM if they cannot be changed.</summary>
    public virtual Errno ChangeMode(FileModes mode) => Errno.None;

    /// <summary>Same as <see cref="ChangeMode"/>.</summary>
    public virtual Errno ChangeOwner(uint user, uint group) => Errno.None;

    /// <summary>Same as <see cref="ChangeMode"/>.</summary>
    public virtual Errno SetTimes(ReadOnlySpan<long> times) => Errno.None;

    /// <summary>Opens the same file again (/proc/PID/fd/N). ENXIO if it cannot be opened by a name. Linux: sock_no_open.</summary>
    public virtual Errno Reopen(FileFlags flags, out OpenDescription? open)
    {
        open = null;
        return Errno.ENXIO;    // no_open, for sockets in /proc/PID/fd
    }

    /// <summary>Notifies an epoll, once for each of its items, when the file closes. Linux: eventpoll_release.</summary>
    public void AddWatcher(IFileWatcher watcher)
    {
        _watchers ??= [];
        _watchers.Add(watcher);
    }

    public void RemoveWatcher(IFileWatcher watcher) => _watchers?.Remove(watcher);

    protected virtual void Close() { }

    /// <summary>Returns EAGAIN if nonblocking; otherwise the call waits.</summary>
    protected CallResult WaitOrFail() => IsNonBlocking ? Errno.EAGAIN : CallResult.Waits;
}
