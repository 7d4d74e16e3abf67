using System.Runtime.InteropServices;
using System.Text;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>
/// Names: how they are made, changed and removed, and where a process stands among them. Linux: fs/namei.c, fs/readdir.c, fs/open.c,
/// fs/utimes.c.
/// </summary>
internal sealed class DirectoryCalls(GuestClock clock, FileTree tree)
{
    private const uint RemoveDirectory = 0x200, NoFollow = 0x100, EmptyPath = 0x1000, FollowLink = 0x400;
    private const long TimeNow = (1 << 30) - 1, TimeOmitted = (1 << 30) - 2;

    private readonly PathReader _paths = new(tree);

    public void AddTo(CallTable table)
    {
        table.Add(9, "link", "ss", (task, in call) =>
            Link(task, Descriptor.WorkingDirectory, call.A.Address, Descriptor.WorkingDirectory, call.B.Address, 0));
        table.Add(303, "linkat", "DsDsx", (task, in call) =>
            Link(task, call.A.Descriptor, call.B.Address, call.C.Descriptor, call.D.Address, call.E));
        table.Add(10, "unlink", "s", (task, in call) => Unlink(task, Descriptor.WorkingDirectory, call.A.Address, 0));
        table.Add(40, "rmdir", "s", (task, in call) => Unlink(task, Descriptor.WorkingDirectory, call.A.Address, RemoveDirectory));
        table.Add(301, "unlinkat", "Dsx", (task, in call) => (call.C & ~RemoveDirectory) != 0 ? Errno.EINVAL
            : Unlink(task, call.A.Descriptor, call.B.Address, call.C));
        table.Add(38, "rename", "ss", (task, in call) =>
            Rename(task, Descriptor.WorkingDirectory, call.A.Address, Descriptor.WorkingDirectory, call.B.Address, 0));
        table.Add(302, "renameat", "DsDs", (task, in call) =>
            Rename(task, call.A.Descriptor, call.B.Address, call.C.Descriptor, call.D.Address, 0));
        table.Add(353, "renameat2", "DsDsx", (task, in call) =>
            Rename(task, call.A.Descriptor, call.B.Address, call.C.Descriptor, call.D.Address, call.E));
        table.Add(83, "symlink", "ss", (task, in call) => SymbolicLink(task, call.A.Address, Descriptor.WorkingDirectory, call.B.Address));
        table.Add(304, "symlinkat", "sDs", (task, in call) => SymbolicLink(task, call.A.Address, call.B.Descriptor, call.C.Address));
        table.Add(39, "mkdir", "sx", (task, in call) => MakeDirectory(task, Descriptor.WorkingDirectory, call.A.Address, call.B.Mode));
        table.Add(296, "mkdirat", "Dsx", (task, in call) => MakeDirectory(task, call.A.Descriptor, call.B.Address, call.C.Mode));
        table.Add(14, "mknod", "sxx", (task, in call) => MakeNode(task, Descriptor.WorkingDirectory, call.A.Address, call.B.Mode, call.C));
        table.Add(297, "mknodat", "Dsxx", (task, in call) => MakeNode(task, call.A.Descriptor, call.B.Address, call.C.Mode, call.D));
        table.Add(15, "chmod", "sx", (task, in call) => ChangeMode(task, Descriptor.WorkingDirectory, call.A.Address, call.B.Mode));
        table.Add(306, "fchmodat", "Dsx", (task, in call) => ChangeMode(task, call.A.Descriptor, call.B.Address, call.C.Mode));
        table.Add(94, "fchmod", "dx", (task, in call) => Opened(task, call.A.Descriptor, out Place place) is var error and not Errno.None
            ? error
            : ChangeMode(task, place, call.B.Mode));
        table.Add(212, "chown32", "sdd", (task, in call) =>
            ChangeOwner(task, Descriptor.WorkingDirectory, call.A.Address, call.B, call.C, follow: true));
        table.Add(198, "lchown32", "sdd", (task, in call) =>
            ChangeOwner(task, Descriptor.WorkingDirectory, call.A.Address, call.B, call.C, follow: false));
        table.Add(182, "chown", "sdd", (task, in call) =>
            ChangeOwner(task, Descriptor.WorkingDirectory, call.A.Address, Wide(call.B), Wide(call.C), follow: true));
        table.Add(298, "fchownat", "Dsddx", (task, in call) =>
            ChangeOwner(task, call.A.Descriptor, call.B.Address, call.C, call.D, (call.E & NoFollow) == 0));
        table.Add(207, "fchown32", "ddd", (task, in call) =>
            Opened(task, call.A.Descriptor, out Place place) is var error and not Errno.None
            ? error : ChangeOwner(task, place, call.B, call.C));
        table.Add(320, "utimensat", "Dsax", (task, in call) => SetTimes(task, call, isLong: false));
        table.Add(412, "utimensat_time64", "Dsax", (task, in call) => SetTimes(task, call, isLong: true));
        table.Add(30, "utime", "sa", OldTimes);
        table.Add(271, "utimes", "sa", OldTimes);
        table.Add(12, "chdir", "s", ChangeDirectory);
        table.Add(133, "fchdir", "d", static (task, in call) => ChangeDirectoryTo(task, call.A.Descriptor));
        table.Add(61, "chroot", "s", static (_, in _) => Errno.EPERM);
        table.Add(183, "getcwd", "an", WorkingDirectory);
        table.Add(60, "umask", "x", Mask);
        table.Add(92, "truncate", "sd", (task, in call) => Truncate(task, call.A.Address, call.B.Number));
        table.Add(193, "truncate64", "sL", (task, in call) => Truncate(task, call.A.Address, CallArguments.Long(call.B, call.C)));
        table.Add(141, "getdents", "dan", static (task, in call) => Entries(task, call, isOldForm: true));
        table.Add(220, "getdents64", "dan", static (task, in call) => Entries(task, call, isOldForm: false));
    }

