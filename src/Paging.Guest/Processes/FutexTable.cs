using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Processes;

/// <summary>
/// Where a futex is: an object and an offset for shared memory, whatever the mapping; a space and an address otherwise. Linux: union
/// futex_key.
/// </summary>
internal readonly record struct FutexKey(ulong Owner, ulong Offset);

/// <summary>A thread that sleeps on a futex.</summary>
internal sealed class FutexWaiter(FutexKey key, uint mask) : IAwaited
{
    public FutexKey Key { get; set; } = key;

    public uint Mask { get; } = mask;

    public bool IsWoken { get; set; }
}

/// <summary>Who sleeps on which futex, in the order in which they went to sleep. Linux: kernel/futex.</summary>
internal sealed class FutexTable(Happenings happenings)
{
    private readonly List<FutexWaiter> _waiters = [];

    public void Add(FutexWaiter waiter) => _waiters.Add(waiter);

    public void Remove(FutexWaiter waiter) => _waiters.Remove(waiter);

    /// <summary>Wakes up to <paramref name="count"/> sleepers of a word of a task's memory.</summary>
    public int Wake(GuestTask task, VirtualAddress address, int count, uint mask) =>
        TryKey(task, address, out FutexKey key) ? Wake(key, count, mask) : 0;

    public int Wake(FutexKey key, int count, uint mask)
    {
        int woken = 0;
        for (int i = 0; i < _waiters.Count && woken < count;)
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

        if (woken > 0) happenings.Happened();
        return woken;
    }

    /// <summary>Lets sleepers of one word sleep on another.</summary>
    public int Requeue(FutexKey from, FutexKey to, int count)
    {
        int moved = 0;
        foreach (FutexWaiter waiter in _waiters)
        {
            if (moved == count) break;
            if (waiter.Key != from) continue;
            waiter.Key = to;
            moved++;
        }

        return moved;
    }

    /// <summary>False: nothing is mapped there.</summary>
    public static bool TryKey(GuestTask task, VirtualAddress address, out FutexKey key)
    {
        key = default;
        if (!task.Process.Memory.Space.TryIdentify(address, out MemoryIdentity identity)) return false;
        key = new(identity.Owner + 1, identity.Offset);    // the default key names no byte
        return true;
    }
}
