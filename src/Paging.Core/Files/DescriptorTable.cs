using Paging.Native.Diagnostics;

namespace Paging.Core.Files;

/// <summary>The descriptors of a process and their holds on open files. Linux: struct files_struct.</summary>
internal sealed class DescriptorTable(OpenFileTable files)
{
    /// <summary>0, 1 and 2 are the standard streams, which the engine does not provide.</summary>
    public const int FirstNumber = 3;

    /// <summary>One more than the highest number. Linux: fs.nr_open; there is no RLIMIT_NOFILE here.</summary>
    public const int EndMax = 1 << 20;

    private readonly List<OpenFileIndex> _slots = [];    // from FirstNumber on; none: the number is free
    private int _lowestFree;                             // no slot below it is free; it may be in use itself. Linux: next_fd

    /// <summary>True if there is a free number.</summary>
    public bool HasRoom => FirstNumber + FirstFree() < EndMax;

    /// <summary>Gives an open file the lowest free number. The descriptor takes over the caller's hold on the open file.</summary>
    /// <remarks>Precondition: <see cref="HasRoom"/>. Linux: alloc_fd.</remarks>
    public int Add(OpenFileIndex file)
    {
        if (Check.Cheap && !HasRoom) Check.ThrowUnmet($"Add: all of the {EndMax} descriptors are in use.");
        _lowestFree = FirstFree();
        Put(_lowestFree, file);
        return FirstNumber + _lowestFree;
    }

    public bool TryGet(int descriptor, out OpenFileIndex file)
    {
        uint slot = (uint)descriptor - FirstNumber;    // wraps for numbers below the first
        file = slot < (uint)_slots.Count ? _slots[(int)slot] : OpenFileIndex.None;
        return file.IsSome;
    }

    public Errno Close(int descriptor)
    {
        if (!TryGet(descriptor, out OpenFileIndex file)) return Errno.EBADF;
        int slot = descriptor - FirstNumber;
        _slots[slot] = OpenFileIndex.None;
        _lowestFree = Math.Min(_lowestFree, slot);
        files.Release(file);
        return Errno.None;
    }

    /// <summary>Fills a child's empty table with the open files of its parent's.</summary>
    /// <exception cref="InvalidOperationException">This table is not empty.</exception>
    public void CopyFrom(DescriptorTable other)
    {
        if (_slots.Count != 0) throw new InvalidOperationException("A descriptor table can be copied only into an empty one.");
        _slots.AddRange(other._slots);
        _lowestFree = other._lowestFree;
        foreach (OpenFileIndex file in _slots)
            if (file.IsSome) files.Hold(file);
    }

    /// <summary>Closes all descriptors. Keeps the memory of the table, so that filling it again allocates nothing.</summary>
    public void CloseAll()
    {
        for (int slot = 0; slot < _slots.Count; slot++) Close(FirstNumber + slot);
        _slots.Clear();
        _lowestFree = 0;
    }

    /// <summary>Takes one more reference to every open file, and records its position.</summary>
    public HeldDescriptor[] Hold()
    {
        if (_slots.Count == 0) return [];
        HeldDescriptor[] held = new HeldDescriptor[_slots.Count];
        for (int slot = 0; slot < held.Length; slot++)
        {
            if (!TryGet(FirstNumber + slot, out OpenFileIndex file)) continue;
            files.Hold(file);
            held[slot] = new(file, files[file].Position);
        }

        return held;
    }

    /// <summary>Gives the descriptors the open files that are held, at the positions that they had. The holds stay.</summary>
    public void Restore(ReadOnlySpan<HeldDescriptor> held)
    {
        for (int slot = 0; slot < held.Length; slot++)
        {
            (OpenFileIndex file, long position) = held[slot];
            Replace(FirstNumber + slot, file);
            if (file.IsSome) files[file].Position = position;
        }

        for (int slot = held.Length; slot < _slots.Count; slot++) Close(FirstNumber + slot);    // those opened since
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
        bool wasOpen = TryGet(number, out OpenFileIndex old);
        Put(number - FirstNumber, file);
        if (wasOpen) files.Release(old);
    }

    private int FirstFree()
    {
        int slot = _lowestFree;
        while (slot < _slots.Count && _slots[slot].IsSome) slot++;
        return slot;
    }

    private void Put(int slot, OpenFileIndex file)
    {
        while (_slots.Count <= slot) _slots.Add(OpenFileIndex.None);    // grows by use: most tables stay short
        _slots[slot] = file;
    }

    /// <summary>The descriptors, in the order of their numbers.</summary>
    public IEnumerable<(int Number, OpenFileIndex File)> All
    {
        get
        {
            for (int slot = 0; slot < _slots.Count; slot++)
                if (_slots[slot].IsSome) yield return (FirstNumber + slot, _slots[slot]);
        }
    }

    /// <summary>Gives a free number to an open file, which the descriptor holds as well.</summary>
    public void Restore(int number, OpenFileIndex file) => Replace(number, file);

    /// <summary>The open files that descriptors hold, in the order of their numbers.</summary>
    public IEnumerable<OpenFileIndex> Held => _slots.Where(static file => file.IsSome);
}

/// <summary>An open file that a snapshot holds for a descriptor, and its position then; no file for a free descriptor.</summary>
internal readonly record struct HeldDescriptor(OpenFileIndex File, long Position);