    private static uint Wide(uint number) => number == 0xFFFF ? uint.MaxValue : number;

    private CallResult Link(GuestTask task, Descriptor fromDirectory, VirtualAddress from, Descriptor toDirectory, VirtualAddress to,
        uint flags)
    {
        if ((flags & ~(FollowLink | EmptyPath)) != 0) return Errno.EINVAL;
        Place target = default;
        Errno error = _paths.FindExisting(task, fromDirectory, from, (flags & FollowLink) != 0, out Place source, out FileStatus status);
        if (error == Errno.None) error = _paths.Find(task, toDirectory, to, follow: false, out target);
        if (error != Errno.None) return error;
        if (target.Mount.Status(task, target.Relative, out _) == Errno.None) return Errno.EEXIST;
        if (source.Mount != target.Mount) return Errno.EXDEV;
        return status.IsDirectory ? Errno.EPERM : source.Mount.Link(source.Relative, target.Relative);
    }

    private CallResult Unlink(GuestTask task, Descriptor directory, VirtualAddress pathAt, uint flags)
    {
        Errno error = _paths.FindExisting(task, directory, pathAt, follow: false, out Place place, out FileStatus status);
        if (error != Errno.None) return error;
        error = JudgeParent(task, place);
        if (error == Errno.None) error = JudgeOwner(task, place, status);
        if (error != Errno.None) return error;
        if ((flags & RemoveDirectory) != 0) return status.IsDirectory ? place.Mount.RemoveDirectory(place.Relative) : Errno.ENOTDIR;
        return status.IsDirectory ? Errno.EISDIR : place.Mount.Unlink(place.Relative);
    }

    private CallResult Rename(GuestTask task, Descriptor fromDirectory, VirtualAddress from, Descriptor toDirectory, VirtualAddress to,
        uint flags)
    {
        Place target = default;
        Errno error = _paths.Find(task, fromDirectory, from, follow: false, out Place source);
        if (error == Errno.None) error = _paths.Find(task, toDirectory, to, follow: false, out target);
        if (error == Errno.None) error = source.Mount.Status(task, source.Relative, out _);
        if (error != Errno.None) return error;
        if (source.Mount != target.Mount) return Errno.EXDEV;
        if (source.Relative.Length == 0 || target.Relative.Length == 0) return Errno.EBUSY;
        return source.Mount.Rename(source.Relative, target.Relative, flags);
    }

    private CallResult SymbolicLink(GuestTask task, VirtualAddress targetAt, Descriptor directory, VirtualAddress pathAt)
    {
        Errno error = task.User.ReadPath(targetAt, out string target);
        if (error == Errno.None && target.Length == 0) error = Errno.ENOENT;
        if (error != Errno.None) return error;
        error = _paths.Find(task, directory, pathAt, follow: false, out Place place);
        return error != Errno.None ? error : place.Mount.SymbolicLink(target, place.Relative);
    }

    private CallResult MakeDirectory(GuestTask task, Descriptor directory, VirtualAddress pathAt, FileModes mode)
    {
        Errno error = _paths.Find(task, directory, pathAt, follow: false, out Place place);
        if (error != Errno.None) return error;
        if (place.Mount.Status(task, place.Relative, out _) == Errno.None) return Errno.EEXIST;
        error = JudgeParent(task, place);
        return error != Errno.None ? error
            : place.Mount.MakeDirectory(place.Relative, mode & ~task.Process.FileMask & FileModes.StickyEverything);
    }

