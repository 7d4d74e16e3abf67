using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Processes;

/// <summary>A thread that waits to own a lock.</summary>
internal sealed class InheritingWaiter(GuestTask task, FutexKey key, VirtualAddress address) : IAwaited
{
    public GuestTask Task => task;

    public FutexKey Key => key;

    public VirtualAddress Address => address;

    public bool IsOwner { get; set; }
}

//  31  30  29                             0
// ┌───┬───┬──────────────────────────────┐
// │ W │ D │ the owner's thread number    │    W: a task waits, ask the kernel to unlock; D: an owner has died with it
// └───┴───┴──────────────────────────────┘
/// <summary>
/// Locks whose word names the owner: the kernel hands them from one to the next. Priorities are not lent, as no turn depends on them here.
/// </summary>
/// <remarks>Linux: kernel/futex/pi.c. Requeueing to such a lock is not known (ENOSYS).</remarks>
internal sealed class InheritingFutexes(GuestClock clock, Happenings happenings, TaskTable tasks)
{
    private const uint Waiters = 0x8000_0000, OwnerDied = 0x4000_0000, IdMask = 0x3FFF_FFFF;

    private readonly List<InheritingWaiter> _waiters = [];

    /// <summary>FUTEX_LOCK_PI. EDEADLK: the caller owns it; ESRCH: the word names no task; ETIMEDOUT; EFAULT.</summary>
    /// <param name="task">Who asks.</param>
    /// <param name="address">Where the word is.</param>
    /// <param name="deadline">In the guest's nanoseconds; none: never.</param>
    public CallResult Lock(GuestTask task, VirtualAddress address, long? deadline)
    {
        if (task.Awaited is not InheritingWaiter waiter)
        {
            Errno error = Take(task, address, out uint word);
            if (error != Errno.EAGAIN) return error;
            if (tasks.FindTask((int)(word & IdMask)) is null) return Errno.ESRCH;
            if (!FutexTable.TryKey(task, address, out FutexKey key) || !task.User.TryWrite(address, word | Waiters)) return Errno.EFAULT;
            waiter = new(task, key, address);
            _waiters.Add(waiter);
            task.Awaited = waiter;
            task.Deadline = deadline;
        }

        if (waiter.IsOwner) return 0;
        bool isOver = task.Deadline <= clock.Now;
        if (!isOver && !task.HasSignal) return task.Wait(RestartAlways);
        _waiters.Remove(waiter);
        return isOver ? Errno.ETIMEDOUT : RestartAlways;
    }

    /// <summary>FUTEX_TRYLOCK_PI. EAGAIN: another task owns it.</summary>
    public static CallResult LockAtOnce(GuestTask task, VirtualAddress address) => Take(task, address, out _);

    /// <summary>FUTEX_UNLOCK_PI: to the first who waits. EPERM: it is not its own.</summary>
    public CallResult Unlock(GuestTask task, VirtualAddress address)
    {
        if (!task.User.TryRead(address, out uint word)) return Errno.EFAULT;
        if ((word & IdMask) != (uint)task.Id) return Errno.EPERM;
        if (!FutexTable.TryKey(task, address, out FutexKey key)) return Errno.EFAULT;
        if (_waiters.Find(waiter => waiter.Key == key) is not { } next) return task.User.TryWrite(address, 0u) ? 0 : Errno.EFAULT;
        HandTo(next, 0);
        return 0;
    }

    /// <summary>A thread ends: it waits no more, and who waited for what it owned owns it. Linux: exit_pi_state_list.</summary>
    public void Leave(GuestTask task)
    {
        _waiters.RemoveAll(waiter => waiter.Task == task);
        foreach (InheritingWaiter waiter in _waiters.ToArray())
        {
            if (!waiter.IsOwner && waiter.Task.User.TryRead(waiter.Address, out uint word) && (word & IdMask) == (uint)task.Id)
                HandTo(waiter, OwnerDied);
        }
    }

    /// <summary>Writes down who waits, in the order in which locks are handed on.</summary>
    public void Save(RecordWriter writer)
    {
        (GuestTask Task, InheritingWaiter Waiter)[] all = [.. tasks.Tasks.Where(static task => task.Awaited is InheritingWaiter)
            .Select(static task => (task, (InheritingWaiter)task.Awaited!)).OrderBy(one => _waiters.IndexOf(one.Item2))];
        writer.Write(all.Length);
        foreach ((GuestTask task, InheritingWaiter waiter) in all)
        {
            writer.Write(task.Id);
            writer.Write(waiter.Address.Value);
            writer.Write(waiter.IsOwner);
        }
    }

    /// <summary>The tasks are there, with their memory.</summary>
    public void Load(RecordReader reader)
    {
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            if (tasks.FindTask(reader.ReadNumber()) is not { Awaited: null } task) throw RecordReader.Damaged("nobody waits for a lock");
            VirtualAddress address = new(reader.ReadWord());
            if (!FutexTable.TryKey(task, address, out FutexKey key)) throw RecordReader.Damaged("a lock lies nowhere");
            InheritingWaiter waiter = new(task, key, address) { IsOwner = reader.ReadFlag() };
            task.Awaited = waiter;
            if (!waiter.IsOwner) _waiters.Add(waiter);
        }
    }

    private static Errno Take(GuestTask task, VirtualAddress address, out uint word)
    {
        if (!task.User.TryRead(address, out word)) return Errno.EFAULT;
        if ((word & IdMask) == (uint)task.Id) return Errno.EDEADLK;
        if ((word & IdMask) != 0) return Errno.EAGAIN;
        return task.User.TryWrite(address, (word & ~IdMask) | (uint)task.Id) ? Errno.None : Errno.EFAULT;
    }

    private void HandTo(InheritingWaiter waiter, uint marks)
    {
        waiter.Task.User.TryWrite(waiter.Address, Waiters | marks | (uint)waiter.Task.Id);
        waiter.IsOwner = true;
        _waiters.Remove(waiter);
        happenings.Happened();
    }
}
