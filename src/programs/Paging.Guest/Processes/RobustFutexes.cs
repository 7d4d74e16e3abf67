using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Processes;

/// <summary>
/// Marks the locks that a thread held when it ended, and wakes a waiter of each. Linux: kernel/futex/core.c exit_robust_list.
/// </summary>
internal static class RobustFutexes
{
    private const uint OwnerDied = 0x4000_0000, Waiters = 0x8000_0000, IdMask = 0x3FFF_FFFF;    // include/uapi/linux/futex.h
    private const int EntriesMax = 2048;    // ROBUST_LIST_LIMIT: the list may be circular

    public static void Release(FutexTable futexes, GuestTask task)
    {
        VirtualAddress head = task.RobustList;
        task.RobustList = VirtualAddress.Zero;
        if (head == VirtualAddress.Zero || !task.User.TryRead(head, out uint entry) || !task.User.TryRead(head + 4, out uint offset)
            || !task.User.TryRead(head + 8, out uint pending))
            return;

        for (int i = 0; i < EntriesMax && (entry & ~1u) != head.Value; i++)
        {
            bool hasNext = task.User.TryRead(new(entry & ~1u), out uint next);    // the word may change hands below
            if ((entry & ~1u) != (pending & ~1u)) Release(futexes, task, entry, offset, isPending: false);
            if (!hasNext) return;
            entry = next;
        }

        if ((pending & ~1u) != 0) Release(futexes, task, pending, offset, isPending: true);
    }

    /// <summary>
    /// Releases one lock. A lock that the thread was just taking or releasing may be free already, with a waiter not yet woken. Waiters of
    /// priority-inheriting locks are handled elsewhere. Linux: handle_futex_death.
    /// </summary>
    private static void Release(FutexTable futexes, GuestTask task, uint entry, uint offset, bool isPending)
    {
        bool namesOwner = (entry & 1) != 0;    // bit 0: a lock with priority inheritance
        VirtualAddress at = new((entry & ~1u) + offset);
        if (!task.User.TryRead(at, out uint word)) return;
        if (isPending && !namesOwner && word == 0) futexes.Wake(task, at, 1, uint.MaxValue);
        if ((word & IdMask) != (uint)task.Id) return;
        task.User.TryWrite(at, (word & Waiters) | OwnerDied);
        if (!namesOwner && (word & Waiters) != 0) futexes.Wake(task, at, 1, uint.MaxValue);
    }
}