    private CallResult MakeNode(GuestTask task, Descriptor directory, VirtualAddress pathAt, FileModes mode, uint device)
    {
        Errno error = _paths.Find(task, directory, pathAt, follow: false, out Place place);
        if (error != Errno.None) return error;
        if (place.Mount.Status(task, place.Relative, out _) == Errno.None) return Errno.EEXIST;
        FileModes type = mode & FileModes.TypeMask;
        // devices of the host are not for the guest
        if (type is not (FileModes.None or FileModes.Regular or FileModes.Fifo)) return Errno.EPERM;
        return place.Mount.MakeNode(place.Relative, (mode & FileModes.TypeMask) | (mode & ~task.Process.FileMask & FileModes.Changeable),
            device);
    }

    /// <summary>A name in a directory comes and goes with the right to write there.</summary>
    private Errno JudgeParent(GuestTask task, in Place place)
    {
        Errno error = tree.Resolve(task, "/", place.Parent, follow: false, out Place above);
        if (error != Errno.None) return error;
        return above.Mount.Status(task, above.Relative, out FileStatus status) == Errno.None ? Permissions.Judge(task, status, 3)
            : Errno.None;
    }

    /// <summary>
    /// In a sticky directory a name can be taken away by the owner of the file, the owner of the directory, and root. Linux: check_sticky.
    /// </summary>
    private Errno JudgeOwner(GuestTask task, in Place place, in FileStatus status)
    {
        Credentials who = task.Process.Credentials;
        if (who.EffectiveUser == status.User || who.Can(Capability.OwnFiles)
            || tree.Resolve(task, "/", place.Parent, follow: false, out Place above) != Errno.None) return Errno.None;
        bool isFree = above.Mount.Status(task, above.Relative, out FileStatus directory) != Errno.None
            || (directory.Mode & FileModes.Sticky) == 0
            || directory.User == who.EffectiveUser;
        return isFree ? Errno.None : Errno.EPERM;
    }

    private Errno Opened(GuestTask task, Descriptor descriptor, out Place place)
    {
        place = default;
        if (task.Process.Descriptors.Find(descriptor) is not { } open) return Errno.EBADF;
        return open.Path.StartsWith('/') ? tree.Resolve(task, "/", open.Path, follow: false, out place) : Errno.EINVAL;
    }

    private CallResult ChangeMode(GuestTask task, Descriptor directory, VirtualAddress pathAt, FileModes mode)
    {
        Errno error = _paths.FindExisting(task, directory, pathAt, follow: true, out Place place, out _);
        return error != Errno.None ? error : ChangeMode(task, place, mode);
    }

    private static CallResult ChangeMode(GuestTask task, in Place place, FileModes mode)
    {
        Errno error = place.Mount.Status(task, place.Relative, out FileStatus status);
        if (error != Errno.None) return error;
        Credentials who = task.Process.Credentials;
        return who.EffectiveUser != status.User && !who.Can(Capability.OwnFiles) ? Errno.EPERM
            : place.Mount.ChangeMode(place.Relative, mode & FileModes.Changeable);
    }

    private CallResult ChangeOwner(GuestTask task, Descriptor directory, VirtualAddress pathAt, uint user, uint group, bool follow)
    {
        Errno error = _paths.FindExisting(task, directory, pathAt, follow, out Place place, out _);
        return error != Errno.None ? error : ChangeOwner(task, place, user, group);
    }

    private static CallResult ChangeOwner(GuestTask task, in Place place, uint user, uint group) =>
        task.Process.Credentials.EffectiveUser != Credentials.OfHost.EffectiveUser && !task.Process.Credentials.Can(Capability.ChangeOwner)
            ? Errno.EPERM : place.Mount.ChangeOwner(place.Relative, user, group);

    private CallResult SetTimes(GuestTask task, in CallArguments call, bool isLong)
    {
        Span<long> times = [0, TimeNow, 0, TimeNow];
        if (call.C != 0 && !TryReadTimes(task, call.C.Address, isLong, times)) return Errno.EFAULT;
        if (!IsTime(times[1]) || !IsTime(times[3])) return Errno.EINVAL;
        NowIsGuests(times);
        Errno error;
        Place place;
        if (call.B == 0) error = Opened(task, call.A.Descriptor, out place);
        else error = _paths.FindExisting(task, call.A.Descriptor, call.B.Address, (call.D & NoFollow) == 0, out place, out _);
        return error != Errno.None ? error : place.Mount.SetTimes(place.Relative, times);
    }

    private CallResult OldTimes(GuestTask task, in CallArguments call)
    {
        Span<long> times = [0, TimeNow, 0, TimeNow];
        bool isShort = task.CallNumber == 30;
        Span<int> words = stackalloc int[4];
        if (call.B != 0)
        {
            Span<byte> bytes = MemoryMarshal.AsBytes(words);
            if (!task.User.TryCopyFrom(call.B.Address, isShort ? bytes[..8] : bytes)) return Errno.EFAULT;
            (times[0], times[1]) = (words[0], isShort ? 0 : words[1] * 1000L);
            (times[2], times[3]) = isShort ? (words[1], 0) : (words[2], words[3] * 1000L);
        }

        NowIsGuests(times);
        Errno error = _paths.FindExisting(task, Descriptor.WorkingDirectory, call.A.Address, follow: true, out Place place, out _);
        return error != Errno.None ? error : place.Mount.SetTimes(place.Relative, times);
    }

