namespace Paging.Core.Files;

/// <summary>
/// The descriptors of a process: small numbers for open files. New ones get the lowest free number. Linux: struct files_struct.
/// </summary>
internal sealed class DescriptorTable(OpenFileTable files)
{
    /// <summary>0, 1 and 2 are the standard streams, which the engine does not provide.</summary>
    private const int FirstNumber = 3;

    private readonly List<OpenFileIndex> _open = [];

    /// <summary>Gives an open file the lowest free number. The descriptor takes over the caller's hold on the open file.</summary>
    public int Add(OpenFileIndex file)
    {
        int slot = _open.IndexOf(OpenFileIndex.None);
        if (slot < 0)
        {
            slot = _open.Count;
            _open.Add(file);
        }
        else
        {
            _open[slot] = file;
        }

        return slot + FirstNumber;
    }

    public bool TryGet(int descriptor, out OpenFileIndex file)
    {
        int slot = descriptor - FirstNumber;
        file = slot >= 0 && slot < _open.Count ? _open[slot] : OpenFileIndex.None;
        return file.IsSome;
    }

    public Errno Close(int descriptor)
    {
        if (!TryGet(descriptor, out OpenFileIndex file)) return Errno.EBADF;
        _open[descriptor - FirstNumber] = OpenFileIndex.None;
        files.Release(file);
        return Errno.None;
    }

    /// <summary>Fills a child's table with the open files of its parent's.</summary>
    public void CopyFrom(DescriptorTable other)
    {
        foreach (OpenFileIndex file in other._open)
        {
            _open.Add(file);
            if (file.IsSome) files.Hold(file);
        }
    }

    public void CloseAll()
    {
        foreach (OpenFileIndex file in _open)
        {
            if (file.IsSome) files.Release(file);
        }

        _open.Clear();
    }

    /// <summary>The open files that descriptors hold, for the audit.</summary>
    public IEnumerable<OpenFileIndex> Held => _open.Where(static file => file.IsSome);
}
