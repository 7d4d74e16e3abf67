using System.Diagnostics;
using Paging.Native;

namespace Paging.Core;

/// <summary>A file as the engine's processes see it: what descriptors are opened on, whatever stands behind it.</summary>
/// <remarks>
/// In the engine's RAM (<see cref="PagingEngine.CreateMemoryFile"/>), on the host (<see cref="PagingEngine.OpenHostFile"/>) or behind a backing of
/// your own (<see cref="PagingEngine.CreateFile"/>). Its pages stay cached while this object, a descriptor or a mapping is there, whatever becomes of
/// processes. <see cref="Dispose"/> lets go of it: with the last use dirty pages are written and the backing is closed.
/// </remarks>
[DebuggerDisplay("{Name}, {ByteLength} bytes")]
public sealed class GuestFile : IDisposable
{
    private readonly PagingEngine _engine;
    private readonly FileObject _object;
    private ReadAheadState _readAhead;
    private bool _isDisposed;

    internal GuestFile(PagingEngine engine, FileObject file)
    {
        _engine = engine;
        _object = file;
        _readAhead = ReadAheadState.New((uint)engine.Options.ReadAheadPages);
        file.HolderCount++;
    }

    /// <summary>The name in <c>maps</c>.</summary>
    public string Name => _object.Name;

    /// <summary>Bytes.</summary>
    public long ByteLength => _object.ByteLength;

    /// <summary>What stands behind it.</summary>
    public FileKind Kind => _object.Kind;

    /// <summary>Its pages in the cache.</summary>
    public PageCount CachedPages => new(_object.Pages.Count);

    /// <summary>Its pages that the backing does not have yet.</summary>
    public PageCount DirtyPages => new(_object.DirtyCount);

    internal PagingEngine Engine => _engine;

    internal FileObject Object => _object;

    /// <summary>Opens the file for a process: the lowest free descriptor. EACCES: it cannot be opened so; EISDIR: a directory, for writing; ENFILE: no memory for the record.</summary>
    public Errno Open(Process process, FileRights rights, out int descriptor) => Open(process, rights, OpenFlags.None, out descriptor);

    /// <summary>Opens the file for a process, with flags. EINVAL: unknown flags.</summary>
    public Errno Open(Process process, FileRights rights, OpenFlags flags, out int descriptor)
    {
        Enter();
        descriptor = -1;
        if ((flags & ~(OpenFlags.Append | OpenFlags.Direct)) != 0) return Errno.EINVAL;
        if (Kind == FileKind.Directory && (rights & FileRights.Write) != 0) return Errno.EISDIR;
        if ((rights & ~_object.Rights) != 0) return Errno.EACCES;
        return DescriptorTable.Open(_engine, _object, process, rights, out descriptor, flags);
    }

    /// <summary>Reads through the page cache, as the kernel itself would. EISDIR: a directory; EIO, ENOMEM.</summary>
    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        Enter();
        byteCount = 0;
        return Kind == FileKind.Directory ? Errno.EISDIR : _engine.FileIo.Read(_object, ref _readAhead, offset, destination, destination.Length, out byteCount);
    }

    /// <summary>Writes through the page cache; at once visible in every mapping. EISDIR: a directory; EACCES: not opened for it; EFBIG, EIO, ENOMEM.</summary>
    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        Enter();
        byteCount = 0;
        Errno error = CheckWritable();
        return error != Errno.None ? error : _engine.FileIo.Write(_object, offset, source, out byteCount);
    }

    /// <summary>Makes the file shorter or longer. EISDIR, EACCES, EINVAL: negative; EFBIG: too large; what the backing says.</summary>
    public Errno SetLength(long byteLength)
    {
        Enter();
        Errno error = CheckWritable();
        return error != Errno.None ? error : _engine.FileSizes.SetLength(_object, byteLength);
    }

    /// <summary>Tells whether a page is cached. Brings nothing in.</summary>
    public bool IsCached(uint page)
    {
        Enter();
        return _engine.Cache.TryFind(_object, page, out _);
    }

    /// <summary>Lets go of the file; open descriptors and mappings go on.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        if (!_engine.ProcessTable.IsDisposed) _engine.Files.ReleaseObject(_object);
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _engine.EnterSlowPath();
        _engine.Lists.Current = _engine.Groups.Root.Number;
    }

    private Errno CheckWritable()
    {
        if (Kind == FileKind.Directory) return Errno.EISDIR;
        return (_object.Rights & FileRights.Write) != 0 ? Errno.None : Errno.EACCES;
    }
}
