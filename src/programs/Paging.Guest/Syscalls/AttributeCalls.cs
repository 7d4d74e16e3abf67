using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>Changes of a file's mode, owner and times. Linux: fs/open.c, fs/utimes.c, fs/attr.c.</summary>
internal sealed class AttributeCalls(GuestClock clock, FileTree tree)
{
    private readonly PathReader _paths = new(tree);

    private delegate CallResult Change(GuestTask task, TreeNode node, in FileStatus status);

    public void AddTo(CallTable table)
    {
        Descriptor here = Descriptor.WorkingDirectory;
        table.Add(15, "chmod", "sx", (task, in call) => ChangeMode(task, here, call.A.Address, call.B.Mode, 0));
        table.Add(306, "fchmodat", "Dsx", (task, in call) => ChangeMode(task, call.A.Descriptor, call.B.Address, call.C.Mode, 0));
        table.Add(452, "fchmodat2", "Dsxx", (task, in call) =>
            ChangeMode(task, call.A.Descriptor, call.B.Address, call.C.Mode, call.D.PathFlags));
        table.Add(94, "fchmod", "dx", (task, in call) =>
        {
            FileModes mode = call.B.Mode;
            return OfOpened(task, call.A.Descriptor, (GuestTask who, TreeNode node, in FileStatus status) =>
                ChangeMode(who, node, status, mode));
        });
        table.Add(212, "chown32", "sdd", (task, in call) => ChangeOwner(task, here, call.A.Address, call.B, call.C, 0));
        table.Add(198, "lchown32", "sdd", (task, in call) => ChangeOwner(task, here, call.A.Address, call.B, call.C, PathFlags.NoFollow));
        table.Add(182, "chown", "sdd", (task, in call) => ChangeOwner(task, here, call.A.Address, Wide(call.B), Wide(call.C), 0));
        table.Add(16, "lchown", "sdd", (task, in call) =>
            ChangeOwner(task, here, call.A.Address, Wide(call.B), Wide(call.C), PathFlags.NoFollow));
        table.Add(298, "fchownat", "Dsddx", (task, in call) =>
            ChangeOwner(task, call.A.Descriptor, call.B.Address, call.C, call.D, call.E.PathFlags));
        table.Add(207, "fchown32", "ddd", (task, in call) => ChangeOwnerOf(task, call.A.Descriptor, call.B, call.C));
        table.Add(95, "fchown", "ddd", (task, in call) => ChangeOwnerOf(task, call.A.Descriptor, Wide(call.B), Wide(call.C)));
        table.Add(320, "utimensat", "Dsax", (task, in call) => SetTimes(task, call, isLong: false));
        table.Add(412, "utimensat_time64", "Dsax", (task, in call) => SetTimes(task, call, isLong: true));
        table.Add(30, "utime", "sa", (task, in call) => OldTimes(task, here, call.A.Address, call.B.Address, isShort: true));
        table.Add(271, "utimes", "sa", (task, in call) => OldTimes(task, here, call.A.Address, call.B.Address, isShort: false));
        table.Add(299, "futimesat", "Dsa", (task, in call) =>
            OldTimes(task, call.A.Descriptor, call.B.Address, call.C.Address, isShort: false));
        AddExtended(table);
    }

    /// <summary>
    /// Adds the calls of extended attributes, which no file here has. Linux: xattr_resolve_name, of a file system built without them.
    /// </summary>
    private static void AddExtended(CallTable table)
    {
        int number = 226;
        foreach ((string name, string form) in new[] { ("set", "sanx"), ("get", "san"), ("list", "an"), ("remove", "s") })
        {
            table.Add(number++, name + "xattr", "s" + form, static (_, in _) => Errno.EOPNOTSUPP);
            table.Add(number++, "l" + name + "xattr", "s" + form, static (_, in _) => Errno.EOPNOTSUPP);
            table.Add(number++, "f" + name + "xattr", "d" + form, static (_, in _) => Errno.EOPNOTSUPP);
        }
    }

