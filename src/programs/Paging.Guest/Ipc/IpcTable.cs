using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Records;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Ipc;

/// <summary>All objects of one kind, by number and by key. Linux: struct ipc_ids, ipc/util.c ipcget, ipc_obtain_object_check.</summary>
/// <param name="countMax">How many there may be.</param>
/// <param name="statusByteLength">The structure that IPC_STAT and IPC_SET know the kind by.</param>
internal sealed class IpcTable<T>(int countMax, int statusByteLength) where T : IpcObject
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

    /// <summary>
    /// Finds by key, or makes. ENOENT, EEXIST, EACCES, ENOSPC, and what <paramref name="judge"/> says of one that is there.
    /// </summary>
    public Errno Get(GuestTask task, int key, IpcGetFlags flags, Func<T, Errno> judge, Func<(T? Made, Errno Error)> make, out T? found)
    {
        found = key == IpcWords.Private ? null : _slots.Values.FirstOrDefault(one => one.Key == key);
        if (found is not null)
        {
            if ((flags & IpcGetFlags.CreateNew) == IpcGetFlags.CreateNew) return Errno.EEXIST;
            Errno error = judge(found);
            return error != Errno.None ? error : found.Judge(task.Process, flags.Rights());
        }

        if (key != IpcWords.Private && (flags & IpcGetFlags.Create) == 0) return Errno.ENOENT;
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

    /// <summary>One that the caller has such rights to. EINVAL, EACCES.</summary>
    public Errno FindAllowed(GuestTask task, int id, FileModes rights, out T found)
    {
        Errno error = Find(id, out found);
        return error == Errno.None ? found.Judge(task.Process, rights) : error;
    }

    /// <summary>
    /// One that the caller may change, for IPC_SET, whose structure is read before, or IPC_RMID. EFAULT, EINVAL, EPERM. Linux:
    /// ipcctl_obtain_check.
    /// </summary>
    public Errno FindToChange(GuestTask task, int id, int command, VirtualAddress at, out T found, out byte[] wanted)
    {
        found = null!;
        wanted = new byte[statusByteLength];
        if (command == IpcWords.Set && !task.User.TryCopyFrom(at, wanted)) return Errno.EFAULT;
        Errno error = Find(id, out found);
        return error == Errno.None ? found.JudgeOwner(task.Process) : error;
    }

    /// <summary>
    /// IPC_STAT, by number; *_STAT and *_STAT_ANY, by slot, which return the number. EINVAL, EACCES, EFAULT. Linux: msgctl_stat,
    /// semctl_stat, shmctl_stat.
    /// </summary>
    public CallResult WriteStatus(GuestTask task, int id, int command, VirtualAddress at, bool needsRight)
    {
        bool isByNumber = command == IpcWords.Status;
        T? found;
        Errno error = isByNumber ? Find(id, out found) : FindSlot(id, out found);
        if (error == Errno.None && needsRight) error = found!.Judge(task.Process, FileModes.AllRead);
        if (error != Errno.None) return error;
        byte[] bytes = new byte[statusByteLength];
        found!.WriteStatus(bytes);
        if (!task.User.TryCopyTo(at, bytes)) return Errno.EFAULT;
        return isByNumber ? 0 : found.Id;
    }

    /// <summary>Writes down which numbers were given, and every object.</summary>
    public void Save(RecordWriter writer, Action<T> save)
    {
        foreach (int number in (ReadOnlySpan<int>)[_nextSlot, _lastSlot, _sequence, _slots.Count]) writer.Write(number);
        foreach (T one in _slots.Values) save(one);
    }

    /// <summary>Fills an empty table.</summary>
    public void Load(RecordReader reader, Func<T> load)
    {
        (_nextSlot, _lastSlot, _sequence) = (reader.ReadNumber(), reader.ReadNumber(), reader.ReadNumber());
        bool isSound = _nextSlot >= 0 && _nextSlot <= countMax
            && _lastSlot >= -1 && _lastSlot < countMax && (_sequence & ~SequenceMax) == 0;
        if (!isSound) throw RecordReader.Damaged("numbers of System V are out of their range");
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            T one = load();
            int slot = one.Id & ((1 << SlotBits) - 1);
            if (one.Id < 0 || slot >= countMax || !_slots.TryAdd(slot, one)) throw RecordReader.Damaged("an object of System V is none");
        }
    }

    public void Remove(T one)
    {
        one.IsRemoved = true;
        _slots.Remove(one.Id & ((1 << SlotBits) - 1));
    }

    private Errno FindSlot(int slot, out T? found) => _slots.TryGetValue(slot, out found) ? Errno.None : Errno.EINVAL;

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
