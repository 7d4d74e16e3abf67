using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Ipc;

/// <summary>
/// All shared memory of System V, by number and by key. Linux: struct ipc_ids, ipc/util.c ipcget, ipc_obtain_object_check.
/// </summary>
/// <remarks>Semaphores and message queues are not supported: they have no mapped memory, and nearly no users.</remarks>
internal sealed class SharedSegments(GuestClock clock)
{
    /// <summary>IPCMNI_SHIFT: bits of a number that are the slot.</summary>
    public const int SlotBits = 15;    // IPCMNI_SHIFT

    /// <summary>SHMMNI.</summary>
    private const int CountMax = 4096;    // SHMMNI

    private const int CycleMin = 64, SequenceMax = 0xFFFF;    // ipc_min_cycle; INT_MAX >> IPCMNI_SHIFT

    private readonly SortedDictionary<int, SharedSegment> _slots = [];
    private int _nextSlot, _lastSlot = -1, _sequence;

    public IReadOnlyCollection<SharedSegment> All => _slots.Values;

    /// <summary>The highest slot in use; 0 when there is none.</summary>
    public int LastSlot => _slots.Count == 0 ? 0 : _slots.Keys.Last();

    /// <summary>
    /// Finds a segment by key, or creates one. ENOENT, EEXIST, EACCES, ENOSPC; EINVAL if an existing one is shorter; errors of
    /// <paramref name="make"/>.
    /// </summary>
    public Errno Get(GuestTask task, int key, uint byteLength, IpcGetFlags flags, Func<(SharedSegment? Made, Errno Error)> make,
        out SharedSegment? found)
    {
        found = key == IpcWords.Private ? null : _slots.Values.FirstOrDefault(one => one.Key == key);
        if (found is not null)
        {
            if ((flags & IpcGetFlags.CreateNew) == IpcGetFlags.CreateNew) return Errno.EEXIST;
            // The length is checked before the rights (ipc_check_perms)
            return found.ByteLength < byteLength ? Errno.EINVAL : found.CheckAccess(task.Process, flags.Rights());
        }

        if (key != IpcWords.Private && (flags & IpcGetFlags.Create) == 0) return Errno.ENOENT;
        if (_slots.Count >= CountMax) return Errno.ENOSPC;    // shmget(2)
        (found, Errno refused) = make();
        if (refused == Errno.None) Add(found!);
        return refused;
    }

    /// <summary>Finds by number. EINVAL if there is none, or the slot has been reused.</summary>
    public Errno Find(int id, out SharedSegment found) =>
        FindSlot(SlotOf(id), out found) == Errno.None && found.Id == id ? Errno.None : Errno.EINVAL;

    /// <summary>Finds by slot. EINVAL if it is empty.</summary>
    public Errno FindSlot(int slot, out SharedSegment found) => _slots.TryGetValue(slot, out found!) ? Errno.None : Errno.EINVAL;

    /// <summary>Saves the used numbers and every segment.</summary>
    public void Save(RecordWriter writer, Func<SharedSegment, int> memoryOf)
    {
        writer.Begin(RecordKind.SystemV, 3);
        foreach (int number in (ReadOnlySpan<int>)[_nextSlot, _lastSlot, _sequence, _slots.Count]) writer.Write(number);
        foreach (SharedSegment segment in _slots.Values) segment.Save(writer, memoryOf(segment));
        writer.End();
    }

    /// <summary>Loads an empty table, after the processes and the shared memory.</summary>
    public void Load(RecordReader reader, Func<RecordReader, GuestFile> take)
    {
        reader.Open(RecordKind.SystemV, 3);
        (_nextSlot, _lastSlot, _sequence) = (reader.ReadNumber(), reader.ReadNumber(), reader.ReadNumber());
        bool isSound = _nextSlot is >= 0 and <= CountMax && _lastSlot is >= -1 and < CountMax && (_sequence & ~SequenceMax) == 0;
        if (!isSound) throw RecordReader.Damaged("numbers of System V are out of their range");
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            SharedSegment one = new(reader, take);
            int slot = SlotOf(one.Id);
            if (one.Id < 0 || slot >= CountMax || !_slots.TryAdd(slot, one)) throw RecordReader.Damaged("an object of System V is none");
        }

        reader.Close();
    }

    /// <summary>Notes the end of the attachments of a process that ends, while its memory is still there. Linux: shm_close.</summary>
    public void ProcessEnds(GuestProcess process)
    {
        if (process.Memory.IsShared) return;    // the others keep the attachments
        foreach (SharedSegment segment in _slots.Values)
        {
            if (segment.IsMappedBy(process.Memory.Space)) segment.NoteDetach(process.Id, clock.RealSeconds);
        }
    }

    /// <summary>Frees segments that were removed and are no longer mapped. Linux: shm_may_destroy.</summary>
    public void DropUnused()
    {
        foreach (SharedSegment segment in _slots.Values.Where(static one => one.IsToGo && one.AttachCount == 0).ToArray())
        {
            _slots.Remove(SlotOf(segment.Id));
            segment.Release();
        }
    }

    /// <summary>Returns true if a removed segment has all of its attachments in a range, so that unmapping the range ends it.</summary>
    public bool AnyEndsWith(AddressSpace space, PageRange range)
    {
        foreach (SharedSegment segment in _slots.Values)
        {
            if (segment.IsToGo && segment.AttachCount is var count and > 0 && segment.CountAreasIn(space, range) == count) return true;
        }

        return false;
    }

    /// <summary>The pages of all segments that a user has locked. Linux: UCOUNT_RLIMIT_MEMLOCK.</summary>
    public long LockedPagesOf(uint user) => _slots.Values.Where(one => one.LockedBy == user).Sum(static one => (long)one.PageCount);

    private static int SlotOf(int id) => id & ((1 << SlotBits) - 1);

    /// <summary>Adds a segment at the next slot in a circle, so that numbers are not reused soon. Linux: ipc_idr_alloc.</summary>
    private void Add(SharedSegment one)
    {
        int limit = Math.Min(Math.Max(_slots.Count * 3 / 2, CycleMin), CountMax);
        int slot = _nextSlot < limit ? _nextSlot : 0;
        while (_slots.ContainsKey(slot)) slot = (slot + 1) % limit;
        if (slot <= _lastSlot) _sequence = (_sequence + 1) & SequenceMax;    // once around: old numbers of these slots stay invalid
        (_lastSlot, _nextSlot) = (slot, slot + 1);
        one.Id = (_sequence << SlotBits) | slot;
        _slots.Add(slot, one);
    }
}

/// <summary>Commands of shmctl(2) that all of System V IPC shares, and IPC_PRIVATE. Linux: include/uapi/linux/ipc.h.</summary>
internal static class IpcWords
{
    public const int Private = 0, Remove = 0, Set = 1, Status = 2, Information = 3;

    /// <summary>IPC_64, beside a command: the structures of Linux 2.4 and later.</summary>
    public const int NewForm = 0x100;    // IPC_64
}
