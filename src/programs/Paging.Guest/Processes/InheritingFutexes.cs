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

    /// <summary>The thread that has the lock, whatever its word says meanwhile; none: it has ended. Linux: pi_state->owner.</summary>
    public GuestTask? Owner { get; set; }

    public bool IsOwner { get; set; }
}

//  31  30  29                             0
// ┌───┬───┬──────────────────────────────┐
// │ W │ D │ the owner's thread number    │    W: a task waits, ask the kernel to unlock; D: an owner has died with it
// └───┴───┴──────────────────────────────┘
/// <summary>
/// Locks whose word names the owner: the kernel hands them from one to the next. Priorities are not lent, as no turn depends on them here.
/// </summary>
/// <remarks>Linux: kernel/futex/pi.c.</remarks>
internal sealed class InheritingFutexes(GuestClock clock, Happenings happenings, TaskTable tasks)
{
    public const uint Waiters = 0x8000_0000;

    private const uint OwnerDied = 0x4000_0000, IdMask = 0x3FFF_FFFF;

    private readonly List<InheritingWaiter> _waiters = [];

    /// <summary>FUTEX_LOCK_PI. EDEADLK: the caller owns it; ESRCH: the word names no task; ETIMEDOUT; EFAULT.</summary>
    /// <param name="task">Who asks.</param>
    /// <param name="address">Where the word is.</param>
    /// <param name="isPrivate">No other process has the word.</param>
    /// <param name="deadline">In the guest's nanoseconds; none: never.</param>
    public CallResult Lock(GuestTask task, VirtualAddress address, bool isPrivate, long? deadline)
    {
        if (task.Call.Awaited is not InheritingWaiter)
        {
            if (!FutexTable.TryReach(task, address, isPrivate, AccessKind.Write, out FutexKey key)) return Errno.EFAULT;
            Errno error = TakeOrQueue(task, address, key, marks: 0);
            if (error != Errno.EAGAIN) return error;
            task.Call.Deadline = deadline;
        }

        return GoOnWaiting(task, RestartAlways);
    }

    /// <summary>A task that waits for a lock looks whether it has got it. ETIMEDOUT.</summary>
    /// <param name="task">Its <see cref="CallInProgress.Awaited"/> is an <see cref="InheritingWaiter"/>.</param>
    /// <param name="interrupted">What the call returns should a signal come.</param>
    public CallResult GoOnWaiting(GuestTask task, CallResult interrupted)
    {
        InheritingWaiter waiter = (InheritingWaiter)task.Call.Awaited!;
        if (waiter.IsOwner) return 0;
        bool isOver = task.Call.Deadline <= clock.Now;
        if (!isOver && !task.HasSignal) return task.Wait(interrupted);
        _waiters.Remove(waiter);
        return isOver ? Errno.ETIMEDOUT : interrupted;
    }

    /// <summary>
    /// A task gets the lock, or EAGAIN: it waits for it from now on. EDEADLK: it owns it; ESRCH: the word names no task; EFAULT.
    /// </summary>
    /// <param name="task">Who is to own it.</param>
    /// <param name="address">Where that task has the word.</param>
    /// <param name="key">The word.</param>
    /// <param name="marks">What the word gets besides, should the task own it at once.</param>
    public Errno TakeOrQueue(GuestTask task, VirtualAddress address, FutexKey key, uint marks)
    {
        Errno error = Take(task, address, marks, out uint word);
        if (error != Errno.EAGAIN) return error;
        if (tasks.FindTask((int)(word & IdMask)) is not { } owner) return Errno.ESRCH;
        if (!task.User.TryWrite(address, word | Waiters)) return Errno.EFAULT;
        InheritingWaiter waiter = new(task, key, address) { Owner = owner };
        _waiters.Add(waiter);
        task.Call.Awaited = waiter;
        return Errno.EAGAIN;
    }

    /// <summary>Some task waits for the lock: FUTEX_WAKE is not meant for it. Linux: futex_wake.</summary>
    public bool HasWaiters(FutexKey key) => _waiters.Exists(waiter => waiter.Key == key);

