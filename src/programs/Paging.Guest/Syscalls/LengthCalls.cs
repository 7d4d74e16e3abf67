using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>Calls on the length and allocation of files. Linux: fs/open.c do_truncate, vfs_fallocate.</summary>
internal sealed class LengthCalls(FileTree tree, FileSizeLimits limits)
{
    private readonly PathReader _paths = new(tree);

    public void AddTo(CallTable table)
    {
        table.Add(92, "truncate", "sd", (task, in call) => Truncate(task, call.A.Address, call.B.Number));
        table.Add(193, "truncate64", "sL", (task, in call) => Truncate(task, call.A.Address, CallArguments.Long(call.B, call.C)));
        table.Add(93, "ftruncate", "dd", (task, in call) => TruncateOpened(task, call.A.Descriptor, call.B.Number));
        table.Add(194, "ftruncate64", "dL", (task, in call) =>
            TruncateOpened(task, call.A.Descriptor, CallArguments.Long(call.B, call.C)));
        table.Add(324, "fallocate", "dxLL", Allocate);
    }

    private CallResult Truncate(GuestTask task, VirtualAddress pathAt, long byteLength)
    {
        if (byteLength < 0) return Errno.EINVAL;
        Errno error = _paths.FindExisting(task, Descriptor.WorkingDirectory, pathAt, follow: true, out TreeNode? node);
        if (error != Errno.None) return error;
        using (node) return Truncate(task, node!, byteLength);
    }

    private CallResult Truncate(GuestTask task, TreeNode node, long byteLength)
    {
        Errno error = node.Status(out FileStatus status);
        if (error != Errno.None) return error;
        if (status.IsDirectory) return Errno.EISDIR;    // before EACCES, as in vfs_truncate
        if (!status.IsRegular) return Errno.EINVAL;    // not ESPIPE (vfs_truncate)
        error = Permissions.Check(task, status, AccessRights.Write);
        if (error != Errno.None) return error;
        error = node.Open(FileFlags.WriteOnly, out OpenDescription? open);
        if (error != Errno.None) return error;
        error = SetLength(task, open!, byteLength);
        open!.Release();
        return error;
    }

    private Errno SetLength(GuestTask task, OpenDescription open, long byteLength)
    {
        Errno error = open.HasSizeLimit ? CheckLength(task, open, byteLength) : Errno.None;
        return error == Errno.None ? open.SetLength(byteLength) : error;
    }

    private CallResult TruncateOpened(GuestTask task, Descriptor descriptor, long byteLength)
    {
        if (byteLength < 0) return Errno.EINVAL;
        if (task.Process.Descriptors.Find(descriptor) is not { } open) return Errno.EBADF;
        if (!open.CanWrite) return Errno.EINVAL;    // not EBADF (do_ftruncate)
        return SetLength(task, open, byteLength);
    }

    private CallResult Allocate(GuestTask task, in CallArguments call)
    {
        AllocationFlags flags = (AllocationFlags)call.B.Word;
        long offset = CallArguments.Long(call.C, call.D), byteLength = CallArguments.Long(call.E, call.F);
        if (task.Process.Descriptors.Find(call.A.Descriptor) is not { } open) return Errno.EBADF;
        Errno error = flags.Check(offset, byteLength);
        if (error != Errno.None) return error;
        if (!open.CanWrite) return Errno.EBADF;    // after the arguments, as in vfs_fallocate
        // A sum past the largest file is left to the file, which returns EFBIG
        bool mayGrow = open.HasSizeLimit && open.LimitsAllocation(flags) && byteLength <= long.MaxValue - offset;
        if (mayGrow) error = CheckLength(task, open, offset + byteLength);
        return error == Errno.None ? open.Allocate(flags, offset, byteLength) : error;
    }

    private Errno CheckLength(GuestTask task, OpenDescription open, long byteLength)
    {
        Errno error = open.Status(out FileStatus status);
        return error == Errno.None ? limits.Check(task, status, byteLength) : error;
    }
}
