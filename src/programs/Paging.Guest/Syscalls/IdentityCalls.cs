using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>
/// The identity of a process: numbers, groups, sessions, users. Linux: kernel/sys.c, kernel/groups.c.
/// </summary>
internal sealed class IdentityCalls(TaskTable tasks)
{
    private const int CapabilitySetCount = 3;    // of struct __user_cap_data_struct
    private const uint Unchanged = uint.MaxValue;    // (uid_t)-1, which no user can have

    public void AddTo(CallTable table)
    {
        table.Add(20, "getpid", "", static (task, in _) => task.Process.Id);
        table.Add(64, "getppid", "", static (task, in _) => task.Process.Parent?.Id ?? 1);    // init adopts orphans
        table.Add(224, "gettid", "", static (task, in _) => task.Id);
        table.Add(57, "setpgid", "dd", SetGroup);
        table.Add(65, "getpgrp", "", static (task, in _) => task.Process.GroupId);
        table.Add(66, "setsid", "", SetSession);
        table.Add(132, "getpgid", "d", (task, in call) => Of(task, call.A.Number) is { } process ? process.GroupId : Errno.ESRCH);
        table.Add(147, "getsid", "d", (task, in call) => Of(task, call.A.Number) is { } process ? process.SessionId : Errno.ESRCH);
        table.Add(184, "capget", "aa", GetCapabilities);
        table.Add(185, "capset", "aa", static (task, in call) => SetCapabilities(task, call));
        AddUsers(table);
    }

    private static void AddUsers(CallTable table)
    {
        foreach ((int old, int wide, string name, Func<Credentials, uint> get) in new (int, int, string, Func<Credentials, uint>)[]
        {
            (24, 199, "getuid", static who => who.User), (47, 200, "getgid", static who => who.Group),
            (49, 201, "geteuid", static who => who.EffectiveUser), (50, 202, "getegid", static who => who.EffectiveGroup),
        })
        {
            table.Add(old, name, "", (task, in _) => (int)Narrow(get(task.Credentials)));
            table.Add(wide, name + "32", "", (task, in _) => (int)get(task.Credentials));
        }

        foreach ((int old, int wide, string name, string form, CallHandler handler) in new (int, int, string, string, CallHandler)[]
        {
            (23, 213, "setuid", "d", SetUser), (46, 214, "setgid", "d", SetGroupId),
            (70, 203, "setreuid", "dd", static (task, in call) => SetUsers(task, call.A, call.B, Unchanged, isReal: true)),
            (71, 204, "setregid", "dd", static (task, in call) => SetGroups(task, call.A, call.B, Unchanged, isReal: true)),
            (164, 208, "setresuid", "ddd", static (task, in call) => SetUsers(task, call.A, call.B, call.C, isReal: false)),
            (170, 210, "setresgid", "ddd", static (task, in call) => SetGroups(task, call.A, call.B, call.C, isReal: false)),
        })
        {
            table.Add(old, name, form, Widened(handler));
            table.Add(wide, name + "32", form, handler);
        }

        table.Add(165, "getresuid", "aaa", static (task, in call) => WriteUsers(task, call, isShort: true));
        table.Add(209, "getresuid32", "aaa", static (task, in call) => WriteUsers(task, call, isShort: false));
        table.Add(171, "getresgid", "aaa", static (task, in call) => WriteGroups(task, call, isShort: true));
        table.Add(211, "getresgid32", "aaa", static (task, in call) => WriteGroups(task, call, isShort: false));
        table.Add(80, "getgroups", "da", GetShortGroups);
        table.Add(205, "getgroups32", "da", GetGroups);
        table.Add(81, "setgroups", "da", (task, in call) => SetGroupList(task, call, sizeof(ushort)));
        table.Add(206, "setgroups32", "da", (task, in call) => SetGroupList(task, call, sizeof(uint)));
    }

    /// <summary>The old calls have 16-bit numbers, of which the highest means "unchanged" too. Linux: low2highuid.</summary>
    private static uint Widen(uint number) => (ushort)number == ushort.MaxValue ? Unchanged : (ushort)number;

    private static CallHandler Widened(CallHandler handler) => (task, in call) =>
        handler(task, call with { A = Widen(call.A), B = Widen(call.B), C = Widen(call.C) });

    private GuestProcess? Of(GuestTask task, int id) => id == 0 ? task.Process : tasks.Find(id);

    private CallResult SetGroup(GuestTask task, in CallArguments call)
    {
        int id = call.A.Number == 0 ? task.Process.Id : call.A.Number;
        int group = call.B.Number == 0 ? id : call.B.Number;
        if (group < 0) return Errno.EINVAL;
        GuestProcess? target = tasks.Find(id);
        if (target is null || (target != task.Process && target.Parent != task.Process)) return Errno.ESRCH;    // setpgid(2): or a child
        if (target != task.Process && target.SessionId != task.Process.SessionId) return Errno.EPERM;    // a child that called setsid
        if (target != task.Process && target.HasExecuted) return Errno.EACCES;    // the new program may rely on its group
        if (target.SessionId == target.Id) return Errno.EPERM;    // a leader stays in the group of its session
        bool exists = group == target.Id
            || tasks.All.Any(process => process.GroupId == group && process.SessionId == task.Process.SessionId);
        if (!exists) return Errno.EPERM;    // only the own number makes a new group
        target.GroupId = group;
        return 0;
    }

