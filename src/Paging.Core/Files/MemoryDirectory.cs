namespace Paging.Core;

/// <summary>A directory that can be opened, and neither read as a file nor mapped.</summary>
public sealed class MemoryDirectory : IDisposable
{
    private readonly PagingEngine _engine;
    private readonly FileObject _object;
    private bool _isDisposed;

    internal MemoryDirectory(PagingEngine engine, FileObject file)
    {
        _engine = engine;
        _object = file;
        file.HolderCount++;
    }

    /// <summary>Opens the directory for a process. ENFILE: no memory for the record.</summary>
    public Errno Open(Process process, out int descriptor) => DescriptorTable.Open(_engine, _object, process, FileRights.Read, out descriptor);

    /// <summary>Removes the name; open descriptors go on.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        if (!_engine.ProcessTable.IsDisposed) _engine.Files.ReleaseObject(_object);
    }
}
