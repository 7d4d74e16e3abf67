using System.Buffers.Binary;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

//  struct sched_attr:    0 size    4 policy    8 flags (64 bits)    16 nice    20 priority    24 three times (64)    48 two clamps
/// <summary>sched_setattr(2). Attributes are kept and reported, and have no effect on slices. Linux: kernel/sched/syscalls.c.</summary>
internal sealed class SchedulingAttributeCalls(TaskTable tasks)
{
    private const int ByteLengthMin = 48, ByteLength = 56;
    private const ulong ResetOnFork = 1, KeepPolicy = 8, KeepParameters = 16, KnownFlags = 0x7F, ClampFlags = 0x60;

    public void AddTo(CallTable table)
    {
        table.Add(351, "sched_setattr", "dax", Set);
        table.Add(352, "sched_getattr", "dadx", Get);
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
        error = SchedulingRules.Check(task, target, policy, priority, nice, resets);
        if (error == Errno.None && hasDeadline && !HasTimeFor(target, times)) error = Errno.EBUSY;
        if (error != Errno.None) return error;
        (target.Scheduling.Class, target.Scheduling.ResetsOnFork) = ((policy, priority), resets);
        bool isFair = policy is SchedulingRules.Normal or SchedulingRules.Batch;
        target.Scheduling.DeadlineTimes = hasDeadline ? times : isFair ? times.AsSlice() : default;
        if (isFair) target.Scheduling.Nice = nice;
        return 0;
    }

    /// <summary>All deadlines together take at most 95 % of the processor. Linux: sched_dl_overflow.</summary>
    private bool HasTimeFor(GuestTask target, in DeadlineTimes times)
    {
        const double most = 0.95;
        return times.Share + tasks.Tasks.Where(task => task != target).Sum(static task => task.Scheduling.DeadlineTimes.Share) <= most;
    }

    /// <summary>
    /// E2BIG for a structure that is too short, or has more than zeros after the known fields; then its known length is written. Linux:
    /// sched_copy_attr.
    /// </summary>
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
}
