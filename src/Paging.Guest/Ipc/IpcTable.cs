using Paging.Core;

namespace Paging.Guest;

/// <summary>All objects of one kind, by number and by key. Linux: struct ipc_ids, ipc/util.c ipcget, ipc_obtain_object_check.</summary>
internal sealed class IpcTable<T>(int countMax) where T : IpcObject
{
    /// <summary>IPCMNI_SHIFT: bits of a number that are the slot.</summary>
    public const int SlotBits = 15;

    private const int CycleMin = 64, SequenceMax = 0xFFFF;

    private readonly SortedDictionary<int, T> _slots = [];
    private int _nextSlot, _lastSlot = -1, _sequence;

    public IEnumerable<T> All => _slots.Values;

    public int Count => _slots.Count;

    /// <summary>The highest slot in use; 0 when there is none.</summary>
    public int LastSlot => _slots.Count == 0 ? 0 : _slots.Keys.Last();

    /// <summary>Finds by key, or makes. ENOENT, EEXIST, EACCES, ENOSPC, and what <paramref name="judge"/> says of one that is there.</summary>
    public Errno Get(GuestTask task, int key, uint flags, Func<T, Errno> judge, Func<(T? Made, Errno Error)> make, out T? found)
    {
        found = key == IpcWords.Private ? null : _slots.Values.FirstOrDefault(one => one.Key == key);
        if (found is not null)
        {
            if ((flags & (IpcWords.Create | IpcWords.Exclusive)) == (IpcWords.Create | IpcWords.Exclusive)) return Errno.EEXIST;
            Errno error = judge(found);
            return error != Errno.None ? error : found.Judge(task.Process, flags);
        }

        if (key != IpcWords.Private && (flags & IpcWords.Create) == 0) return Errno.ENOENT;
        if (_slots.Count >= countMax) return Errno.ENOSPC;
        (found, Errno refused) = make();
        if (refused != Errno.None) return refused;
        found!.Key = key;
        Add(found);
        return Errno.None;
    }

    /// <summary>EINVAL: no such number, or one that has been used again.</summary>
    public Errno Find(int id, out T found)
    {
        found = null!;
        if (id < 0 || !_slots.TryGetValue(id & ((1 << SlotBits) - 1), out T? one) || one.Id != id) return Errno.EINVAL;
        found = one;
        return Errno.None;
    }

    /// <summary>By slot, for the *_STAT commands.</summary>
    public Errno FindSlot(int slot, out T found)
    {
        found = _slots.GetValueOrDefault(slot)!;
        return found is null ? Errno.EINVAL : Errno.None;
    }

    public void Remove(T one)
    {
        one.IsRemoved = true;
        _slots.Remove(one.Id & ((1 << SlotBits) - 1));
    }

    /// <summary>Slots go round, so that a number is not used again soon. Linux: ipc_idr_alloc.</summary>
    private void Add(T one)
    {
        int limit = Math.Min(Math.Max(_slots.Count * 3 / 2, CycleMin), countMax);
        int slot = _nextSlot < limit ? _nextSlot : 0;
        while (_slots.ContainsKey(slot)) slot = (slot + 1) % limit;
        if (slot <= _lastSlot) _sequence = (_sequence + 1) & SequenceMax;
        (_lastSlot, _nextSlot) = (slot, slot + 1);
        one.Id = (_sequence << SlotBits) | slot;
        _slots.Add(slot, one);
    }
}
