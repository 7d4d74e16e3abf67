using Paging.Core;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Processes;

/// <summary>
/// The key of a futex: object and offset for shared memory, so that all mappings match; otherwise space and address. Linux: union
/// futex_key.
/// </summary>
/// <param name="Owner">The object, or the space.</param>
/// <param name="Offset">The byte in it.</param>
/// <param name="IsPrivate">True with FUTEX_PRIVATE_FLAG: calls with and without it never match, even on the same word.</param>
internal readonly record struct FutexKey(ulong Owner, ulong Offset, bool IsPrivate = false);

/// <summary>A thread that sleeps on a futex.</summary>
internal sealed class FutexWaiter(FutexKey key, uint mask) : IAwaited
{
    public FutexKey Key { get; set; } = key;

    public uint Mask { get; } = mask;

    public bool IsWoken { get; set; }
}

/// <summary>The waiters of each futex, in the order in which they began to wait. Linux: kernel/futex.</summary>
internal sealed class FutexTable(WakeUps wakeUps)
{
    private readonly List<FutexWaiter> _waiters = [];

    public void Add(FutexWaiter waiter) => _waiters.Add(waiter);

    public void Remove(FutexWaiter waiter) => _waiters.Remove(waiter);

    /// <summary>Removes a waiter, when its thread ends.</summary>
    public void Forget(IAwaited? awaited)
    {
        if (awaited is FutexWaiter one) Remove(one);
    }

    /// <summary>Wakes up to <paramref name="count"/> sleepers of a word of a task's memory, which may be shared with others.</summary>
    public int Wake(GuestTask task, VirtualAddress address, int count, uint mask) =>
        TryKey(task, address, isPrivate: false, out FutexKey key) ? Wake(key, count, mask) : 0;

    public int Wake(FutexKey key, int count, uint mask)
    {
        int woken = 0;
        for (int i = 0; i < _waiters.Count && woken < count;)    // in the order of arrival: futex(2) promises none
        {
            FutexWaiter waiter = _waiters[i];
            if (waiter.Key != key || (waiter.Mask & mask) == 0)
            {
                i++;
                continue;
            }

            waiter.IsWoken = true;
            _waiters.RemoveAt(i);
            woken++;
        }

        if (woken > 0) wakeUps.Add();
        return woken;
    }

    /// <summary>Moves sleepers from one word to another.</summary>
    public int Requeue(FutexKey from, FutexKey to, int count)
    {
        int moved = 0;
        foreach (FutexWaiter waiter in _waiters)
        {
            if (moved == count) break;
            if (waiter.Key != from) continue;
            waiter.Key = to;    // its place in the order stays, so that the longest waiter is woken first
            moved++;
        }

        return moved;
    }

    /// <summary>
    /// Finds the address of a waiter's futex in its own process. Returns false if another process has requeued it elsewhere.
    /// </summary>
    public static bool TryAddress(GuestTask task, FutexWaiter waiter, out VirtualAddress address)
    {
        address = waiter.Key.Offset <= uint.MaxValue ? new((uint)waiter.Key.Offset) : default;
        if (TryKey(task, address, waiter.Key.IsPrivate, out FutexKey key) && key == waiter.Key) return true;
        foreach (AreaSnapshot area in task.Process.Memory.Space.Areas.Snapshot())
        {
            if (area.ObjectId == 0 || waiter.Key.Offset < area.ByteOffset    // only shared words have an object
                || waiter.Key.Offset - area.ByteOffset >= area.Range.Count.Bytes) continue;
            address = area.Range.First.Address + (uint)(waiter.Key.Offset - area.ByteOffset);
            if (TryKey(task, address, isPrivate: false, out key) && key == waiter.Key) return true;
        }

        return false;
    }

    /// <summary>Saves the waiters, in the order in which they will be woken.</summary>
    public void Save(RecordWriter writer, TaskTable tasks)
    {
        writer.Begin(RecordKind.Futexes, 3);
        (GuestTask Task, FutexWaiter Waiter)[] all = [.. tasks.Tasks.Where(static task => task.Call.Awaited is FutexWaiter)
            .Select(static task => (task, (FutexWaiter)task.Call.Awaited!)).OrderBy(one => _waiters.IndexOf(one.Item2))];
        writer.Write(all.Length);
        foreach ((GuestTask task, FutexWaiter waiter) in all)
        {
            writer.Write(task.Id);
            if (!TryAddress(task, waiter, out VirtualAddress address)) throw new InvalidOperationException("A sleeper sleeps nowhere.");
            writer.Write(address.Value);
            writer.Write(waiter.Key.IsPrivate);
            writer.Write(waiter.Mask);
            writer.Write(waiter.IsWoken);
        }

        writer.End();
    }

    /// <summary>Loads the waiters, after the tasks and their memory.</summary>
    public void Load(RecordReader reader, TaskTable tasks)
    {
        reader.Open(RecordKind.Futexes, 3);
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            if (tasks.FindTask(reader.ReadNumber()) is not { Call.Awaited: null } task
                || !TryKey(task, new(reader.ReadWord()), reader.ReadFlag(), out FutexKey key))
                throw RecordReader.Damaged("a sleeper sleeps nowhere");
            (uint mask, bool isWoken) = (reader.ReadWord(), reader.ReadFlag());
            FutexWaiter waiter = new(key, mask) { IsWoken = isWoken };
            task.Call.Awaited = waiter;
            if (!waiter.IsWoken) _waiters.Add(waiter);    // a woken one has left the list, and its task returns next
        }

        reader.Close();
    }

    /// <summary>
    /// Returns the key of a call's word. A shared word is faulted in, for writing if possible, as the kernel pins its page; read-only
    /// memory must be a page of a file. Returns false for EFAULT; a private word is not accessed.
    /// Linux: get_futex_key.
    /// </summary>
    public static bool TryReach(GuestTask task, VirtualAddress address, bool isPrivate, AccessKind access, out FutexKey key)
    {
        key = default;
        AddressSpace space = task.Process.Memory.Space;
        // A copy on write would change the key: it is made now (get_futex_key: FOLL_WRITE)
        bool isThere = isPrivate || space.Touch(address, AccessKind.Write, out _, out _)
            || (access == AccessKind.Read && IsReadable(space, address.Page) && space.Touch(address, AccessKind.Read, out _, out _)
                && IsOfFile(space, address.Page));
        return isThere && TryKey(task, address, isPrivate, out key);
    }

    /// <summary>True with PROT_READ itself, although the processor could read without it. Linux: check_vma_flags.</summary>
    private static bool IsReadable(AddressSpace space, PageNumber page) =>
        space.Areas.Find(page) is { } area && area.Range.Contains(page) && (area.Flags & AreaFlags.Read) != 0;

    private static bool IsOfFile(AddressSpace space, PageNumber page) => !space.HasOwnPage(page)
        && space.Areas.Snapshot().Any(area => area.Range.Contains(page) && area.ObjectId != 0);

    /// <summary>Returns the key of a word; false if nothing is mapped there.</summary>
    public static bool TryKey(GuestTask task, VirtualAddress address, bool isPrivate, out FutexKey key)
    {
        key = new((ulong)task.Process.Memory.Core.Id, address.Value, IsPrivate: true);
        if (isPrivate) return true;
        key = default;
        if (!task.Process.Memory.Space.Areas.TryIdentify(address, out ulong owner, out ulong offset)) return false;
        key = new(owner + 1, offset);    // the default key names no byte
        return true;
    }
}
