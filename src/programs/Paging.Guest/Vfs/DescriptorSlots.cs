using System.Diagnostics.CodeAnalysis;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>The numbers of a process's open files: the file of each descriptor, and the mark that execve(2) closes it.</summary>
/// <remarks><code>
///   number    0   1   2   3   4   5          a new file gets the lowest free number: 3
///   file      a   b   c   -   a   d          dup(2): two numbers, one open file
///   on exec                       x
/// </code>
/// It counts no references: its owner does so for the files that it adds and removes. Linux: struct fdtable, fs/file.c.
/// </remarks>
/// <typeparam name="T">The type of a number: an open file.</typeparam>
internal sealed class DescriptorSlots<T> where T : class
{
    /// <summary>The most numbers of a table, even under a higher limit. Linux: fs.nr_open.</summary>
    public const int CountMax = 1 << 20;    // fs.nr_open

    private readonly List<Slot> _slots = [];
    private int _lowestFree;                    // no slot below it is free; it may be in use itself. Linux: next_fd

    /// <summary>One more than the highest number that was in use since <see cref="Clear"/>.</summary>
    public int End => _slots.Count;

    /// <summary>Finds the file of a descriptor. Returns false if the number is not in use.</summary>
    public bool TryGet(Descriptor descriptor, [MaybeNullWhen(false)] out T file)
    {
        uint slot = (uint)descriptor.Number;    // negative numbers become large
        bool isOpen = slot < (uint)_slots.Count && _slots[(int)slot].IsOpen;
        file = isOpen ? _slots[(int)slot].File : default;
        return isOpen;
    }

    /// <summary>Gives a file the lowest free number from <paramref name="from"/> on. Linux: alloc_fd.</summary>
    /// <param name="file">The file.</param>
    /// <param name="closeOnExec">FD_CLOEXEC: execve(2) closes the descriptor.</param>
    /// <param name="limit">RLIMIT_NOFILE: the number must be below it.</param>
    /// <param name="from">The lowest number, as the argument of F_DUPFD.</param>
    /// <param name="descriptor">The number.</param>
    /// <returns>False if there is no free number below the limit (EMFILE). Nothing has changed.</returns>
    public bool TryAdd(T file, bool closeOnExec, ulong limit, int from, out Descriptor descriptor)
    {
        descriptor = default;
        if (from >= CountMax) return false;
        int slot = FirstFree(Math.Max(from, _lowestFree));
        if (from <= _lowestFree) _lowestFree = slot;    // a search from a higher number has skipped free ones
        descriptor = new(slot);
        if ((ulong)descriptor.Number >= Math.Min(limit, CountMax)) return false;
        Put(slot, new(file, IsOpen: true, closeOnExec));
        return true;
    }

    /// <summary>Returns true if one more file would get a number below the limit.</summary>
    public bool HasRoom(ulong limit) => (ulong)FirstFree(_lowestFree) < Math.Min(limit, CountMax);

    /// <summary>Lets a number refer to a file, whether it is in use or not, as dup2(2) does.</summary>
    /// <param name="descriptor">The number: not negative, and below <see cref="CountMax"/>.</param>
    /// <param name="file">The file.</param>
    /// <param name="closeOnExec">FD_CLOEXEC: execve(2) closes the descriptor.</param>
    /// <param name="replaced">The file that it referred to before.</param>
    /// <returns>True if it referred to a file before.</returns>
    public bool Replace(Descriptor descriptor, T file, bool closeOnExec, [MaybeNullWhen(false)] out T replaced)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(descriptor.Number, nameof(descriptor));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(descriptor.Number, CountMax, nameof(descriptor));
        bool wasOpen = TryGet(descriptor, out replaced);
        Put(descriptor.Number, new(file, IsOpen: true, closeOnExec));
        return wasOpen;
    }

    /// <summary>Frees a number and returns the file that it referred to. Returns false if the number is not in use.</summary>
    public bool TryTake(Descriptor descriptor, [MaybeNullWhen(false)] out T file)
    {
        if (!TryGet(descriptor, out file)) return false;
        int slot = descriptor.Number;
        _slots[slot] = default;
        _lowestFree = Math.Min(_lowestFree, slot);    // POSIX: the lowest free number is next
        return true;
    }

    /// <summary>Returns true if the number is in use and marked FD_CLOEXEC.</summary>
    public bool IsCloseOnExec(Descriptor descriptor) => TryGet(descriptor, out _) && _slots[descriptor.Number].CloseOnExec;

    /// <summary>Sets or clears FD_CLOEXEC of a number in use. Does nothing for any other number.</summary>
    public void SetCloseOnExec(Descriptor descriptor, bool closeOnExec)
    {
        if (TryGet(descriptor, out T? file)) _slots[descriptor.Number] = new(file, IsOpen: true, closeOnExec);
    }

    /// <summary>Fills an empty table with the numbers, files and marks of another one, as fork(2) does.</summary>
    /// <exception cref="InvalidOperationException">This table is not empty.</exception>
    public void CopyFrom(DescriptorSlots<T> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (_slots.Count != 0) throw new InvalidOperationException("A descriptor table can be copied only into an empty one.");
        _slots.AddRange(other._slots);
        _lowestFree = other._lowestFree;
    }

    /// <summary>Frees all numbers. Keeps its memory, so that filling it again allocates nothing.</summary>
    public void Clear()
    {
        _slots.Clear();
        _lowestFree = 0;
    }

    private int FirstFree(int slot)
    {
        while (slot < _slots.Count && _slots[slot].IsOpen) slot++;
        return slot;
    }

    private void Put(int slot, in Slot value)
    {
        while (_slots.Count <= slot) _slots.Add(default);    // grows by use: most tables stay short
        _slots[slot] = value;
    }

    /// <summary>One number. All zero: free.</summary>
    private readonly record struct Slot(T File, bool IsOpen, bool CloseOnExec);
}
