using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;

namespace Paging.Guest.Syscalls;

/// <summary>Calls on the machine, its resources and limits. Linux: kernel/sys.c, kernel/sched, drivers/char/random.c.</summary>
internal sealed class MachineCalls(PagingEngine engine, GuestClock clock, RandomBytes random, TaskTable tasks)
{
    /// <summary>Calls that would change the machine, which guests may not.</summary>
    private static readonly ImmutableArray<(int Number, string Name)> Forbidden =
    [
        (21, "mount"), (22, "umount"), (26, "ptrace"), (51, "acct"), (52, "umount2"), (74, "sethostname"), (87, "swapon"), (88, "reboot"),
            (101, "ioperm"), (110, "iopl"), (115, "swapoff"), (121, "setdomainname"),
        (128, "init_module"), (129, "delete_module"), (217, "pivot_root"),
    ];

    public void AddTo(CallTable table)
    {
        table.Add(75, "setrlimit", "da", (task, in call) => SetLimit(task, call));
        // The old call's RLIM_INFINITY is signed (sys_old_getrlimit)
        table.Add(76, "getrlimit", "da", (task, in call) => GetLimit(task, call, infinity: 0x7FFF_FFFF));
        table.Add(191, "ugetrlimit", "da", (task, in call) => GetLimit(task, call, infinity: uint.MaxValue));
        table.Add(340, "prlimit64", "ddaa", ProcessLimit);
        table.Add(77, "getrusage", "da", Usage);
        table.Add(116, "sysinfo", "a", SystemInformation);
        table.Add(122, "uname", "a", Name);
        table.Add(136, "personality", "x", Personality);
        table.Add(318, "getcpu", "aaa", static (task, in call) =>
            (call.A == 0 || task.User.TryWrite(call.A.Address, 0))
                && (call.B == 0 || task.User.TryWrite(call.B.Address, 0)) ? 0 : Errno.EFAULT);
        table.Add(355, "getrandom", "anx", Random);
        table.Add(375, "membarrier", "ddd", Barrier);
        foreach ((int number, string name) in Forbidden) table.Add(number, name, "aax", static (_, in _) => Errno.EPERM);
        table.Add(384, "arch_prctl", "xa", static (_, in _) => Errno.EINVAL);    // FS and GS are for 64 bits
    }

    /// <summary>
    /// One processor needs no barriers, so the call only keeps who has registered for which. EPERM: not registered. Linux:
    /// kernel/sched/membarrier.c, without rseq.
    /// </summary>
    private static CallResult Barrier(GuestTask task, in CallArguments call)
    {
        const uint query = 0, global = 0x01, toRegistered = 0x02, registerGlobal = 0x04, privately = 0x08, registerPrivately = 0x10,
            toCode = 0x20, registerToCode = 0x40, registrations = 0x200;
        const uint all = global | toRegistered | registerGlobal | privately | registerPrivately | toCode | registerToCode | registrations;
        if (call.B != 0) return Errno.EINVAL;
        SharedMemory memory = task.Process.Memory;
        switch (call.A.Word)
        {
            case query: return (int)all;
            case global or toRegistered: return 0;
            case privately or toCode: return (memory.Barriers & (call.A << 1)) != 0 ? 0 : Errno.EPERM;
            case registrations: return (int)memory.Barriers;
            case registerGlobal or registerPrivately or registerToCode:
                memory.Barriers |= call.A;
                return 0;
            default: return Errno.EINVAL;
        }
    }

    private static CallResult GetLimit(GuestTask task, in CallArguments call, uint infinity)
    {
        if (call.A >= LimitTable.Count) return Errno.EINVAL;
        (ulong soft, ulong hard) = task.Process.Limits[call.A.Number];
        Span<uint> words = [(uint)Math.Min(soft, infinity), (uint)Math.Min(hard, infinity)];
        return task.User.TryCopyTo(call.B.Address, MemoryMarshal.AsBytes(words)) ? 0 : Errno.EFAULT;
    }

