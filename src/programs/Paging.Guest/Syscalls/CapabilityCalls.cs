using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>
/// capget(2), capset(2), and what prctl(2) has of capabilities. Linux: kernel/capability.c; security/commoncap.c cap_capset,
/// cap_task_prctl.
/// </summary>
internal sealed class CapabilityCalls(TaskTable tasks)
{
    public const uint GetKeep = 7, SetKeep = 8, ReadBounding = 23, DropBounding = 24, GetSecureBits = 27, SetSecureBits = 28,
        ControlAmbient = 47;

    private const uint NewestVersion = 0x2008_0522;

    public void AddTo(CallTable table)
    {
        table.Add(184, "capget", "aa", Get);
        table.Add(185, "capset", "aa", Set);
    }

    /// <summary>EINVAL: no such capability or question; EPERM: locked, or not allowed.</summary>
    public static CallResult Control(GuestTask task, in CallArguments call)
    {
        Credentials who = task.Credentials;
        switch (call.A.Word)
        {
            case GetKeep: return who.Is(SecureBits.KeepCapabilities) ? 1 : 0;
            case SetKeep:
                if (call.B > 1) return Errno.EINVAL;
                if (who.Is(LockOf(SecureBits.KeepCapabilities))) return Errno.EPERM;
                SecureBits others = who.Secure & ~SecureBits.KeepCapabilities;
                task.Credentials = who with { Secure = call.B == 0 ? others : others | SecureBits.KeepCapabilities };
                return 0;
            case ReadBounding:
                if (call.B > Capability.Last) return Errno.EINVAL;
                return (who.Bounding & BitOf(call.B)) != 0 ? 1 : 0;
            case DropBounding:
                if (!who.Can(Capability.SetCapabilities)) return Errno.EPERM;
                if (call.B > Capability.Last) return Errno.EINVAL;
                task.Credentials = who with { Bounding = who.Bounding & ~BitOf(call.B) };
                return 0;
            case GetSecureBits: return (int)who.Secure;
            case SetSecureBits: return SetSecure(task, (SecureBits)call.B.Word);
            case ControlAmbient: return Ambient(task, call);
            default: return Errno.EINVAL;
        }
    }

    private static SecureBits LockOf(SecureBits bit) => (SecureBits)((uint)bit << 1);

    private static ulong BitOf(uint capability) => 1UL << (int)capability;

    /// <summary>What is locked stays, locks stay; the rest takes CAP_SETPCAP, but for wishes.</summary>
    private static CallResult SetSecure(GuestTask task, SecureBits wanted)
    {
        Credentials who = task.Credentials;
        SecureBits locked = (SecureBits)((uint)(who.Secure & SecureBits.Locks) >> 1), changed = who.Secure ^ wanted;
        bool isRefused = (locked & changed) != 0 || (who.Secure & SecureBits.Locks & ~wanted) != 0 || (wanted & ~SecureBits.All) != 0
            || ((changed == 0 || (changed & ~SecureBits.Wishes) != 0) && !who.Can(Capability.SetCapabilities));
        if (isRefused) return Errno.EPERM;
        task.Credentials = who with { Secure = wanted };
        return 0;
    }

    private static CallResult Ambient(GuestTask task, in CallArguments call)
    {
        const uint isSet = 1, raise = 2, lower = 3, clearAll = 4;
        Credentials who = task.Credentials;
        if ((call.D | call.E) != 0 || (call.B == clearAll ? call.C != 0 : call.C > Capability.Last)) return Errno.EINVAL;
        ulong bit = BitOf(call.C);
        switch (call.B.Word)
        {
            case isSet: return (who.Ambient & bit) != 0 ? 1 : 0;
            case raise:
                if ((who.Permitted & who.Inheritable & bit) == 0 || who.Is(SecureBits.NoAmbientRaise)) return Errno.EPERM;
                task.Credentials = who with { Ambient = who.Ambient | bit };
                return 0;
            case lower:
                task.Credentials = who with { Ambient = who.Ambient & ~bit };
                return 0;
            case clearAll:
                task.Credentials = who with { Ambient = 0 };
                return 0;
            default: return Errno.EINVAL;
        }
    }

    /// <summary>Versions 1 (one word of each set) and 2, 3 (two words). Without a place for sets only the version is judged.</summary>
    private CallResult Get(GuestTask task, in CallArguments call)
    {
        Errno error = ReadVersion(task, call.A.Address, out int words);
        if (call.B == 0) return error == Errno.EINVAL ? Errno.None : error;
        if (error != Errno.None) return error;
        if (!task.User.TryRead(call.A.Address + 4, out int id)) return Errno.EFAULT;
        if (id < 0) return Errno.EINVAL;
        if ((tasks.FindTask(task, id)?.Credentials ?? tasks.Find(id)?.Credentials) is not { } who) return Errno.ESRCH;
        Span<uint> sets = stackalloc uint[6];
        for (int i = 0; i < words; i++)
            (sets[i * 3], sets[(i * 3) + 1], sets[(i * 3) + 2]) =
                ((uint)(who.Effective >> (32 * i)), (uint)(who.Permitted >> (32 * i)), (uint)(who.Inheritable >> (32 * i)));
        return task.User.TryCopyTo(call.B.Address, MemoryMarshal.AsBytes(sets[..(words * 3)])) ? 0 : Errno.EFAULT;
    }

    /// <summary>Only one's own. What becomes inheritable was so, or is permitted or in reach, and is not beyond the bounds.</summary>
    private static CallResult Set(GuestTask task, in CallArguments call)
    {
        Errno error = ReadVersion(task, call.A.Address, out int words);
        if (error != Errno.None) return error;
        if (!task.User.TryRead(call.A.Address + 4, out int id)) return Errno.EFAULT;
        if (id != 0 && id != task.Id) return Errno.EPERM;
        Span<uint> sets = stackalloc uint[6];
        sets.Clear();
        if (!task.User.TryCopyFrom(call.B.Address, MemoryMarshal.AsBytes(sets[..(words * 3)]))) return Errno.EFAULT;
        ulong effective = (sets[0] | ((ulong)sets[3] << 32)) & Capability.All;
        ulong permitted = (sets[1] | ((ulong)sets[4] << 32)) & Capability.All;
        ulong inheritable = (sets[2] | ((ulong)sets[5] << 32)) & Capability.All;
        Credentials who = task.Credentials;
        bool inherits = who.Can(Capability.SetCapabilities) || (inheritable & ~(who.Inheritable | who.Permitted)) == 0;
        if (!inherits || (inheritable & ~(who.Inheritable | who.Bounding)) != 0) return Errno.EPERM;
        if ((permitted & ~who.Permitted) != 0 || (effective & ~permitted) != 0) return Errno.EPERM;
        return IdentityCalls.Become(task, who with
        {
            Effective = effective,
            Permitted = permitted,
            Inheritable = inheritable,
            Ambient = who.Ambient & permitted & inheritable,
        });
    }

    /// <summary>EINVAL: not known; the newest is told. Linux: cap_validate_magic.</summary>
    private static Errno ReadVersion(GuestTask task, VirtualAddress at, out int words)
    {
        words = 0;
        if (!task.User.TryRead(at, out uint version)) return Errno.EFAULT;
        words = version switch
        {
            0x1998_0330 => 1,
            0x2007_1026 or NewestVersion => 2,
            _ => 0,
        };
        if (words != 0) return Errno.None;
        return task.User.TryWrite(at, NewestVersion) ? Errno.EINVAL : Errno.EFAULT;
    }
}