    private CallResult SetSession(GuestTask task, in CallArguments call)
    {
        GuestProcess process = task.Process;
        if (tasks.All.Any(other => other.GroupId == process.Id)) return Errno.EPERM;    // else a group would span two sessions
        process.SessionId = process.GroupId = process.Id;
        return process.Id;
    }

    /// <summary>
    /// capget(2): the effective, permitted and inheritable set of a process, in one word or two by the version. Without a place for them,
    /// a wrong version is not an error: with it a caller asks for the right one.
    /// </summary>
    private CallResult GetCapabilities(GuestTask task, in CallArguments call)
    {
        Errno error = ReadVersion(task, call.A.Address, out int wordCount);
        if (call.B == 0 && error is Errno.None or Errno.EINVAL) return 0;
        if (error != Errno.None) return error;
        if (!task.User.TryRead(call.A.Address + sizeof(uint), out int id)) return Errno.EFAULT;
        if (id < 0) return Errno.EINVAL;
        if ((id == 0 ? task : tasks.FindTask(id)) is not { } target) return Errno.ESRCH;
        Span<uint> words = stackalloc uint[CapabilitySetCount * 2];
        for (int i = 0; i < wordCount; i++)
        {
            Credentials who = target.Credentials;
            ReadOnlySpan<ulong> sets = [who.Effective, who.Permitted, who.Inheritable];
            for (int set = 0; set < CapabilitySetCount; set++) words[(i * CapabilitySetCount) + set] = (uint)(sets[set] >> (32 * i));
        }

        return task.User.TryCopyTo(call.B.Address, MemoryMarshal.AsBytes(words[..(wordCount * CapabilitySetCount)])) ? 0 : Errno.EFAULT;
    }

    /// <summary>capset(2): the caller's own sets. Linux: kernel/capability.c.</summary>
    private static CallResult SetCapabilities(GuestTask task, in CallArguments call)
    {
        Errno error = ReadVersion(task, call.A.Address, out int wordCount);
        if (error != Errno.None) return error;
        if (!task.User.TryRead(call.A.Address + sizeof(uint), out int id)) return Errno.EFAULT;
        if (id != 0 && id != task.Id) return Errno.EPERM;
        Span<uint> words = stackalloc uint[CapabilitySetCount * 2];
        words.Clear();
        if (!task.User.TryCopyFrom(call.B.Address, MemoryMarshal.AsBytes(words[..(wordCount * CapabilitySetCount)]))) return Errno.EFAULT;
        error = task.Credentials.WithCapabilities(words[0] | ((ulong)words[3] << 32), words[1] | ((ulong)words[4] << 32),
            words[2] | ((ulong)words[5] << 32), out Credentials changed);
        return error == Errno.None ? Become(task, changed) : error;
    }

    /// <summary>Reads the version of a header, and writes the kernel's if that is unknown. Linux: cap_validate_magic.</summary>
    private static Errno ReadVersion(GuestTask task, VirtualAddress at, out int wordCount)
    {
        const uint first = 0x1998_0330, second = 0x2007_1026, third = 0x2008_0522;    // _LINUX_CAPABILITY_VERSION_1 to 3
        wordCount = 0;
        if (!task.User.TryRead(at, out uint version)) return Errno.EFAULT;
        wordCount = version == first ? 1 : 2;
        if (version is first or second or third) return Errno.None;
        return task.User.TryWrite(at, third) ? Errno.EINVAL : Errno.EFAULT;
    }

    private static CallResult SetUser(GuestTask task, in CallArguments call)
    {
        Credentials who = task.Credentials;
        if (call.A == Unchanged) return Errno.EINVAL;    // not a valid user. Linux: uid_valid
        if (who.Can(Capability.SetUser)) return Become(task, who.WithUsers(call.A, call.A, call.A));
        if (call.A != who.User && call.A != who.SavedUser) return Errno.EPERM;
        return Become(task, who.WithUsers(who.User, call.A, who.SavedUser));
    }

    private static CallResult SetUsers(GuestTask task, uint real, uint effective, uint saved, bool isReal)
    {
        Credentials who = task.Credentials;
        if (!who.Can(Capability.SetUser))
        {
            bool mayReal = real == Unchanged || real == who.User || real == who.EffectiveUser || (!isReal && real == who.SavedUser);
            bool mayEffective = effective == Unchanged || effective == who.User || effective == who.EffectiveUser
                || effective == who.SavedUser;
            bool maySaved = saved == Unchanged || saved == who.User || saved == who.EffectiveUser || saved == who.SavedUser;
            if (!mayReal || !mayEffective || !maySaved) return Errno.EPERM;
        }

        uint newReal = real == Unchanged ? who.User : real;
        uint newEffective = effective == Unchanged ? who.EffectiveUser : effective;
        uint newSaved = saved == Unchanged ? who.SavedUser : saved;
        if (isReal && (real != Unchanged || (effective != Unchanged && effective != who.User))) newSaved = newEffective;
        return Become(task, who.WithUsers(newReal, newEffective, newSaved));
    }

