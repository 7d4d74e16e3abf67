using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>prctl(2): settings of a process or thread. Linux: kernel/sys.c prctl.</summary>
internal static class ProcessControlCalls
{
    private const int NameByteLength = 16;    // TASK_COMM_LEN

    public static void AddTo(CallTable table) => table.Add(172, "prctl", "dxxxx", Control);

    /// <summary>EINVAL for unknown operations, or if an argument that must be zero is not.</summary>
    private static CallResult Control(GuestTask task, in CallArguments call)
    {
        const uint setDeathSignal = 1, getDeathSignal = 2, getDumpable = 3, setDumpable = 4, getTiming = 13, setTiming = 14, setName = 15,
            getName = 16, getSeccomp = 21, readBounding = 23, dropBounding = 24, setMemory = 35, setNoPrivileges = 38, getNoPrivileges = 39,
            setHugePages = 41, getHugePages = 42, setExecuteGain = 65, getExecuteGain = 66, setMerging = 67, getMerging = 68,
            getVector = 0x4155_5856;
        GuestProcess process = task.Process;
        AddressSpace space = process.Memory.Space;
        bool hasRest = call.C != 0 || call.D != 0 || call.E != 0;
        switch (call.A.Word)
        {
            case setDeathSignal:
                if (call.B > (uint)SignalNumber.Last) return Errno.EINVAL;
                process.ParentDeathSignal = call.B.Signal;
                return 0;
            case getDeathSignal: return task.User.TryWrite(call.B.Address, process.ParentDeathSignal) ? 0 : Errno.EFAULT;
            case getDumpable: return process.IsDumpable ? 1 : 0;
            case setDumpable:
                if (call.B > 1) return Errno.EINVAL;    // SUID_DUMP_ROOT (2) is for the kernel only
                process.IsDumpable = call.B != 0;
                return 0;
            case setName: return SetName(task, call.B.Address);
            case getName: return GetName(task, call.B.Address);
            case setMemory:    // as in a kernel without it, for permitted callers. Linux: prctl_set_mm
                return task.Credentials.Can(Capability.Resource) ? Errno.EINVAL : Errno.EPERM;
            case setNoPrivileges:
                if (call.B != 1 || hasRest) return Errno.EINVAL;    // it cannot be cleared again (prctl(2))
                task.Credentials = task.Credentials with { HasNoNewPrivileges = true };
                return 0;
            case getNoPrivileges: return WriteFlag(call, task.Credentials.HasNoNewPrivileges);
            case setTiming: return call.B != 0 ? Errno.EINVAL : 0;    // only PR_TIMING_STATISTICAL has ever existed
            case readBounding: return call.B > Capability.Last ? Errno.EINVAL : (int)(task.Credentials.Bounding >> (int)call.B.Word) & 1;
            case dropBounding: return DropBounding(task, call.B);
            case setHugePages: return SetHugePages(space, call);
            case getHugePages:
                if (call.B != 0 || hasRest) return Errno.EINVAL;
                TransparentPolicy policy = space.HugePages.Policy;
                return policy == TransparentPolicy.OnlyAdvised ? DisabledUnlessAdvised : (int)policy;
            case setExecuteGain: return hasRest ? Errno.EINVAL : SetExecuteGain(space, call.B);
            case getExecuteGain: return call.B != 0 || hasRest ? Errno.EINVAL : (int)space.ExecuteGain;
            case setMerging:
                if (hasRest) return Errno.EINVAL;
                space.IsAllMergeable = call.B != 0;
                return 0;
            case getMerging: return WriteFlag(call, space.IsAllMergeable);
            case getVector: return GetVector(task, call);
            case getTiming or getSeccomp: return 0;    // PR_TIMING_STATISTICAL, SECCOMP_MODE_DISABLED
            default: return Errno.EINVAL;
        }
    }

    private const int DisabledUnlessAdvised = 3;    // 1 | PR_THP_DISABLE_EXCEPT_ADVISED

    /// <summary>PR_CAPBSET_DROP. Linux: cap_prctl_drop.</summary>
    private static CallResult DropBounding(GuestTask task, uint capability)
    {
        if (!task.Credentials.Can(Capability.SetCapabilities)) return Errno.EPERM;
        if (capability > Capability.Last) return Errno.EINVAL;
        task.Credentials = task.Credentials with { Bounding = task.Credentials.Bounding & ~(1UL << (int)capability) };
        return 0;
    }

    /// <summary>PR_SET_THP_DISABLE, whose flags have a meaning only if it disables. Linux: prctl_set_thp_disable.</summary>
    private static CallResult SetHugePages(AddressSpace space, in CallArguments call)
    {
        const uint exceptAdvised = 2;    // PR_THP_DISABLE_EXCEPT_ADVISED
        if (call.D != 0 || call.E != 0 || (call.C != 0 && (call.B == 0 || call.C != exceptAdvised))) return Errno.EINVAL;
        space.HugePages.SetPolicy(call.B == 0 ? TransparentPolicy.On
            : call.C == exceptAdvised ? TransparentPolicy.OnlyAdvised : TransparentPolicy.Off);
        return 0;
    }

    /// <summary>PR_SET_MDWE: once set, it cannot be changed. Linux: prctl_set_mdwe.</summary>
    private static CallResult SetExecuteGain(AddressSpace space, uint bits)
    {
        if (bits is not (0 or (uint)ExecuteGain.Refused or (uint)ExecuteGain.RefusedHere)) return Errno.EINVAL;
        if (space.ExecuteGain != ExecuteGain.Allowed && bits != (uint)space.ExecuteGain) return Errno.EPERM;
        space.ExecuteGain = (ExecuteGain)bits;
        return 0;
    }

    /// <summary>PR_GET_AUXV: copies as much as fits, and returns the whole length. Linux: prctl_get_auxv.</summary>
    private static CallResult GetVector(GuestTask task, in CallArguments call)
    {
        if (call.D != 0 || call.E != 0) return Errno.EINVAL;
        byte[] vector = task.Process.Memory.AuxiliaryVector;
        ReadOnlySpan<byte> part = vector.AsSpan(0, (int)Math.Min(call.C, (uint)vector.Length));
        return task.User.TryCopyTo(call.B.Address, part) ? vector.Length : Errno.EFAULT;
    }

    /// <summary>Returns a flag, for an operation without other arguments.</summary>
    private static CallResult WriteFlag(in CallArguments call, bool value)
    {
        if ((call.B | call.C | call.D | call.E) != 0) return Errno.EINVAL;
        return value ? 1 : 0;
    }

    private static CallResult GetName(GuestTask task, VirtualAddress at)
    {
        Span<byte> bytes = stackalloc byte[NameByteLength];
        bytes.Clear();
        ByteText.Encoding.GetBytes(task.Name, bytes[..^1]);
        return task.User.TryCopyTo(at, bytes) ? 0 : Errno.EFAULT;
    }

    /// <summary>Sets the name, cut to fifteen bytes. Linux: strncpy_from_user of TASK_COMM_LEN - 1.</summary>
    private static CallResult SetName(GuestTask task, VirtualAddress at)
    {
        Span<byte> bytes = stackalloc byte[NameByteLength - 1];
        int count = task.User.CopyFrom(at, bytes), zero = bytes[..count].IndexOf((byte)0);
        if (zero < 0 && count < bytes.Length) return Errno.EFAULT;    // the text ended in a bad page, not in a zero
        task.Name = ByteText.Of(bytes[..(zero < 0 ? count : zero)]);
        return 0;
    }
}
