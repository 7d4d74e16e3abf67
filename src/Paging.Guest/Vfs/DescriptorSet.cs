using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>The descriptors of a process. Linux: struct files_struct.</summary>
internal sealed class DescriptorSet
{
    private readonly List<(OpenDescription? Open, bool CloseOnExec)> _slots = [];
    private int _lowestFree;    // no number below it is free; it may be in use itself. Linux: next_fd
    private int _holders = 1;

    /// <summary>Numbers up to the highest one in use, with what stands behind them.</summary>
    public IEnumerable<Descriptor> Numbers =>
        Enumerable.Range(0, _slots.Count).Where(number => _slots[number].Open is not null).Select(static number => new Descriptor(number));

    /// <summary>The open file behind a number, also one that was opened only as a place in the tree (O_PATH). Linux: fdget_raw.</summary>
    public OpenDescription? FindRaw(Descriptor descriptor) =>
        descriptor.Number >= 0 && descriptor.Number < _slots.Count ? _slots[descriptor.Number].Open : null;

    /// <summary>
    /// The open file behind a number. None: no such number, or opened with O_PATH. Linux: fdget, __fget_light with FMODE_PATH.
    /// </summary>
    public OpenDescription? Find(Descriptor descriptor) => FindRaw(descriptor) is { IsPathOnly: false } open ? open : null;

    /// <summary>
    /// The open file of one kind behind a number. EBADF: none, or opened with O_PATH; <paramref name="otherKind"/>: it is of another kind.
    /// </summary>
    public Errno Find<T>(Descriptor descriptor, Errno otherKind, out T file) where T : OpenDescription
    {
        file = null!;
        if (Find(descriptor) is not { } open) return Errno.EBADF;
        if (open is not T found) return otherKind;
        file = found;
        return Errno.None;
    }

    /// <summary>The lowest free number from one on. EMFILE: at the limit. Linux: alloc_fd.</summary>
    public CallResult Add(OpenDescription open, bool closeOnExec, ulong limit, int from = 0)
    {
        int number = Math.Max(from, _lowestFree);
        while (number < _slots.Count && _slots[number].Open is not null) number++;
        if (from <= _lowestFree) _lowestFree = number;
        if ((ulong)number >= limit)
        {
            open.Release();
            return Errno.EMFILE;
        }

        Put(number, open, closeOnExec);
        return number;
    }

    /// <summary>A further descriptor would be below the limit.</summary>
    public bool HasRoom(ulong limit) => (ulong)_slots.Count < limit
        || _slots.FindIndex(static slot => slot.Open is null) is >= 0 and var free && (ulong)free < limit;

    /// <summary>Takes the place of what was there.</summary>
    public void Replace(Descriptor descriptor, OpenDescription open, bool closeOnExec)
    {
        if (FindRaw(descriptor) is { } old) LetGo(old);
        Put(descriptor.Number, open, closeOnExec);
    }

    public Errno Close(Descriptor descriptor)
    {
        if (FindRaw(descriptor) is not { } open) return Errno.EBADF;
        _slots[descriptor.Number] = default;
        _lowestFree = Math.Min(_lowestFree, descriptor.Number);
        LetGo(open);
        return Errno.None;
    }

    public bool IsCloseOnExec(Descriptor descriptor) => _slots[descriptor.Number].CloseOnExec;

    public void SetCloseOnExec(Descriptor descriptor, bool closeOnExec) =>
        _slots[descriptor.Number] = (_slots[descriptor.Number].Open, closeOnExec);

    public DescriptorSet Hold()
    {
        _holders++;
        return this;
    }

    public DescriptorSet Copy()
    {
        DescriptorSet copy = new() { _lowestFree = _lowestFree };
        foreach ((OpenDescription? open, bool closeOnExec) in _slots)
        {
            open?.Hold();
            copy._slots.Add((open, closeOnExec));
        }

        return copy;
    }

    /// <summary>A table with one holder: this one, or a copy in its place.</summary>
    public DescriptorSet Own()
    {
        if (_holders == 1) return this;
        DescriptorSet own = Copy();
        Release();
        return own;
    }

    /// <summary>execve: a table of the process's own, without what was marked.</summary>
    public DescriptorSet ForProgram()
    {
        DescriptorSet own = Own();
        for (int i = 0; i < own._slots.Count; i++)
        {
            if (own._slots[i].CloseOnExec) own.Close(new(i));
        }

        return own;
    }

    public void Release()
    {
        if (--_holders != 0) return;
        for (int i = 0; i < _slots.Count; i++) Close(new(i));
        _slots.Clear();
    }

    /// <summary>With any of its descriptors of a file a process loses its locks on it. Linux: filp_flush.</summary>
    private void LetGo(OpenDescription open)
    {
        open.ClosedBy(this);
        open.Release();
    }

    private void Put(int number, OpenDescription open, bool closeOnExec)
    {
        while (_slots.Count <= number) _slots.Add(default);
        _slots[number] = (open, closeOnExec);
    }
}