    private static CallResult SetLimit(GuestTask task, in CallArguments call)
    {
        Span<uint> words = stackalloc uint[2];
        if (!task.User.TryCopyFrom(call.B.Address, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
        return Set(task.Process, task.Process, call.A.Number, Widen(words[0]), Widen(words[1]));
    }

    private static ulong Widen(uint limit) => limit == uint.MaxValue ? LimitTable.Infinity : limit;

    private CallResult ProcessLimit(GuestTask task, in CallArguments call)
    {
        GuestProcess? target = call.A == 0 ? task.Process : tasks.Find(call.A.Number) ?? tasks.FindTask(call.A.Number)?.Process;
        Span<ulong> wanted = stackalloc ulong[2];
        if (call.B >= LimitTable.Count) return Errno.EINVAL;
        if (call.C != 0 && !task.User.TryCopyFrom(call.C.Address, MemoryMarshal.AsBytes(wanted))) return Errno.EFAULT;
        if (target is null) return Errno.ESRCH;    // after EFAULT and EINVAL, as in prlimit64
        if (target != task.Process && target.Credentials.User != task.Credentials.User
            && !task.Credentials.Can(Capability.Resource)) return Errno.EPERM;
        (ulong soft, ulong hard) = target.Limits[call.B.Number];
        if (call.C != 0)
        {
            Errno error = Set(task.Process, target, call.B.Number, wanted[0], wanted[1]);
            if (error != Errno.None) return error;
        }

        if (call.D == 0) return 0;
        (wanted[0], wanted[1]) = (soft, hard);
        return task.User.TryCopyTo(call.D.Address, MemoryMarshal.AsBytes(wanted)) ? 0 : Errno.EFAULT;
    }

    /// <summary>Linux: do_prlimit.</summary>
    private static Errno Set(GuestProcess setter, GuestProcess target, int kind, ulong soft, ulong hard)
    {
        if (kind is < 0 or >= LimitTable.Count || soft > hard) return Errno.EINVAL;
        if (kind == LimitTable.OpenFiles && hard > 1 << 20) return Errno.EPERM;    // fs.nr_open, even for root
        if (hard > target.Limits[kind].Hard && !setter.Credentials.Can(Capability.Resource)) return Errno.EPERM;
        target.Limits[kind] = (soft, hard);
        if (!target.IsZombie) target.Limits.ApplyTo(target.Memory.Space);    // a zombie has no memory
        return Errno.None;
    }

    private static CallResult Usage(GuestTask task, in CallArguments call)
    {
        GuestProcess process = task.Process;
        FaultCounters faults = process.Memory.Space.Faults;
        switch (call.A.Number)
        {
            case 0 or 1:
                long peak = process.Memory.Space.Usage.PeakResident.Value * 4L;    // in KiB (getrusage(2))
                return UsageWords.TryWrite(task, call.B.Address, process.UserTime, process.SystemTime, peak, faults.Minor, faults.Major) ? 0
                    : Errno.EFAULT;
            case -1:
                bool written = UsageWords.TryWrite(
                    task, call.B.Address, process.ChildrenUserTime, process.ChildrenSystemTime, process.ChildrenPeakResident,
                        process.ChildrenMinorFaults, process.ChildrenMajorFaults);
                return written ? 0 : Errno.EFAULT;
            default:
                return Errno.EINVAL;
        }
    }

    private CallResult SystemInformation(GuestTask task, in CallArguments call)
    {
        Span<uint> words = stackalloc uint[SystemInformationWords.Count];
        SystemInformationWords.Fill(words, MemoryTotals.Of(engine), clock.Monotonic, tasks.Tasks.Count);
        return task.User.TryCopyTo(call.A.Address, MemoryMarshal.AsBytes(words)) ? 0 : Errno.EFAULT;
    }

    private static CallResult Name(GuestTask task, in CallArguments call)
    {
        const int field = 65;    // __NEW_UTS_LEN and a zero
        Span<byte> bytes = stackalloc byte[6 * field];
        bytes.Clear();
        string[] texts = ["Linux", "paging", KernelVersion.Release, KernelVersion.Version, "i686", "(none)"];
        for (int i = 0; i < texts.Length; i++) Encoding.ASCII.GetBytes(texts[i], bytes[(i * field)..]);
        return task.User.TryCopyTo(call.A.Address, bytes) ? 0 : Errno.EFAULT;
    }

    private static CallResult Personality(GuestTask task, in CallArguments call)
    {
        uint old = task.Process.Personality;
        if (call.A != uint.MaxValue) task.Process.Personality = call.A;    // -1 only asks (personality(2))
        return (int)old;
    }

    private CallResult Random(GuestTask task, in CallArguments call)
    {
        if ((call.C & ~7u) != 0 || (call.C & 6) == 6) return Errno.EINVAL;    // GRND_RANDOM and GRND_INSECURE exclude each other
        Span<byte> part = stackalloc byte[256];
        uint done = (uint)task.Call.Done, wanted = Math.Min(call.B, int.MaxValue);    // an earlier try may have waited for a page
        while (done < wanted)
        {
            Span<byte> bytes = part[..(int)Math.Min(wanted - done, 256)];
            random.Fill(bytes);
            int copied = task.User.CopyTo(call.A.Address + done, bytes);
            done += (uint)copied;
            if (copied == bytes.Length) continue;
            if (!task.NeedsPage) return done > 0 ? (int)done : Errno.EFAULT;
            task.Call.Done = (int)done;
            return task.Wait(CallResult.RestartAlways);
        }

        return (int)done;
    }
}
