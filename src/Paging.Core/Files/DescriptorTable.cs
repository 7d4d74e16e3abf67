namespace Paging.Core.Files;

/// <summary>The descriptors of a process and their holds on open files. Linux: struct files_struct.</summary>
internal sealed class DescriptorTable(OpenFileTable files)
{
    /// <summary>0, 1 and 2 are the standard streams, which the engine does not provide.</summary>
    private const int FirstNumber = 3;

    private const ulong NoLimit = ulong.MaxValue;    // no RLIMIT_NOFILE here; fs.nr_open remains

    private readonly DescriptorSlots<OpenFileIndex> _slots = new(FirstNumber);

    /// <summary>True if there is a free number.</summary>
    public bool HasRoom => _slots.HasRoom(NoLimit);

    /// <summary>Gives an open file the lowest free number. The descriptor takes over the caller's hold on the open file.</summary>
    /// <remarks>Precondition: <see cref="HasRoom"/>.</remarks>
    public int Add(OpenFileIndex file)
    {
        _slots.TryAdd(file, closeOnExec: false, NoLimit, FirstNumber, out Descriptor descriptor);
        return descriptor.Number;
    }

    public bool TryGet(int descriptor, out OpenFileIndex file) => _slots.TryGet(new(descriptor), out file);

    public Errno Close(int descriptor)
    {
        if (!_slots.TryTake(new(descriptor), out OpenFileIndex file)) return Errno.EBADF;
        files.Release(file);
        return Errno.None;
    }

    /// <summary>Fills a child's table with the open files of its parent's.</summary>
    public void CopyFrom(DescriptorTable other)
    {
        _slots.CopyFrom(other._slots);
        for (int number = FirstNumber; number < _slots.End; number++)
        {
            if (TryGet(number, out OpenFileIndex file)) files.Hold(file);
        }
    }

    public void CloseAll()
    {
        for (int number = FirstNumber; number < _slots.End; number++) Close(number);
        _slots.Clear();
    }

    /// <summary>Takes one more reference to every open file, and records its position.</summary>
    public HeldDescriptor[] Hold()
    {
        if (_slots.End == FirstNumber) return [];
        HeldDescriptor[] held = new HeldDescriptor[_slots.End - FirstNumber];
        for (int slot = 0; slot < held.Length; slot++)
        {
            if (!TryGet(FirstNumber + slot, out OpenFileIndex file)) continue;
            files.Hold(file);
            held[slot] = new(file, files[file].Position);
        }

        return held;
    }

    /// <summary>Gives the descriptors the open files that are held, at the positions that they had. The holds stay.</summary>
    public void GoBack(ReadOnlySpan<HeldDescriptor> held)
    {
        for (int slot = 0; slot < held.Length; slot++)
        {
            (OpenFileIndex file, long position) = held[slot];
            Replace(FirstNumber + slot, file);
            if (file.IsSome) files[file].Position = position;
        }

        for (int number = FirstNumber + held.Length; number < _slots.End; number++) Close(number);    // those opened since
    }

    /// <summary>Releases holds that <see cref="Hold"/> has taken.</summary>
    public void Release(ReadOnlySpan<HeldDescriptor> held)
    {
        foreach (HeldDescriptor one in held)
            if (one.File.IsSome) files.Release(one.File);
    }

    private void Replace(int number, OpenFileIndex file)
    {
        if (file.IsNone)
        {
            Close(number);
            return;
        }

        files.Hold(file);    // before the release: both may be the same open file
        if (_slots.Replace(new(number), file, closeOnExec: false, out OpenFileIndex old)) files.Release(old);
    }

    /// <summary>The open files that descriptors hold, for the audit.</summary>
    public IEnumerable<OpenFileIndex> Held
    {
        get
        {
            for (int number = FirstNumber; number < _slots.End; number++)
            {
                if (TryGet(number, out OpenFileIndex file)) yield return file;
            }
        }
    }
}

/// <summary>An open file that a snapshot holds for a descriptor, and its position then; no file for a free descriptor.</summary>
internal readonly record struct HeldDescriptor(OpenFileIndex File, long Position);