    private static CallResult SetGroupId(GuestTask task, in CallArguments call)
    {
        Credentials who = task.Credentials;
        if (call.A == Unchanged) return Errno.EINVAL;
        if (who.Can(Capability.SetGroup)) return Become(task, who.WithGroups(call.A, call.A, call.A));
        if (call.A != who.Group && call.A != who.SavedGroup) return Errno.EPERM;
        return Become(task, who.WithGroups(who.Group, call.A, who.SavedGroup));
    }

    /// <summary>
    /// setregid has two numbers and sets the saved one itself; real cannot be set to the saved one. Linux: __sys_setregid.
    /// </summary>
    private static CallResult SetGroups(GuestTask task, uint real, uint effective, uint saved, bool isReal)
    {
        Credentials who = task.Credentials;
        bool May(uint group) => group == Unchanged || group == who.Group || group == who.EffectiveGroup || group == who.SavedGroup;
        bool mayReal = May(real) && (!isReal || real == Unchanged || real == who.Group || real == who.EffectiveGroup);
        if (!who.Can(Capability.SetGroup) && (!mayReal || !May(effective) || !May(saved))) return Errno.EPERM;
        uint newEffective = effective == Unchanged ? who.EffectiveGroup : effective;
        uint newSaved = saved == Unchanged ? who.SavedGroup : saved;
        if (isReal && (real != Unchanged || (effective != Unchanged && effective != who.Group))) newSaved = newEffective;
        return Become(task, who.WithGroups(real == Unchanged ? who.Group : real, newEffective, newSaved));
    }

    private static int Become(GuestTask task, Credentials who)
    {
        task.Become(who);
        return 0;
    }

    private static CallResult WriteUsers(GuestTask task, in CallArguments call, bool isShort) =>
        WriteThree(task, call, [task.Credentials.User, task.Credentials.EffectiveUser, task.Credentials.SavedUser], isShort);

    private static CallResult WriteGroups(GuestTask task, in CallArguments call, bool isShort) =>
        WriteThree(task, call, [task.Credentials.Group, task.Credentials.EffectiveGroup, task.Credentials.SavedGroup], isShort);

    private static CallResult WriteThree(GuestTask task, in CallArguments call, ReadOnlySpan<uint> numbers, bool isShort)
    {
        ReadOnlySpan<VirtualAddress> places = [call.A.Address, call.B.Address, call.C.Address];
        for (int i = 0; i < places.Length; i++)
        {
            bool isWritten = isShort ? task.User.TryWrite(places[i], Narrow(numbers[i])) : task.User.TryWrite(places[i], numbers[i]);
            if (!isWritten) return Errno.EFAULT;
        }

        return 0;
    }

    private static CallResult GetGroups(GuestTask task, in CallArguments call) =>
        CopyGroups(task, call, MemoryMarshal.AsBytes<uint>(task.Credentials.Groups));

    /// <summary>A number of 16 bits: a larger one is returned as 65534. Linux: high2lowuid.</summary>
    private static ushort Narrow(uint number) => number > ushort.MaxValue ? (ushort)65534 : (ushort)number;

    private static CallResult GetShortGroups(GuestTask task, in CallArguments call)
    {
        ushort[] groups = Array.ConvertAll(task.Credentials.Groups, Narrow);
        return CopyGroups(task, call, MemoryMarshal.AsBytes<ushort>(groups));
    }

    private static CallResult CopyGroups(GuestTask task, in CallArguments call, ReadOnlySpan<byte> bytes)
    {
        int count = task.Credentials.Groups.Length;
        if (call.A.Number < 0) return Errno.EINVAL;
        if (call.A == 0) return count;
        if (count > call.A.Number) return Errno.EINVAL;    // never cut (getgroups(2))
        return task.User.TryCopyTo(call.B.Address, bytes) ? count : Errno.EFAULT;
    }

    private static CallResult SetGroupList(GuestTask task, in CallArguments call, int byteLengthEach)
    {
        if (!task.Credentials.Can(Capability.SetGroup)) return Errno.EPERM;    // before EINVAL, as in setgroups
        if (call.A > 65536) return Errno.EINVAL;    // NGROUPS_MAX
        byte[] bytes = new byte[call.A * (uint)byteLengthEach];
        if (!task.User.TryCopyFrom(call.B.Address, bytes)) return Errno.EFAULT;
        uint[] groups = byteLengthEach == sizeof(uint) ? MemoryMarshal.Cast<byte, uint>(bytes).ToArray()
            : Array.ConvertAll(MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(), static group => Widen(group));
        if (groups.Contains(Unchanged)) return Errno.EINVAL;    // gid_valid
        task.Credentials = task.Credentials with { Groups = groups };
        return 0;
    }
}