    private static uint Wide(uint number) => number == 0xFFFF ? uint.MaxValue : number;    // -1 of 16 bits: unchanged (low2highuid)

    private CallResult OfPath(GuestTask task, Descriptor directory, VirtualAddress pathAt, PathFlags flags, Change change)
    {
        if ((flags & ~(PathFlags.NoFollow | PathFlags.EmptyPath)) != 0) return Errno.EINVAL;
        bool follow = (flags & PathFlags.NoFollow) == 0, mayBeEmpty = (flags & PathFlags.EmptyPath) != 0;
        Errno error = _paths.FindExisting(task, directory, pathAt, follow, mayBeEmpty, out TreeNode? node);
        return error == Errno.None ? Changed(task, node!, change) : error;
    }

    private CallResult OfOpened(GuestTask task, Descriptor descriptor, Change change)
    {
        if (task.Process.Descriptors.Find(descriptor) is null) return Errno.EBADF;
        Errno error = _paths.FindOpened(task, descriptor, out TreeNode? node);
        return error == Errno.None ? Changed(task, node!, change) : error;
    }

    private static CallResult Changed(GuestTask task, TreeNode node, Change change)
    {
        using (node)
        {
            Errno error = node.Status(out FileStatus status);
            return error == Errno.None ? change(task, node, status) : error;
        }
    }

    private CallResult ChangeMode(GuestTask task, Descriptor directory, VirtualAddress pathAt, FileModes mode, PathFlags flags) =>
        OfPath(task, directory, pathAt, flags, (GuestTask who, TreeNode node, in FileStatus status) =>
            ChangeMode(who, node, status, mode));

    private static CallResult ChangeMode(GuestTask task, TreeNode node, in FileStatus status, FileModes mode)
    {
        if (!Permissions.IsOwner(task, status)) return Errno.EPERM;    // rights to write do not help (setattr_prepare)
        if (!Permissions.IsInGroup(task, status.Group)) mode &= ~FileModes.SetGroup;    // Linux: setattr_copy
        return node.ChangeMode(mode & FileModes.Changeable);    // S_IALLUGO: the type stays
    }

    private CallResult ChangeOwner(GuestTask task, Descriptor directory, VirtualAddress pathAt, uint user, uint group, PathFlags flags) =>
        OfPath(task, directory, pathAt, flags, (GuestTask who, TreeNode node, in FileStatus status) =>
            ChangeOwner(who, node, status, user, group));

    private CallResult ChangeOwnerOf(GuestTask task, Descriptor descriptor, uint user, uint group) =>
        OfOpened(task, descriptor, (GuestTask who, TreeNode node, in FileStatus status) => ChangeOwner(who, node, status, user, group));

    /// <summary>An owner may give a file to a group that it is in; other changes need CAP_CHOWN. Linux: chown_ok, chgrp_ok.</summary>
    private static CallResult ChangeOwner(GuestTask task, TreeNode node, in FileStatus status, uint user, uint group)
    {
        Credentials who = task.Credentials;
        bool isOwner = who.EffectiveUser == status.User;
        bool mayUser = user == uint.MaxValue || (isOwner && user == status.User);
        bool mayGroup = group == uint.MaxValue
            || (isOwner && (group == status.Group || who.IsIn(group)));
        // The host checks for itself: it sees the same user
        bool asksHost = node.Mount.IsOfHost && who.EffectiveUser == Credentials.OfHost.EffectiveUser;
        if (!asksHost && !who.Can(Capability.ChangeOwner) && !(mayUser && mayGroup)) return Errno.EPERM;
        return node.ChangeOwner(user, group);
    }

