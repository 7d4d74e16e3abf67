using System.Runtime.CompilerServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>kcmp(2): whether two tasks share something, and an order of what they do not. Linux: kernel/kcmp.c.</summary>
internal sealed class CompareCalls(TaskTable tasks)
{
    private const uint File = 0, Memory = 1, Files = 2, Directory = 3, Actions = 4, InputOutput = 5, Semaphores = 6, EpollTarget = 7;

    private const int Equal = 0, Less = 1, Greater = 2;

    /// <summary>Numbers in the order in which things were first compared: Linux orders by addresses, which it scrambles.</summary>
    private readonly ConditionalWeakTable<object, StrongBox<long>> _numbers = [];
    private long _nextNumber;

    public void AddTo(CallTable table) => table.Add(349, "kcmp", "ddddd", Compare);

    /// <summary>
    /// ESRCH: no such task; EPERM: none that the caller might trace; EBADF; EINVAL: no such kind; EOPNOTSUPP: kinds that nothing here has
    /// an object for.
    /// </summary>
    private CallResult Compare(GuestTask task, in CallArguments call)
    {
        if (tasks.FindTask(call.A.Number) is not { } first || tasks.FindTask(call.B.Number) is not { } second) return Errno.ESRCH;
        (GuestProcess one, GuestProcess other) = (first.Process, second.Process);
        if (!TransferCalls.MayReach(task.Process, one) || !TransferCalls.MayReach(task.Process, other)) return Errno.EPERM;
        switch (call.C.Word)
        {
            case File:
                if (one.Descriptors.FindRaw(call.D.Descriptor) is not { } file) return Errno.EBADF;
                return other.Descriptors.FindRaw(call.E.Descriptor) is { } same ? Order(file, same) : Errno.EBADF;
            case Memory: return Order(one.Memory, other.Memory);
            case Files: return Order(one.Descriptors, other.Descriptors);
            case Directory: return Order(one.Places, other.Places);
            case Actions: return Order(one.Actions, other.Actions);
            case InputOutput: return Equal;    // no task has one
            case Semaphores or EpollTarget: return Errno.EOPNOTSUPP;
            default: return Errno.EINVAL;
        }
    }

    private CallResult Order(object one, object other)
    {
        if (one == other) return Equal;
        return NumberOf(one) < NumberOf(other) ? Less : Greater;
    }

    private long NumberOf(object thing) => _numbers.GetValue(thing, _ => new(_nextNumber++)).Value;
}
