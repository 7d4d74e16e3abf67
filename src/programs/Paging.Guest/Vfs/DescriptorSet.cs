using System.Numerics;
using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>The descriptors of a process, or of several that share them (CLONE_FILES). Linux: struct files_struct.</summary>
internal sealed class DescriptorSet
{
    private readonly DescriptorSlots<OpenDescription> _slots = new();
    private int _holders = 1;

    /// <summary>
    /// The open files that a repeated call has found at its first try, even if its descriptors were reused since; empty without such a
    /// call.
    /// </summary>
    public HeldFile[] HeldByCall { get; set; } = [];

    /// <summary>Releases its locks on a file when it closes a descriptor of that file; null if it has never had any.</summary>
    public Action<OpenDescription, object>? Closed { get; set; }

    /// <summary>The numbers in use, in ascending order.</summary>
    public IEnumerable<Descriptor> Numbers =>
        Enumerable.Range(0, _slots.End).Select(static number => new Descriptor(number)).Where(number => _slots.TryGet(number, out _));

    /// <summary>The size of Linux's table for these descriptors: FDSize of status. Linux: alloc_fdtable.</summary>
    public int TableSize
    {
        get
        {
            const int first = 64, step = 128;    // BITS_PER_LONG; 1024 bytes of pointers
            return _slots.End <= first ? first : (int)BitOperations.RoundUpToPowerOf2((uint)((_slots.End - 1) / step) + 1) * step;
        }
    }

    /// <summary>Finds the open file of a descriptor, including one of O_PATH. Linux: fdget_raw.</summary>
    public OpenDescription? FindRaw(Descriptor descriptor)
    {
        foreach (HeldFile held in HeldByCall)    // first: the number may be another file's by now
        {
            if (held.Number == descriptor) return held.File;
        }

        return _slots.TryGet(descriptor, out OpenDescription? open) ? open : null;
    }

    /// <summary>Returns true if a descriptor still refers to an open file, for a call that is made again.</summary>
    public bool IsStill(Descriptor descriptor, OpenDescription file) =>
        _slots.TryGet(descriptor, out OpenDescription? open) && open == file;

    /// <summary>
    /// Finds the open file of a descriptor. Null if there is none, or it was opened with O_PATH. Linux: fdget, __fget_light with
    /// FMODE_PATH.
    /// </summary>
    public OpenDescription? Find(Descriptor descriptor) => FindRaw(descriptor) is { IsPathOnly: false } open ? open : null;

    /// <summary>
    /// Finds the open file of one kind. EBADF if there is none, or it was opened with O_PATH; <paramref name="otherKind"/> for another
    /// kind.
    /// </summary>
    public Errno Find<T>(Descriptor descriptor, Errno otherKind, out T file) where T : OpenDescription
    {
        file = null!;
        if (Find(descriptor) is not { } open) return Errno.EBADF;
        if (open is not T found) return otherKind;
        file = found;
        return Errno.None;
    }

    /// <summary>
    /// Adds an open file at the lowest free descriptor from a number on. At the limit, EMFILE, and the file is released. Linux: alloc_fd.
    /// </summary>
    public CallResult Add(OpenDescription open, bool closeOnExec, ulong limit, int from = 0)
    {
        if (_slots.TryAdd(open, closeOnExec, limit, from, out Descriptor descriptor)) return descriptor.Number;
        open.Release();
        return Errno.EMFILE;
    }

    /// <summary>Returns true if there is a free descriptor below the limit.</summary>
    public bool HasRoom(ulong limit) => _slots.HasRoom(limit);

    /// <summary>Makes a descriptor refer to an open file, and closes its old one. Linux: do_dup2.</summary>
    public void Replace(Descriptor descriptor, OpenDescription open, bool closeOnExec)
    {
        if (_slots.Replace(descriptor, open, closeOnExec, out OpenDescription? old)) LetGo(old);
    }

    public Errno Close(Descriptor descriptor)
    {
        if (!_slots.TryTake(descriptor, out OpenDescription? open)) return Errno.EBADF;
        LetGo(open);
        return Errno.None;
    }

    public bool IsCloseOnExec(Descriptor descriptor) => _slots.IsCloseOnExec(descriptor);

    public void SetCloseOnExec(Descriptor descriptor, bool closeOnExec) => _slots.SetCloseOnExec(descriptor, closeOnExec);

    public DescriptorSet Hold()
    {
        _holders++;
        return this;
    }

    /// <summary>Copies the table, as fork(2) does.</summary>
    public DescriptorSet Copy()
    {
        DescriptorSet copy = new();
        copy._slots.CopyFrom(_slots);
        foreach (Descriptor descriptor in copy.Numbers) copy.FindRaw(descriptor)!.Hold();
        return copy;
    }

    /// <summary>Returns a table with one holder: this one, or a copy. Linux: unshare_files.</summary>
    public DescriptorSet Own()
    {
        if (_holders == 1) return this;
        DescriptorSet own = Copy();
        Release();
        return own;
    }

    /// <summary>Returns an unshared table without close-on-exec descriptors, for execve.</summary>
    public DescriptorSet ForProgram()
    {
        DescriptorSet own = Own();
        for (int number = 0; number < own._slots.End; number++)
        {
            if (own.IsCloseOnExec(new(number))) own.Close(new(number));    // on an own copy: threads of the old program may share it
        }

        return own;
    }

    /// <summary>Drops one holder. The last one closes every descriptor.</summary>
    public void Release()
    {
        if (--_holders != 0) return;    // threads share it (CLONE_FILES)
        for (int number = 0; number < _slots.End; number++) Close(new(number));
        _slots.Clear();
    }

    /// <summary>Releases an open file. A process that closes any descriptor of a file loses its locks on it. Linux: filp_flush.</summary>
    private void LetGo(OpenDescription open)
    {
        Closed?.Invoke(open, this);    // any close drops a process's locks of the file (fcntl(2))
        open.Release();
    }
}
