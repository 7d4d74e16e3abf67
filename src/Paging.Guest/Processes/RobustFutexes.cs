using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Processes;

/// <summary>
/// Locks that a thread held when it ended: marked, and one who waits is woken. Linux: kernel/futex/core.c exit_robust_list.
/// </summary>
internal static class RobustFutexes
{
    private const uint OwnerDied = 0x4000_0000, Waiters = 0x8000_0000, IdMask = 0x3FFF_FFFF;
    private const int EntriesMax = 2048;

    public static void Release(FutexTable futexes, GuestTask task)
    {
        VirtualAddress head = task.RobustList;
        task.RobustList = VirtualAddress.Zero;
        if (head == VirtualAddress.Zero || !task.User.TryRead(head, out uint entry)
            || !task.User.TryRead(head + 4, out uint offset))
            return;

        for (int i = 0; i < EntriesMax && entry != head.Value; i++)
        {
            VirtualAddress at = new((entry & ~1u) + offset);
            if (task.User.TryRead(at, out uint word) && (word & IdMask) == (uint)task.Id)
            {
                task.User.TryWrite(at, (word & Waiters) | OwnerDied);
                if ((word & Waiters) != 0) futexes.Wake(task, at, 1, uint.MaxValue);
            }

            if (!task.User.TryRead(new(entry & ~1u), out entry)) return;
        }
    }
}
