using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>What fcntl(2) and ioctl(2) have of owners: who gets SIGIO, or another signal, of a file. Linux: fs/fcntl.c.</summary>
internal sealed class OwnerCalls(FileSignals fileSignals)
{
    private const int SetOwner = 8, GetOwner = 9, SetSignal = 10, GetSignal = 11, SetOwnerEx = 15, GetOwnerEx = 16, GetUsers = 17;

    public static bool IsOwnerCommand(int command) =>
        command is SetOwner or GetOwner or SetSignal or GetSignal or SetOwnerEx or GetOwnerEx or GetUsers;

    public CallResult Control(GuestTask task, OpenDescription open, int command, CallWord argument)
    {
        FileOwner owner = open.Owner;
        switch (command)
        {
            case SetOwner: return Name(task, open, argument.Number);
            case GetOwner: return Number(owner);
            case SetSignal:
                if (!argument.Signal.IsNoneOrSignal()) return Errno.EINVAL;
                open.Owner = owner with { Signal = argument.Signal };
                return 0;
            case GetSignal: return (int)owner.Signal;
            case SetOwnerEx: return NameEx(task, open, argument.Address);
            case GetOwnerEx:
                int id = fileSignals.Exists(owner.Kind, owner.Id) ? owner.Id : 0;
                bool isTold = task.User.TryWrite(argument.Address, (int)owner.Kind) && task.User.TryWrite(argument.Address + 4, id);
                return isTold ? 0 : Errno.EFAULT;
            default:
                bool areTold = task.User.TryWrite(argument.Address, owner.User)
                    && task.User.TryWrite(argument.Address + 4, owner.EffectiveUser);
                return areTold ? 0 : Errno.EFAULT;
        }
    }

    /// <summary>F_SETOWN, FIOSETOWN: a process, or with a minus a group. EINVAL; ESRCH: there is none.</summary>
    public CallResult Name(GuestTask task, OpenDescription open, int number)
    {
        if (number == int.MinValue) return Errno.EINVAL;
        return Name(task, open, number < 0 ? FileOwnerKind.Group : FileOwnerKind.Process, Math.Abs(number));
    }

    /// <summary>F_GETOWN, FIOGETOWN: nobody, if it is no more.</summary>
    public CallResult Number(in FileOwner owner)
    {
        if (!fileSignals.Exists(owner.Kind, owner.Id)) return 0;
        return owner.Kind == FileOwnerKind.Group ? -owner.Id : owner.Id;
    }

    /// <summary>O_ASYNC is set or cleared: files that cannot signal keep the flag and do nothing. Linux: setfl, ioctl_fioasync.</summary>
    public void SetAsynchronous(OpenDescription open, Descriptor descriptor, bool isOn)
    {
        bool wasOn = (open.Flags & FileFlags.Asynchronous) != 0;
        open.Flags = isOn ? open.Flags | FileFlags.Asynchronous : open.Flags & ~FileFlags.Asynchronous;
        if (!open.CanSignal || isOn == wasOn) return;
        if (isOn) fileSignals.Watch(open, descriptor);
        else fileSignals.Unwatch(open);
    }

    private CallResult NameEx(GuestTask task, OpenDescription open, VirtualAddress at)
    {
        if (!task.User.TryRead(at, out int kind) || !task.User.TryRead(at + 4, out int id)) return Errno.EFAULT;
        return kind is < 0 or > (int)FileOwnerKind.Group ? Errno.EINVAL : Name(task, open, (FileOwnerKind)kind, id);
    }

    private Errno Name(GuestTask task, OpenDescription open, FileOwnerKind kind, int id)
    {
        bool exists = Enum.GetValues<FileOwnerKind>().Any(one => fileSignals.Exists(one, id));    // any meaning of the number will do
        if (id != 0 && !exists) return Errno.ESRCH;
        Credentials who = task.Credentials;
        open.Owner = new(kind, id, open.Owner.Signal, id == 0 ? 0 : who.User, id == 0 ? 0 : who.EffectiveUser);
        return Errno.None;
    }
}