    /// <summary>FUTEX_TRYLOCK_PI. EAGAIN: another task owns it.</summary>
    public static CallResult LockAtOnce(GuestTask task, VirtualAddress address) => Take(task, address, 0, out _);

    /// <summary>FUTEX_UNLOCK_PI: to the first who waits. EPERM: it is not its own.</summary>
    public CallResult Unlock(GuestTask task, VirtualAddress address, bool isPrivate)
    {
        if (!task.User.TryRead(address, out uint word)) return Errno.EFAULT;
        if ((word & IdMask) != (uint)task.Id) return Errno.EPERM;
        if (!FutexTable.TryReach(task, address, isPrivate, AccessKind.Write, out FutexKey key)) return Errno.EFAULT;
        if (_waiters.Find(waiter => waiter.Key == key) is not { } next) return task.User.TryWrite(address, 0u) ? 0 : Errno.EFAULT;
        HandTo(next, 0);
        return 0;
    }

    /// <summary>
    /// A thread ends: it waits no more, and the first who waited for a lock of its own gets it. Linux: exit_pi_state_list.
    /// </summary>
    /// <remarks>
    /// The word need not name the thread any more: a program that ends a thread may have marked it 0x40000000 (OwnerDied) already.
    /// </remarks>
    public void Leave(GuestTask task)
    {
        _waiters.RemoveAll(waiter => waiter.Task == task);
        while (_waiters.Find(waiter => waiter.Owner == task) is { } next) HandTo(next, OwnerDied);
    }

    /// <summary>Writes down who waits, in the order in which locks are handed on.</summary>
    public void Save(RecordWriter writer)
    {
        (GuestTask Task, InheritingWaiter Waiter)[] all = [.. tasks.Tasks.Where(static task => task.Call.Awaited is InheritingWaiter)
            .Select(static task => (task, (InheritingWaiter)task.Call.Awaited!)).OrderBy(one => _waiters.IndexOf(one.Item2))];
        writer.Write(all.Length);
        foreach ((GuestTask task, InheritingWaiter waiter) in all)
        {
            writer.Write(task.Id);
            writer.Write(waiter.Address.Value);
            writer.Write(waiter.Key.IsPrivate);
            writer.Write(waiter.Owner?.Id ?? 0);
            writer.Write(waiter.IsOwner);
        }
    }

    /// <summary>The tasks are there, with their memory.</summary>
    public void Load(RecordReader reader)
    {
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            if (tasks.FindTask(reader.ReadNumber()) is not { Call.Awaited: null } task)
                throw RecordReader.Damaged("nobody waits for a lock");
            VirtualAddress address = new(reader.ReadWord());
            if (!FutexTable.TryKey(task, address, reader.ReadFlag(), out FutexKey key))
                throw RecordReader.Damaged("a lock lies nowhere");
            GuestTask? owner = tasks.FindTask(reader.ReadNumber());
            InheritingWaiter waiter = new(task, key, address) { Owner = owner, IsOwner = reader.ReadFlag() };
            task.Call.Awaited = waiter;
            if (!waiter.IsOwner) _waiters.Add(waiter);
        }
    }

    private static Errno Take(GuestTask task, VirtualAddress address, uint marks, out uint word)
    {
        if (!task.User.TryRead(address, out word)) return Errno.EFAULT;
        if ((word & IdMask) == (uint)task.Id) return Errno.EDEADLK;
        if ((word & IdMask) != 0) return Errno.EAGAIN;
        return task.User.TryWrite(address, (word & OwnerDied) | marks | (uint)task.Id) ? Errno.None : Errno.EFAULT;
    }

    private void HandTo(InheritingWaiter waiter, uint marks)
    {
        waiter.Task.User.TryWrite(waiter.Address, Waiters | marks | (uint)waiter.Task.Id);
        waiter.IsOwner = true;
        _waiters.Remove(waiter);
        foreach (InheritingWaiter other in _waiters)
        {
            if (other.Key == waiter.Key) other.Owner = waiter.Task;
        }

        happenings.Happened();
    }
}