    private CallResult SetTimes(GuestTask task, in CallArguments call, bool isLong)
    {
        Span<long> times = [0, TimeWords.Now, 0, TimeWords.Now];
        if (call.C != 0 && !TryReadTimes(task, call.C.Address, isLong, times)) return Errno.EFAULT;
        if (times[1] == TimeWords.Omitted && times[3] == TimeWords.Omitted) return 0;    // the path is not read
        long[] wanted = times.ToArray();
        Change change = (GuestTask who, TreeNode node, in FileStatus status) => SetTimes(who, node, status, wanted);
        if (HasPath(call.A.Descriptor, call.B.Address)) return OfPath(task, call.A.Descriptor, call.B.Address, call.D.PathFlags, change);
        return call.D != 0 ? Errno.EINVAL : OfOpened(task, call.A.Descriptor, change);    // Linux: do_utimes_fd takes no flags
    }

    /// <summary>Sets the times; without a path, of the descriptor's own file. Linux: do_futimesat, utime32.</summary>
    private CallResult OldTimes(GuestTask task, Descriptor directory, VirtualAddress pathAt, VirtualAddress timesAt, bool isShort)
    {
        long[] times = [0, TimeWords.Now, 0, TimeWords.Now];
        Span<int> words = stackalloc int[4];
        if (timesAt != VirtualAddress.Zero)
        {
            Span<byte> bytes = MemoryMarshal.AsBytes(words);
            if (!task.User.TryCopyFrom(timesAt, isShort ? bytes[..8] : bytes)) return Errno.EFAULT;
            // Before the path is read (do_futimesat)
            if (!isShort && (words[1] is < 0 or >= 1_000_000 || words[3] is < 0 or >= 1_000_000)) return Errno.EINVAL;
            (times[0], times[1]) = (words[0], isShort ? 0 : words[1] * 1000L);
            (times[2], times[3]) = isShort ? (words[1], 0) : (words[2], words[3] * 1000L);
        }

        Change change = (GuestTask who, TreeNode node, in FileStatus status) => SetTimes(who, node, status, times);
        return HasPath(directory, pathAt) ? OfPath(task, directory, pathAt, 0, change) : OfOpened(task, directory, change);
    }

    /// <summary>
    /// Returns false if no path is given, so that the descriptor is meant; with AT_FDCWD, EFAULT of the path. Linux: do_utimes.
    /// </summary>
    private static bool HasPath(Descriptor directory, VirtualAddress pathAt) =>
        pathAt != VirtualAddress.Zero || directory.IsWorkingDirectory;

    /// <summary>Sets the times: the owner any, writers only the present. Linux: may_setattr.</summary>
    private CallResult SetTimes(GuestTask task, TreeNode node, in FileStatus status, long[] times)
    {
        if (!IsTime(times[1]) || !IsTime(times[3])) return Errno.EINVAL;    // checked last, as in vfs_utimes
        if (!Permissions.IsOwner(task, status))
        {
            if (times[1] != TimeWords.Now || times[3] != TimeWords.Now) return Errno.EPERM;    // the right to write sets both to now only
            Errno error = Permissions.Check(task, status, AccessRights.Write);
            if (error == Errno.None) error = node.Access(AccessRights.Write);    // a file of the host: its own rights count too
            if (error != Errno.None) return error;
        }

        NowIsGuests(times);
        return node.SetTimes(times);
    }

    private static bool TryReadTimes(GuestTask task, VirtualAddress at, bool isLong, Span<long> times)
    {
        if (isLong)
        {
            if (!task.User.TryCopyFrom(at, MemoryMarshal.AsBytes(times))) return false;
            (times[1], times[3]) = ((int)times[1], (int)times[3]);    // the upper half is padding (get_timespec64)
            return true;
        }

        Span<int> words = stackalloc int[4];
        if (!task.User.TryCopyFrom(at, MemoryMarshal.AsBytes(words))) return false;
        for (int i = 0; i < 4; i++) times[i] = words[i];
        return true;
    }

    private static bool IsTime(long nanoseconds) => nanoseconds is (>= 0 and < TimeWords.Second) or TimeWords.Now or TimeWords.Omitted;

    private void NowIsGuests(Span<long> times)
    {
        for (int i = 0; i < 4; i += 2)
        {
            if (times[i + 1] == TimeWords.Now) (times[i], times[i + 1]) = TimeWords.ToPair(clock.RealTime);
        }
    }
}
