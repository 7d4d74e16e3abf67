using Paging.Core;
using Paging.Guest.Abi;
using Paging.Native;

namespace Paging.Guest.Vfs;

/// <summary>One result of open(2), pipe(2) and their like: what descriptors refer to. Linux: struct file.</summary>
/// <remarks>Reading and writing return a count, an error, or <see cref="CallResult.Waits"/>.</remarks>
internal abstract class OpenDescription(string path, FileFlags flags)
{
    private int _holders = 1;
    private List<IFileWatcher>? _watchers;

    /// <summary>The file in the tree that it was opened on; null: it has none, as a pipe or a socket. Linux: f_path.</summary>
    public TreeNode? Node { get; private set; }

    /// <summary>Where its file lies now, or a word for what lies nowhere: for /proc/PID/fd.</summary>
    public string Path => Node?.Path ?? path;

    /// <summary>O_* as F_GETFL returns them.</summary>
    public virtual FileFlags Flags { get; set; } = flags;

    public virtual long Position { get; set; }

    /// <summary>A place in the tree was only named (O_PATH): most calls take such a descriptor for none.</summary>
    public bool IsPathOnly => (Flags & FileFlags.PathOnly) != 0;

    /// <summary>O_WRONLY | O_RDWR asks for the right to do both and gives none. Linux: OPEN_FMODE.</summary>
    public bool CanRead => !IsPathOnly && (Flags & FileFlags.AccessMask) is FileFlags.None or FileFlags.ReadWrite;

    /// <inheritdoc cref="CanRead"/>
    public bool CanWrite => !IsPathOnly && (Flags & FileFlags.AccessMask) is FileFlags.WriteOnly or FileFlags.ReadWrite;

    /// <summary>read(2) means something for it. Linux: FMODE_CAN_READ.</summary>
    public virtual bool HasRead => true;

    /// <summary>write(2) means something for it. Linux: FMODE_CAN_WRITE.</summary>
    public virtual bool HasWrite => true;

    public bool IsNonBlocking => (Flags & FileFlags.NonBlocking) != 0;

    /// <summary>Has a position; false: a stream, ESPIPE.</summary>
    public virtual bool IsSeekable => false;

    /// <summary>Data for it need not be readable: it is thrown away unseen (/dev/null).</summary>
    public virtual bool IgnoresData => false;

    /// <summary>At most so many bytes are taken from a program at once: a page, where pages of it go straight to a file.</summary>
    public virtual int WriteBlockByteLength => 65536;

    /// <summary>RLIMIT_FSIZE bounds its length. Linux: generic_write_check_limits, inode_newsize_ok.</summary>
    public virtual bool HasSizeLimit => false;

    /// <summary>
    /// readv(2) or writev(2) hands all parts over at once; false: one by one, and no flags are known. Linux: do_loop_readv_writev.
    /// </summary>
    public virtual bool TakesParts(bool isWrite) => true;

    /// <summary>Refuses a write by its length, before any byte of it is looked at.</summary>
    public virtual Errno JudgeWrite(uint byteLength) => Errno.None;

    /// <summary>Its bytes can go into a pipe: sendfile(2). Linux: the file has a splice_read operation.</summary>
    public virtual bool CanSpliceFrom => IsSeekable;

    /// <summary>What statfs(2) says of a file in no tree; 0: as of the root. Linux: the magic of its pseudo file system.</summary>
    public virtual long PseudoFileSystem => 0;

    /// <summary>F_GET_SEALS. EINVAL: it cannot be sealed. Linux: memfd_get_seals.</summary>
    public virtual CallResult Seals => Errno.EINVAL;

    /// <summary>F_ADD_SEALS of what is open for writing. EINVAL: it cannot be sealed. Linux: memfd_add_seals.</summary>
    public virtual Errno AddSeals(FileSeals seals) => Errno.EINVAL;

    public abstract Errno Status(out FileStatus status);

    public virtual CallResult Read(Span<byte> destination) => Errno.EINVAL;

    public virtual CallResult Write(ReadOnlySpan<byte> source) => Errno.EINVAL;

    public virtual CallResult ReadAt(long offset, Span<byte> destination) => Errno.ESPIPE;

    public virtual CallResult WriteAt(long offset, ReadOnlySpan<byte> source) => Errno.ESPIPE;

    public virtual CallResult Seek(long offset, int whence) => Errno.ESPIPE;

    /// <summary>ftruncate(2), and truncate(2) of what a path opens. EINVAL: it has no length.</summary>
    public virtual Errno SetLength(long byteLength) => Errno.EINVAL;

    /// <summary>O_TRUNC, whatever else it is open for: only a regular file loses its bytes. Linux: handle_truncate.</summary>
    public virtual Errno Truncate() => Errno.None;

    /// <summary>fallocate(2) of what is open for writing. ENODEV: it has no blocks. Linux: vfs_fallocate.</summary>
    public virtual Errno Allocate(in FileAllocation request) => Errno.ENODEV;

    /// <summary>fsync(2). EINVAL: nothing of it can be written back. Linux: vfs_fsync_range.</summary>
    public virtual Errno Synchronize() => Errno.EINVAL;

