using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Syscalls;

/// <summary>Extended attributes, of which no file has any: none to get, set or remove, and an empty list. Linux: fs/xattr.c.</summary>
internal sealed class ExtendedAttributeCalls(FileTree tree)
{
    private const int FirstNumber = 226, NameBufferLength = 256, ValueByteLengthMax = 65536;

    private readonly PathReader _paths = new(tree);

    private enum Wish
    {
        Set,
        Get,
        List,
        Remove,
    }

    public void AddTo(CallTable table)
    {
        int number = FirstNumber;
        foreach ((Wish wish, string name, string form) in new[]
        {
            (Wish.Set, "setxattr", "sanx"), (Wish.Get, "getxattr", "san"), (Wish.List, "listxattr", "an"),
            (Wish.Remove, "removexattr", "s"),
        })
        {
            table.Add(number++, name, "s" + form, (task, in call) => OfPath(task, call, wish, follow: true));
            table.Add(number++, "l" + name, "s" + form, (task, in call) => OfPath(task, call, wish, follow: false));
            table.Add(number++, "f" + name, "d" + form, (task, in call) => OfOpened(task, call, wish));
        }
    }

    private CallResult OfPath(GuestTask task, in CallArguments call, Wish wish, bool follow)
    {
        Errno error = Read(task, call, wish, out string name);
        if (error != Errno.None) return error;
        error = _paths.FindExisting(task, Descriptor.WorkingDirectory, call.A.Address, follow, out TreeNode? node);
        if (error != Errno.None) return error;
        using (node)
        {
            error = node!.Status(out FileStatus status);
            return error == Errno.None ? Answer(task, status, wish, name) : error;
        }
    }

    private static CallResult OfOpened(GuestTask task, in CallArguments call, Wish wish)
    {
        Errno error = Read(task, call, wish, out string name);
        if (error != Errno.None) return error;
        if (task.Process.Descriptors.Find(call.A.Descriptor) is not { } open) return Errno.EBADF;
        error = open.Status(out FileStatus status);
        return error == Errno.None ? Answer(task, status, wish, name) : error;
    }

    /// <summary>Name and value are looked at before the file. Linux: setxattr_copy, import_xattr_name.</summary>
    private static Errno Read(GuestTask task, in CallArguments call, Wish wish, out string name)
    {
        const uint known = 3;    // XATTR_CREATE, XATTR_REPLACE
        name = "";
        if (wish == Wish.List) return Errno.None;
        if (wish == Wish.Set && (call.E & ~known) != 0) return Errno.EINVAL;
        Errno error = task.User.ReadString(call.B.Address, NameBufferLength, out name);
        if (error == Errno.ENAMETOOLONG || (error == Errno.None && name.Length == 0)) error = Errno.ERANGE;
        if (error != Errno.None || wish != Wish.Set || call.D == 0) return error;
        if (call.D > ValueByteLengthMax) return Errno.E2BIG;
        return task.User.TryCopyFrom(call.C.Address, new byte[call.D.Word]) ? Errno.None : Errno.EFAULT;
    }

    private static CallResult Answer(GuestTask task, in FileStatus status, Wish wish, string name)
    {
        if (wish == Wish.List) return 0;
        Errno error = Judge(task, status, name, isWrite: wish != Wish.Get);
        return error == Errno.None ? Errno.EOPNOTSUPP : error;
    }

    /// <summary>Linux: xattr_permission.</summary>
    private static Errno Judge(GuestTask task, in FileStatus status, string name, bool isWrite)
    {
        if (Begins(name, "security.") || Begins(name, "system.")) return Errno.None;
        Errno refused = isWrite ? Errno.EPERM : Errno.ENODATA;
        if (Begins(name, "trusted.")) return task.Credentials.Can(Capability.Administrator) ? Errno.None : refused;
        if (Begins(name, "user."))
        {
            if (!status.IsRegular && !status.IsDirectory) return refused;
            bool isSticky = status.IsDirectory && (status.Mode & FileModes.Sticky) != 0;
            if (isSticky && isWrite && !Permissions.IsOwner(task, status)) return Errno.EPERM;
        }

        return Permissions.Judge(task, status, isWrite ? AccessRights.Write : AccessRights.Read);
    }

    private static bool Begins(string name, string prefix) => name.StartsWith(prefix, StringComparison.Ordinal);
}
