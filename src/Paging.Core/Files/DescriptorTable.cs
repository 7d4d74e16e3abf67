namespace Paging.Core.Files;

/// <summary>The descriptors of a process and their holds on open files. Linux: struct files_struct.</summary>
internal sealed class DescriptorTable(OpenFileTable files)
{
    /// <summary>0, 1 and 2 are the standard streams, which the engine does not provide.</summary>
    private const int FirstNumber = 3;

    private readonly DescriptorSlots<OpenFileIndex> _slots = new(FirstNumber);

    /// <summary>Gives an open file the lowest free number. The descriptor takes over the caller's hold on the open file.</summary>
    public int Add(OpenFileIndex file)
    {
        _slots.TryAdd(file, closeOnExec: false, limit: ulong.MaxValue, FirstNumber, out Descriptor descriptor);
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
