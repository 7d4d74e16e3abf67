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

    /// <summary>Holds every open file once more, and remembers its position.</summary>
    public HeldDescriptor[] Hold()
    {
        if (_open.Count == 0) return [];
        HeldDescriptor[] held = new HeldDescriptor[_open.Count];
        for (int slot = 0; slot < held.Length; slot++)
        {
            OpenFileIndex file = _open[slot];
            if (file.IsSome) files.Hold(file);
            held[slot] = new(file, file.IsSome ? files[file].Position : 0);
        }

        return held;
    }

    /// <summary>Gives the descriptors the open files that are held, at the positions that they had. The holds stay.</summary>
    public void GoBack(ReadOnlySpan<HeldDescriptor> held)
    {
        for (int slot = 0; slot < held.Length; slot++)
        {
            (OpenFileIndex file, long position) = held[slot];
            if (slot == _open.Count) _open.Add(OpenFileIndex.None);
            if (_open[slot] != file) Replace(slot, file);
            if (file.IsSome) files[file].Position = position;
        }

        for (int slot = held.Length; slot < _open.Count; slot++) Replace(slot, OpenFileIndex.None);
        if (_open.Count > held.Length) _open.RemoveRange(held.Length, _open.Count - held.Length);
    }

    /// <summary>Gives up holds that <see cref="Hold"/> has taken.</summary>
    public void Release(ReadOnlySpan<HeldDescriptor> held)
    {
        foreach (HeldDescriptor one in held)
            if (one.File.IsSome) files.Release(one.File);
    }

    private void Replace(int slot, OpenFileIndex file)
    {
        OpenFileIndex old = _open[slot];
        if (file.IsSome) files.Hold(file);
        _open[slot] = file;
        if (old.IsSome) files.Release(old);
    }

    /// <summary>The open files that descriptors hold, for the audit.</summary>
    public IEnumerable<OpenFileIndex> Held => _open.Where(static file => file.IsSome);
}

/// <summary>An open file that a snapshot holds for a descriptor, and its position then; no file for a free descriptor.</summary>
internal readonly record struct HeldDescriptor(OpenFileIndex File, long Position);
