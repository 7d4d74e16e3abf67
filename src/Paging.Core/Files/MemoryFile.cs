namespace Paging.Core;

/// <summary>A named file in the engine's RAM: what descriptors are opened on. Dispose removes the name; open descriptors and mappings go on.</summary>
public sealed class MemoryFile : IDisposable
{
    private readonly PagingEngine _engine;
    private readonly FileObject _object;
    private bool _isDisposed;

    internal MemoryFile(PagingEngine engine, FileObject file)
    {
        _engine = engine;
        _object = file;
        file.HolderCount++;
    }

    /// <summary>The name in <c>maps</c>.</summary>
    public string Name => _object.Name;

    /// <summary>Bytes.</summary>
    public long ByteLength => _object.ByteLength;

    /// <summary>Opens the file for a process: the lowest free descriptor. ENFILE: no memory for the record.</summary>
    public Errno Open(Process process, FileRights rights, out int descriptor)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return DescriptorTable.Open(_engine, _object, process, rights, out descriptor);
    }

    /// <summary>Reads through the page cache.</summary>
    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        _engine.EnterSlowPath();
        return _engine.FileIo.Read(_object, offset, destination, out byteCount);
    }

    /// <summary>Writes through the page cache; at once visible in every mapping.</summary>
    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        _engine.EnterSlowPath();
        return _engine.FileIo.Write(_object, offset, source, out byteCount);
    }

    /// <summary>Removes the name.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        if (!_engine.ProcessTable.IsDisposed) _engine.Files.ReleaseObject(_object);
    }
}