    /// <summary>sync_file_range(2). ESPIPE: neither a regular file nor a directory.</summary>
    public virtual Errno SynchronizeRange(long offset, long byteLength, SyncRangeFlags flags) => Errno.ESPIPE;

    /// <summary>readahead(2) of what is open for reading. EINVAL: it has no page cache. Linux: ksys_readahead.</summary>
    public virtual Errno ReadAhead(long offset, long byteLength) => Errno.EINVAL;

    /// <summary>posix_fadvise(2) means something for it; false: ESPIPE, whatever the arguments are. Linux: generic_fadvise.</summary>
    public virtual bool HasAdvice => true;

    /// <summary>posix_fadvise(2): without a page cache there is nothing to do.</summary>
    public virtual Errno Advise(long offset, long byteLength, FileAdvice advice) => Errno.None;

    /// <summary>cachestat(2): how much of it the page cache has.</summary>
    public virtual FileCacheCount CountCached(FilePage first, ulong end) => default;

    /// <summary>An epoll can watch it; false: it is always ready. Linux: file_can_poll.</summary>
    public virtual bool CanBeWatched => true;

    /// <summary>What poll(2) would say, of <see cref="PollEvents"/>.</summary>
    public virtual int Readiness => PollEvents.Readable | PollEvents.Writable;

    /// <summary>The host's descriptor that bytes for it come from, when no other task can run; −1: none.</summary>
    public virtual int HostDescriptor => -1;

    /// <summary>How often something came to be read and how often there was room again: an edge is a wake (EPOLLET).</summary>
    public virtual (long ToRead, long ToWrite) Wakes { get; protected set; }

    /// <summary>How many of them have woken one epoll alone (EPOLLEXCLUSIVE).</summary>
    public (long ToRead, long ToWrite) WakesTaken { get; set; }

    /// <summary>The open that it comes from has made the file (F_CREATED_QUERY). Linux: FMODE_CREATED.</summary>
    public bool HasMadeFile { get; set; }

    /// <summary>EPIPE comes with SIGPIPE.</summary>
    public virtual bool SignalsBrokenPipe => false;

    /// <summary>The error of ioctl(2) on what is no terminal.</summary>
    public virtual CallResult Ioctl(in IoctlCall call) => Errno.ENOTTY;

    /// <summary>mmap(2) of it. ENODEV: it cannot be mapped.</summary>
    public virtual Errno Map(AddressSpace space, VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags,
        ulong byteOffset, out VirtualAddress at)
    {
        at = default;
        if (byteLength == 0) return Errno.EINVAL;
        MapFlags type = flags & MapFlags.TypeMask;
        if (type is not (MapFlags.Private or MapFlags.Shared or MapFlags.SharedValidate)) return Errno.EINVAL;
        bool isShared = type != MapFlags.Private;
        bool isRefused = !CanRead || (isShared && !CanWrite && (protection & MemoryProtection.Write) != 0);
        if (isRefused) return Errno.EACCES;
        // Pipes, sockets and the like lie on file systems without programs. Linux: path_noexec, which do_mmap asks before the file.
        bool isOfPrograms = Node?.Mount.HasPrograms == true;
        return !isOfPrograms && (protection & MemoryProtection.Execute) != 0 ? Errno.EPERM : Errno.ENODEV;
    }

    /// <summary>Another descriptor refers to it.</summary>
    public void Hold() => _holders++;

    /// <summary>A descriptor is gone; with the last one it closes.</summary>
    public void Release()
    {
        if (--_holders != 0) return;
        foreach (IFileWatcher watcher in _watchers?.Distinct().ToArray() ?? []) watcher.Forget(this);
        Close();
        Node?.Dispose();
    }

    /// <summary>It is open on a file of the tree, which it holds from now on.</summary>
    public void OpenedOn(TreeNode node) => Node = node.Hold();

    /// <summary>chmod, chown and utimens of a file that lies in no tree. EPERM: it keeps what it has.</summary>
    public virtual Errno ChangeMode(FileModes mode) => Errno.None;

    /// <summary>As <see cref="ChangeMode"/>.</summary>
    public virtual Errno ChangeOwner(uint user, uint group) => Errno.None;

    /// <summary>As <see cref="ChangeMode"/>.</summary>
    public virtual Errno SetTimes(ReadOnlySpan<long> times) => Errno.None;

    /// <summary>Opens the same file once more (/proc/PID/fd/N). ENXIO: it cannot be opened by a name. Linux: sock_no_open.</summary>
    public virtual Errno Reopen(FileFlags flags, out OpenDescription? open)
    {
        open = null;
        return Errno.ENXIO;
    }

    /// <summary>Notifies an epoll, once for each of its items, when the file closes. Linux: eventpoll_release.</summary>
    public void AddWatcher(IFileWatcher watcher)
    {
        _watchers ??= [];
        _watchers.Add(watcher);
    }

    public void RemoveWatcher(IFileWatcher watcher) => _watchers?.Remove(watcher);

    protected virtual void Close() { }

    /// <summary>Nothing to be had yet: the call waits, or says so.</summary>
    protected CallResult WaitOrSay() => IsNonBlocking ? Errno.EAGAIN : CallResult.Waits;
}
