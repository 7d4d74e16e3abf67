using System.Diagnostics;
using Paging.Core.Accounting;
using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Io;
using Paging.Core.Reclaim;
using Paging.Native;

namespace Paging.Core;

/// <summary>A file of the engine, which processes open by descriptor.</summary>
/// <remarks>
/// It lies in the engine's RAM (<see cref="PagingEngine.CreateMemoryFile"/>), on the host (<see cref="PagingEngine.OpenHostFile"/>) or
/// behind the embedder's own backing (<see cref="PagingEngine.CreateFile"/>). Its pages stay cached as long as this object, a
/// descriptor or a mapping exists. After <see cref="Dispose"/> the last use writes dirty pages and closes the backing.
/// </remarks>
[DebuggerDisplay("{Name}, {ByteLength} bytes")]
public sealed class GuestFile : IDisposable
{
    private readonly ThreadGuard _guard;
    private readonly MemoryGroups _groups;
    private readonly FileCalls _calls;
    private readonly PageCache _cache;
    private readonly FileObject _object;
    private ReadAheadState _readAhead;
    private bool _isDisposed;

    internal GuestFile(ThreadGuard guard, MemoryGroups groups, FileCalls calls, PageCache cache, FileObject file)
    {
        _guard = guard;
        _groups = groups;
        _calls = calls;
        _cache = cache;
        _object = file;
        _readAhead = calls.OpenFiles.NewReadAhead();
        file.HolderCount++;
    }

    /// <summary>The name in <c>maps</c>.</summary>
    public string Name => _object.Name;

    /// <summary>The size in bytes.</summary>
    public long ByteLength => _object.ByteLength;

    /// <summary>What kind of file it is.</summary>
    public FileKind Kind => _object.Kind;

    /// <summary>How many of its pages are cached.</summary>
    public PageCount CachedPages => new(_object.Pages.Count);

    /// <summary>How many of its pages are newer than the backing.</summary>
    public PageCount DirtyPages => new(_object.DirtyCount);

    internal FileCalls Calls => _calls;

    internal FileObject Object => _object;

    /// <summary>Opens the file for a process, with its lowest free descriptor.</summary>
    /// <returns>EACCES: the file does not have these rights. EISDIR: a directory, for writing. ENFILE: no memory for the record.</returns>
    public Errno Open(Process process, FileRights rights, out int descriptor) => Open(process, rights, OpenFlags.None, out descriptor);

    /// <summary>Opens the file for a process, with flags.</summary>
    /// <returns>EINVAL: unknown flags. Otherwise as without flags.</returns>
    public Errno Open(Process process, FileRights rights, OpenFlags flags, out int descriptor)
    {
        Enter();
        descriptor = -1;
        if ((flags & ~(OpenFlags.Append | OpenFlags.Direct)) != 0) return Errno.EINVAL;
        if (Kind == FileKind.Directory && (rights & FileRights.Write) != 0) return Errno.EISDIR;
        if ((rights & ~_object.Rights) != 0) return Errno.EACCES;
        ArgumentNullException.ThrowIfNull(process);
        process.ThrowIfEnded();
        if (!_calls.OpenFiles.TryOpen(_object, rights, flags, out OpenFileIndex open)) return Errno.ENFILE;
        descriptor = process.Descriptors.Add(open);
        return Errno.None;
    }

    /// <summary>Reads through the page cache, as the kernel itself does.</summary>
    /// <returns>EISDIR: a directory. EIO, ENOMEM.</returns>
    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        Enter();
        byteCount = 0;
        if (Kind == FileKind.Directory) return Errno.EISDIR;
        return _calls.Buffered.Read(_object, ref _readAhead, offset, destination, destination.Length, out byteCount);
    }

    /// <summary>Writes through the page cache. Every mapping sees the bytes at once.</summary>
    /// <returns>EISDIR: a directory. EACCES: not writable. EFBIG, EIO, ENOMEM.</returns>
    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        Enter();
        byteCount = 0;
        Errno error = CheckWritable();
        return error != Errno.None ? error : _calls.Buffered.Write(_object, offset, source, out byteCount);
    }

    /// <summary>Truncates or extends the file.</summary>
    /// <returns>EISDIR: a directory. EACCES: not writable. EINVAL: negative. EFBIG: too large. Otherwise the backing's error.</returns>
    public Errno SetLength(long byteLength)
    {
        Enter();
        Errno error = CheckWritable();
        return error != Errno.None ? error : _calls.Sizes.SetLength(_object, byteLength);
    }

    /// <summary>Returns true if a page is cached. Reads nothing in.</summary>
    public bool IsCached(uint page)
    {
        Enter();
        return _cache.TryFind(_object, page, out _);
    }

    /// <summary>Releases the file. Open descriptors and mappings stay valid.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        if (!_guard.IsClosed) _calls.OpenFiles.ReleaseObject(_object);
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _guard.Enter();
        _groups.ChargeRoot();
    }

    private Errno CheckWritable()
    {
        if (Kind == FileKind.Directory) return Errno.EISDIR;
        return (_object.Rights & FileRights.Write) != 0 ? Errno.None : Errno.EACCES;
    }
}