    private static bool TryReadTimes(GuestTask task, VirtualAddress at, bool isLong, Span<long> times)
    {
        if (isLong)
        {
            if (!task.User.TryCopyFrom(at, MemoryMarshal.AsBytes(times))) return false;
            (times[1], times[3]) = ((int)times[1], (int)times[3]);
            return true;
        }

        Span<int> words = stackalloc int[4];
        if (!task.User.TryCopyFrom(at, MemoryMarshal.AsBytes(words))) return false;
        for (int i = 0; i < 4; i++) times[i] = words[i];
        return true;
    }

    private static bool IsTime(long nanoseconds) => nanoseconds is (>= 0 and < TimeWords.Second) or TimeNow or TimeOmitted;

    private void NowIsGuests(Span<long> times)
    {
        for (int i = 0; i < 4; i += 2)
        {
            if (times[i + 1] == TimeNow) (times[i], times[i + 1]) = (clock.RealSeconds, clock.RealTime % TimeWords.Second);
        }
    }

    private CallResult ChangeDirectory(GuestTask task, in CallArguments call)
    {
        Errno error = _paths.FindExisting(task, Descriptor.WorkingDirectory, call.A.Address, follow: true, out Place place,
            out FileStatus status);
        if (error == Errno.None && !status.IsDirectory) error = Errno.ENOTDIR;
        if (error == Errno.None) error = Permissions.Judge(task, status, 1);
        if (error == Errno.None) error = place.Mount.Access(task, place.Relative, 1);
        if (error == Errno.None) task.Process.WorkingDirectory = place.Path;
        return error;
    }

    private static CallResult ChangeDirectoryTo(GuestTask task, Descriptor descriptor)
    {
        if (task.Process.Descriptors.FindRaw(descriptor) is not { } open) return Errno.EBADF;
        if (open is not DirectoryFile directory || directory.Status(out FileStatus status) != Errno.None || !status.IsDirectory)
            return Errno.ENOTDIR;
        task.Process.WorkingDirectory = directory.Path;
        return 0;
    }

    /// <summary>ENOENT: it has been removed. ERANGE: no room for it and its zero.</summary>
    private CallResult WorkingDirectory(GuestTask task, in CallArguments call)
    {
        string path = task.Process.WorkingDirectory;
        if (tree.Resolve(task, "/", path, follow: true, out Place place) != Errno.None
            || place.Mount.Status(task, place.Relative, out _) != Errno.None) return Errno.ENOENT;
        byte[] bytes = [.. Encoding.UTF8.GetBytes(path), 0];
        if (bytes.Length > call.B) return Errno.ERANGE;
        return task.User.TryCopyTo(call.A.Address, bytes) ? bytes.Length : Errno.EFAULT;
    }

    private static CallResult Mask(GuestTask task, in CallArguments call)
    {
        uint old = (uint)task.Process.FileMask;
        task.Process.FileMask = call.A.Mode & FileModes.Everything;
        return (int)old;
    }

    private CallResult Truncate(GuestTask task, VirtualAddress pathAt, long byteLength)
    {
        if (byteLength < 0) return Errno.EINVAL;
        Errno error = _paths.FindExisting(task, Descriptor.WorkingDirectory, pathAt, follow: true, out Place place, out FileStatus status);
        if (error != Errno.None) return error;
        if (status.IsDirectory) return Errno.EISDIR;
        if (!status.IsRegular) return Errno.EINVAL;
        error = Permissions.Judge(task, status, 2);
        if (error != Errno.None) return error;
        error = place.Mount.Open(task, place, OpenDescription.WriteOnly, 0, out OpenDescription? open);
        if (error != Errno.None) return error;
        error = open!.SetLength(byteLength);
        open.Release();
        return error;
    }

    private static CallResult Entries(GuestTask task, in CallArguments call, bool isOldForm)
    {
        if (task.Process.Descriptors.Find(call.A.Descriptor) is not { } open) return Errno.EBADF;
        if (open is not DirectoryFile directory) return Errno.ENOTDIR;
        byte[] bytes = new byte[Math.Min(call.C, 65536)];
        long before = directory.Position;
        CallResult count = directory.ReadEntries(bytes, isOldForm);
        if (count.Count == 0 || task.User.TryCopyTo(call.B.Address, bytes.AsSpan(0, count.Count))) return count;
        directory.Position = before;
        return Errno.EFAULT;
    }
}
