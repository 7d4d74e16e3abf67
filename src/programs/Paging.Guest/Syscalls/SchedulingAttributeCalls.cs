using System.Buffers.Binary;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

//  struct sched_attr:    0 size    4 policy    8 flags (64 bits)    16 nice    20 priority    24 three times (64)    48 two clamps
/// <summary>sched_setattr(2), and the priorities of input and output. Kept and told; turns are the same for all.</summary>
/// <remarks>Linux: kernel/sched/syscalls.c, block/ioprio.c.</remarks>
internal sealed class SchedulingAttributeCalls(TaskTable tasks)
{
    private const int ByteLengthMin = 48, ByteLength = 56;
    private const ulong ResetOnFork = 1, KeepPolicy = 8, KeepParameters = 16, KnownFlags = 0x7F, ClampFlags = 0x60;
    private const int ClassShift = 13, RealTimeClass = 1, BestEffortClass = 2, IdleClass = 3;

    public void AddTo(CallTable table)
    {
        table.Add(351, "sched_setattr", "dax", Set);
        table.Add(352, "sched_getattr", "dadx", Get);
        table.Add(289, "ioprio_set", "ddx", SetInputOutput);
        table.Add(290, "ioprio_get", "dd", GetInputOutput);
    }

    private CallResult Set(GuestTask task, in CallArguments call)
    {
        if (call.B == 0 || call.A.Number < 0 || call.C != 0) return Errno.EINVAL;
        Span<byte> words = stackalloc byte[ByteLength];
        Errno error = Read(task, call.B.Address, words);
        if (error != Errno.None) return error;
        int policy = BinaryPrimitives.ReadInt32LittleEndian(words[4..]);
        ulong flags = BinaryPrimitives.ReadUInt64LittleEndian(words[8..]);
        int nice = Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(words[16..]), -20, 19);
        int priority = BinaryPrimitives.ReadInt32LittleEndian(words[20..]);
        if (policy < 0) return Errno.EINVAL;
        if (tasks.FindTask(task, call.A.Number) is not { } target) return Errno.ESRCH;
        if ((flags & KeepPolicy) != 0) policy = target.Scheduling.Policy;
        DeadlineTimes times = DeadlineTimes.Read(words[24..]);
        TaskScheduling kept = target.Scheduling;
        if ((flags & KeepParameters) != 0) (nice, priority, times) = (kept.Nice, kept.Priority, kept.DeadlineTimes);
        bool hasDeadline = policy == SchedulingRules.Deadline;
        if ((!hasDeadline && !SchedulingRules.IsKnown(policy)) || (flags & ~KnownFlags) != 0) return Errno.EINVAL;
        if (hasDeadline ? priority != 0 || !times.AreValid : !SchedulingRules.Fits(policy, priority)) return Errno.EINVAL;
        bool resets = (flags & ResetOnFork) != 0;
        error = SchedulingRules.Judge(task, target, policy, priority, nice, resets);
        if (error == Errno.None && hasDeadline && !HasTimeFor(target, times)) error = Errno.EBUSY;
        if (error != Errno.None) return error;
        (target.Scheduling.Class, target.Scheduling.ResetsOnFork) = ((policy, priority), resets);
        bool isFair = policy is SchedulingRules.Normal or SchedulingRules.Batch;
        target.Scheduling.DeadlineTimes = hasDeadline ? times : isFair ? times.AsSlice() : default;
        if (isFair) target.Scheduling.Nice = nice;
        return 0;
    }

    /// <summary>All deadlines together take less than 95 % of the processor. Linux: sched_dl_overflow.</summary>
    private bool HasTimeFor(GuestTask target, in DeadlineTimes times)
    {
        const double most = 0.95;
        return times.Share + tasks.Tasks.Where(task => task != target).Sum(static task => task.Scheduling.DeadlineTimes.Share) <= most;
    }

    /// <summary>E2BIG: too short, or longer with something that is not known here; the length that is known is written.</summary>
    /// <remarks>Linux: sched_copy_attr.</remarks>
    private static Errno Read(GuestTask task, VirtualAddress at, Span<byte> words)
    {
        words.Clear();
        if (!task.User.TryRead(at, out uint byteLength)) return Errno.EFAULT;
        if (byteLength == 0) byteLength = ByteLengthMin;
        bool isKnown = byteLength is >= ByteLengthMin and <= PageWords.ByteLength;
        byte[] all = new byte[isKnown ? byteLength : 0];
        if (isKnown && !task.User.TryCopyFrom(at, all)) return Errno.EFAULT;
        if (!isKnown || all.AsSpan(Math.Min(all.Length, ByteLength)).ContainsAnyExcept((byte)0))
            return task.User.TryWrite(at, ByteLength) ? Errno.E2BIG : Errno.EFAULT;
        all.AsSpan(0, Math.Min(all.Length, ByteLength)).CopyTo(words);
        bool clamps = (BinaryPrimitives.ReadUInt64LittleEndian(words[8..]) & ClampFlags) != 0;
        return clamps && byteLength < ByteLength ? Errno.EINVAL : Errno.None;
    }

    private CallResult Get(GuestTask task, in CallArguments call)
    {
        bool isLong = call.C.Word is >= ByteLengthMin and <= PageWords.ByteLength;
        if (call.B == 0 || call.A.Number < 0 || !isLong || call.D != 0) return Errno.EINVAL;
        if (tasks.FindTask(task, call.A.Number) is not { } target) return Errno.ESRCH;
        int byteLength = (int)Math.Min(call.C.Word, ByteLength);
        Span<byte> words = stackalloc byte[ByteLength];
        words.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(words, byteLength);
        BinaryPrimitives.WriteInt32LittleEndian(words[4..], target.Scheduling.Policy);
        BinaryPrimitives.WriteUInt64LittleEndian(words[8..], target.Scheduling.ResetsOnFork ? ResetOnFork : 0);
        int policy = target.Scheduling.Policy;
        bool isFair = policy != SchedulingRules.Deadline && !SchedulingRules.IsRealTime(policy);
        (isFair ? target.Scheduling.DeadlineTimes.OrSlice() : target.Scheduling.DeadlineTimes).Write(words[24..]);
        if (SchedulingRules.IsRealTime(policy)) BinaryPrimitives.WriteInt32LittleEndian(words[20..], target.Scheduling.Priority);
        else if (isFair) BinaryPrimitives.WriteInt32LittleEndian(words[16..], target.Scheduling.Nice);
        return task.User.TryCopyTo(call.B.Address, words[..byteLength]) ? 0 : Errno.EFAULT;
    }

    /// <summary>EINVAL: no such class; EPERM: the real-time class without CAP_SYS_NICE; ESRCH. Linux: ioprio_check_cap.</summary>
    private CallResult SetInputOutput(GuestTask task, in CallArguments call)
    {
        int priority = call.C.Number, kind = priority >> ClassShift;
        if (priority is < 0 or > ushort.MaxValue || kind > IdleClass || (kind == 0 && (priority & 7) != 0)) return Errno.EINVAL;
        Credentials who = task.Credentials;
        if (kind == RealTimeClass && !who.Can(Capability.Nice) && !who.Can(Capability.Administrator)) return Errno.EPERM;
        if (!TrySelect(task, call.A.Number, call.B.Number, out List<GuestTask> selected)) return Errno.EINVAL;
        foreach (GuestTask one in selected)
        {
            uint user = one.Credentials.User;
            if (user != who.EffectiveUser && user != who.User && !who.Can(Capability.Nice)) return Errno.EPERM;
            one.Scheduling.InputOutputPriority = priority;
        }

        return selected.Count == 0 ? Errno.ESRCH : 0;
    }

    /// <summary>Of several the best one; a thread that has said nothing has one that follows its nice value.</summary>
    private CallResult GetInputOutput(GuestTask task, in CallArguments call)
    {
        if (!TrySelect(task, call.A.Number, call.B.Number, out List<GuestTask> selected)) return Errno.EINVAL;
        if (selected.Count == 0) return Errno.ESRCH;
        return call.A == 1 ? selected[0].Scheduling.InputOutputPriority : selected.Min(static one =>
            one.Scheduling.InputOutputPriority >> ClassShift == 0 ? (BestEffortClass << ClassShift) | ((one.Scheduling.Nice + 20) / 5)
                : one.Scheduling.InputOutputPriority);
    }

    /// <summary>IOPRIO_WHO_*: a thread, a group of processes, a user's. False: another kind.</summary>
    private bool TrySelect(GuestTask task, int kind, int id, out List<GuestTask> selected)
    {
        int group = id == 0 ? task.Process.GroupId : id;
        Predicate<GuestTask>? matches = kind switch
        {
            1 => one => one.Id == (id == 0 ? task.Id : id),
            2 => one => one.Process.GroupId == group,
            3 => one => one.Credentials.User == (id == 0 ? task.Credentials.User : (uint)id),
            _ => null,
        };
        selected = matches is null ? [] : tasks.Tasks.FindAll(matches);
        return matches is not null;
    }
}
