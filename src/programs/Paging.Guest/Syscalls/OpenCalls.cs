using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Devices;
using Paging.Guest.Vfs.Memory;
using Paging.Guest.Vfs.Tree;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>Calls that open, copy and close descriptors. Linux: fs/open.c, fs/fcntl.c, fs/pipe.c, mm/memfd.c.</summary>
internal sealed class OpenCalls(GuestClock clock, WakeUps wakeUps, InodeNumbers inodeNumbers, FileTree tree, FileLocks locks,
    InMemoryFiles memoryFiles, PipePages pipePages,
    UserfaultCalls userfaults)
{

    private readonly FileOpener _opener = new(tree);
    private readonly LockCalls _locks = new(locks);

    public void AddTo(CallTable table)
    {
        table.Add(5, "open", "sfx", (task, in call) => Open(task, Descriptor.WorkingDirectory, call.A.Address, call.B.Flags, call.C.Mode));
        table.Add(295, "openat", "Dsfx", (task, in call) => Open(task, call.A.Descriptor, call.B.Address, call.C.Flags, call.D.Mode));
        table.Add(8, "creat", "sx", (task, in call) =>
            Open(task, Descriptor.WorkingDirectory, call.A.Address,
                FileFlags.Create | FileFlags.Truncate | FileFlags.WriteOnly,
                call.B.Mode));
        table.Add(6, "close", "d", static (task, in call) => task.Process.Descriptors.Close(call.A.Descriptor));
        table.Add(436, "close_range", "ddx", CloseRange);
        table.Add(41, "dup", "d", (task, in call) => Duplicate(task, call.A.Descriptor, 0, closeOnExec: false));
        table.Add(63, "dup2", "dd", (task, in call) => DuplicateTo(task, call.A.Descriptor, call.B.Descriptor, 0, isThird: false));
        table.Add(330, "dup3", "ddx", (task, in call) =>
            DuplicateTo(task, call.A.Descriptor, call.B.Descriptor, call.C.Flags, isThird: true));
        table.Add(42, "pipe", "a", (task, in call) => MakePipe(task, call.A.Address, 0));
        table.Add(331, "pipe2", "ax", (task, in call) => MakePipe(task, call.A.Address, call.B.Flags));
        table.Add(55, "fcntl", "dxx", Control);
        table.Add(221, "fcntl64", "dxx", Control);
        table.Add(54, "ioctl", "dxa", Ioctl);
        table.Add(143, "flock", "dx", (task, in call) => _locks.Flock(task, call.A.Descriptor, call.B));
        table.Add(356, "memfd_create", "sx", MakeMemoryFile);
    }

    private static ulong LimitOf(GuestTask task) => task.Process.Limits[LimitTable.OpenFiles].Soft;

    private CallResult Open(GuestTask task, Descriptor directory, VirtualAddress pathAt, FileFlags flags, FileModes mode)
    {
        if (task.Call.Awaited is FifoOpening opening) return FileOpener.GoOn(task, opening, flags);
        Errno error = FileOpener.Validate(flags);
        if (error != Errno.None) return error;
        error = task.User.ReadPath(pathAt, out string path);
        return error == Errno.None ? _opener.Open(task, directory, path, flags, mode) : error;
    }

    private static CallResult CloseRange(GuestTask task, in CallArguments call)
    {
        const uint unshare = 2, closeOnExec = 4;
        if (call.A > call.B || (call.C & ~6u) != 0) return Errno.EINVAL;    // CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC
        if ((call.C & unshare) != 0) task.Process.Descriptors = task.Process.Descriptors.Own();
        foreach (Descriptor descriptor in task.Process.Descriptors.Numbers.ToArray())
        {
            if ((uint)descriptor.Number < call.A || (uint)descriptor.Number > call.B) continue;
            if ((call.C & closeOnExec) != 0) task.Process.Descriptors.SetCloseOnExec(descriptor, closeOnExec: true);
            else task.Process.Descriptors.Close(descriptor);
        }

        return 0;
    }

    private static CallResult Duplicate(GuestTask task, Descriptor descriptor, int from, bool closeOnExec)
    {
        if (task.Process.Descriptors.FindRaw(descriptor) is not { } open) return Errno.EBADF;
        if (from < 0 || (ulong)from >= LimitOf(task)) return Errno.EINVAL;    // fcntl(2); for dup2 it is EBADF
        open.Hold();
        return task.Process.Install(open, closeOnExec, from);
    }

    private static CallResult DuplicateTo(GuestTask task, Descriptor from, Descriptor to, FileFlags flags, bool isThird)
    {
        if ((flags & ~FileFlags.CloseOnExec) != 0 || (isThird && from == to)) return Errno.EINVAL;    // dup3 changes flags, dup2 does not
        if (task.Process.Descriptors.FindRaw(from) is not { } open || to.Number < 0 || (ulong)to.Number >= LimitOf(task))
            return Errno.EBADF;
        if (from == to) return to.Number;    // dup2 does not touch O_CLOEXEC then
        open.Hold();
        task.Process.Descriptors.Replace(to, open, (flags & FileFlags.CloseOnExec) != 0);
        return to.Number;
    }

    private CallResult MakePipe(GuestTask task, VirtualAddress at, FileFlags flags)
    {
        if ((flags & ~(FileFlags.CloseOnExec | FileFlags.NonBlocking)) != 0) return Errno.EINVAL;    // no packets (O_DIRECT)
        Pipe pipe = new(pipePages) { Owner = (task.Credentials.EffectiveUser, task.Credentials.EffectiveGroup) };
        ulong inode = inodeNumbers.Take();
        FileFlags kept = flags & ~FileFlags.CloseOnExec;
        return DescriptorPair.Install(task, new PipeEnd(clock, wakeUps, pipe, inode, kept),
            new PipeEnd(clock, wakeUps, pipe, inode, kept | FileFlags.WriteOnly), flags, at);
    }

    private CallResult Control(GuestTask task, in CallArguments call)
    {
        const int duplicate = 0, getDescriptor = 1, setDescriptor = 2, getFlags = 3, setFlags = 4, askSame = 1027, askMade = 1028,
            duplicateCloseOnExec = 1030, setPipeSize = 1031, getPipeSize = 1032, addSeals = 1033, getSeals = 1034;
        const int getOwner = 9, getSignal = 11, getOwnerEx = 16, getLease = 1025, noLease = 2;    // F_UNLCK
        Descriptor number = call.A.Descriptor;
        if (task.Process.Descriptors.FindRaw(number) is not { } open) return Errno.EBADF;
        bool isForPlaces = call.B.Number is duplicate or duplicateCloseOnExec or getDescriptor or setDescriptor or getFlags or askSame
            or askMade;    // Linux: check_fcntl_cmd
        if (open.IsPathOnly && !isForPlaces) return Errno.EBADF;    // O_PATH allows a few commands (check_fcntl_cmd)
        switch (call.B.Number)
        {
            case duplicate: return Duplicate(task, number, call.C.Number, closeOnExec: false);
            case duplicateCloseOnExec: return Duplicate(task, number, call.C.Number, closeOnExec: true);
            case askSame when task.Process.Descriptors.FindRaw(call.C.Descriptor) is null: return Errno.EBADF;
            case askSame: return task.Process.Descriptors.FindRaw(call.C.Descriptor) == open ? 1 : 0;
            case askMade: return open.HasMadeFile ? 1 : 0;
            case getDescriptor: return task.Process.Descriptors.IsCloseOnExec(number) ? 1 : 0;
            case setDescriptor:
                task.Process.Descriptors.SetCloseOnExec(number, (call.C & 1) != 0);    // FD_CLOEXEC
                return 0;
            case getFlags: return (int)open.Flags;
            case setFlags:
                open.Flags = (open.Flags & ~FileFlags.Changeable) | (call.C.Flags & FileFlags.Changeable);
                return 0;
            case getOwner or getSignal: return 0;    // files have no owner here
            case getOwnerEx: return task.User.TryWrite(call.C.Address, 0ul) ? 0 : Errno.EFAULT;    // used by C libraries
            case getLease: return noLease;    // Linux: fcntl_getlease without CONFIG_FILE_LOCKING; fcntl_setlease is then EINVAL
            case int command when LockCalls.IsLockCommand(command): return _locks.Control(task, open, command, call.C.Address);
            case getPipeSize: return open.Pipe is { } pipe ? pipe.Capacity : Errno.EBADF;    // EBADF, not EINVAL (pipe_fcntl)
            case setPipeSize: return open.Pipe is { } sized ? sized.Resize(call.C, task.Credentials.Can(Capability.Resource)) : Errno.EBADF;
            case getSeals: return open.Seals;
            // A reader must not stop the writers (memfd_add_seals)
            case addSeals: return open.CanWrite ? open.AddSeals((FileSeals)call.C.Word) : Errno.EPERM;
            default: return Errno.EINVAL;
        }
    }

    private CallResult Ioctl(GuestTask task, in CallArguments call)
    {
        const uint nonBlocking = 0x5421, clearCloseOnExec = 0x5450, setCloseOnExec = 0x5451;
        Descriptor number = call.A.Descriptor;
        if (task.Process.Descriptors.Find(number) is not { } open) return Errno.EBADF;
        switch (call.B.Word)
        {
            case clearCloseOnExec or setCloseOnExec:
                task.Process.Descriptors.SetCloseOnExec(number, call.B == setCloseOnExec);
                return 0;
            case nonBlocking:    // FIONBIO: for every file, before its own ioctl (do_vfs_ioctl)
                if (!task.User.TryRead(call.C.Address, out int on)) return Errno.EFAULT;
                open.Flags = on != 0 ? open.Flags | FileFlags.NonBlocking : open.Flags & ~FileFlags.NonBlocking;
                return 0;
            case uint request when open is DeviceFile { Kind: DeviceKind.Userfault }: return userfaults.Ioctl(task, request, call.C.Flags);
            default:
                return open.Ioctl(new(task.User, task.Process.GroupId, call.B, call.C));
        }
    }

    private CallResult MakeMemoryFile(GuestTask task, in CallArguments call)
    {
        const MemoryFileFlags known = MemoryFileFlags.CloseOnExec | MemoryFileFlags.AllowSealing | MemoryFileFlags.HugeTlb
            | MemoryFileFlags.NoExecuteSeal | MemoryFileFlags.Executable;
        MemoryFileFlags flags = (MemoryFileFlags)call.B.Word;
        bool isHuge = (flags & MemoryFileFlags.HugeTlb) != 0;    // the uppermost bits have the size
        const MemoryFileFlags either = MemoryFileFlags.NoExecuteSeal | MemoryFileFlags.Executable;
        if ((flags & ~(isHuge ? known | MemoryFileFlags.HugeSizeMask : known)) != 0 || (flags & either) == either) return Errno.EINVAL;
        Errno error = task.User.ReadString(call.A.Address, 250, out string name);    // "memfd:" and it fill NAME_MAX, and a zero follows
        if (error != Errno.None) return error == Errno.ENAMETOOLONG ? Errno.EINVAL : error;    // memfd_create(2): it is no path
        Credentials who = task.Credentials;
        error = memoryFiles.MakeNameless(name, who.EffectiveUser, who.EffectiveGroup, isHuge ? flags : null, out RegularFile? file);
        if (error != Errno.None) return error;
        FileSeals seals = (flags & MemoryFileFlags.AllowSealing) == 0 ? FileSeals.Seal : FileSeals.None;
        if ((flags & MemoryFileFlags.NoExecuteSeal) != 0)
        {
            file!.ChangeMode(FileModes.Everything & ~FileModes.AllExecute);    // first: the seal forbids it
            seals = FileSeals.Execute;    // it implies MFD_ALLOW_SEALING (memfd_create(2))
        }

        if (seals != FileSeals.None) file!.File.AddSeals(seals);
        return task.Process.Install(file!, (flags & MemoryFileFlags.CloseOnExec) != 0);
    }
}
