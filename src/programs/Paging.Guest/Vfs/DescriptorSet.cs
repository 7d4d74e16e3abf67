using System.Numerics;
using Paging.Core;
using Paging.Core.Files;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>The descriptors of a process, or of several that share them (CLONE_FILES). Linux: struct files_struct.</summary>
internal sealed class DescriptorSet
{
    private readonly DescriptorSlots<OpenDescription> _slots = new();
    private int _holders = 1;

    /// <summary>
    /// What the call that is made again found behind its numbers at first, whatever the numbers are for by now. None: no such call.
    /// </summary>
    public HeldFile[] HeldByCall { get; set; } = [];

    /// <summary>Releases the locks that it has on a file when it closes a descriptor of that; null: it has never had any.</summary>
    public IFileLocks? Locks { get; set; }

    /// <summary>The numbers in use, in ascending order.</summary>
    public IEnumerable<Descriptor> Numbers =>
        Enumerable.Range(0, _slots.End).Select(static number => new Descriptor(number)).Where(number => _slots.TryGet(number, out _));

    /// <summary>How many numbers a table of Linux's would have room for by now: FDSize of status. Linux: alloc_fdtable.</summary>
    public int TableSize
    {
        get
        {
            const int first = 64, step = 128;    // BITS_PER_LONG; 1024 bytes of pointers
            return _slots.End <= first ? first : (int)BitOperations.RoundUpToPowerOf2((uint)((_slots.End - 1) / step) + 1) * step;
        }
    }

    /// <summary>The open file behind a number, also one that was opened only as a place in the tree (O_PATH). Linux: fdget_raw.</summary>
    public OpenDescription? FindRaw(Descriptor descriptor)
    {
        foreach (HeldFile held in HeldByCall)
        {
            if (held.Number == descriptor) return held.File;
        }

        return _slots.TryGet(descriptor, out OpenDescription? open) ? open : null;
    }

    /// <summary>A number is an open file's now, whatever the call that is made again has found behind it.</summary>
    public bool IsStill(Descriptor descriptor, OpenDescription file) =>
        _slots.TryGet(descriptor, out OpenDescription? open) && open == file;

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

    /// <summary>
    /// Gives an open file the lowest free number from one on. EMFILE: at the limit; the file is released. Linux: alloc_fd.
    /// </summary>
    public CallResult Add(OpenDescription open, bool closeOnExec, ulong limit, int from = 0)
    {
        if (_slots.TryAdd(open, closeOnExec, limit, from, out Descriptor descriptor)) return descriptor.Number;
        open.Release();
        return Errno.EMFILE;
    }

    /// <summary>One more open file would get a number below the limit.</summary>
    public bool HasRoom(ulong limit) => _slots.HasRoom(limit);

    /// <summary>Lets a number refer to an open file and closes what it referred to before. Linux: do_dup2.</summary>
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

    /// <summary>A table with the same numbers and open files, as fork(2) makes it.</summary>
    public DescriptorSet Copy()
    {
        DescriptorSet copy = new();
        copy._slots.CopyFrom(_slots);
        foreach (Descriptor descriptor in copy.Numbers) copy.FindRaw(descriptor)!.Hold();
        return copy;
    }

    /// <summary>A table with one holder: this one, or a copy in its place. Linux: unshare_files.</summary>
    public DescriptorSet Own()
    {
        if (_holders == 1) return this;
        DescriptorSet own = Copy();
        Release();
        return own;
    }

    /// <summary>execve: a table of the process's own, without the descriptors that are marked close-on-exec.</summary>
    public DescriptorSet ForProgram()
    {
        DescriptorSet own = Own();
        for (int number = 0; number < own._slots.End; number++)
        {
            if (own.IsCloseOnExec(new(number))) own.Close(new(number));
        }

        return own;
    }

    /// <summary>Drops one holder. The last one closes every descriptor.</summary>
    public void Release()
    {
        if (--_holders != 0) return;
        for (int number = 0; number < _slots.End; number++) Close(new(number));
        _slots.Clear();
    }

    /// <summary>A process that closes any descriptor of a file loses its locks on the file. Linux: filp_flush.</summary>
    private void LetGo(OpenDescription open)
    {
        Locks?.ClosedBy(open, this);
        open.Release();
    }
}
