using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>How long a file is, and which of it is there. Linux: fs/open.c do_truncate, vfs_fallocate.</summary>
internal sealed class LengthCalls(FileTree tree, FileSizeLimits limits, FileLeases leases, DirectoryWatches watches)
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
        if (task.Awaited is LeasedOpening opening) return TruncateUnlessLeased(task, opening, byteLength);
        Errno error = _paths.FindExisting(task, Descriptor.WorkingDirectory, pathAt, follow: true, out TreeNode? node);
        if (error != Errno.None) return error;
        using (node) return Truncate(task, node!, byteLength);
    }

    private CallResult Truncate(GuestTask task, TreeNode node, long byteLength)
    {
        Errno error = node.Status(out FileStatus status);
        if (error != Errno.None) return error;
        if (status.IsDirectory) return Errno.EISDIR;
        if (!status.IsRegular) return Errno.EINVAL;
        error = Permissions.Judge(task, status, AccessRights.Write);
        if (error != Errno.None) return error;
        error = node.Open(FileFlags.WriteOnly, out OpenDescription? open);
        if (error != Errno.None) return error;
        if (open is not RegularFile file)
        {
            error = open!.SetLength(byteLength);    // as of /proc, whose files take any length and keep theirs
            open.Release();
            return error;
        }

        task.Awaited = new LeasedOpening(file);    // closes it when the call is over
        leases.Break(file.Inode, wantsToWrite: true);
        return TruncateUnlessLeased(task, (LeasedOpening)task.Awaited, byteLength);
    }

    /// <summary>Waits for holders of leases, as an open does. Linux: vfs_truncate.</summary>
    private CallResult TruncateUnlessLeased(GuestTask task, LeasedOpening opening, long byteLength)
    {
        if (leases.IsInTheWay(opening.File.Inode, wantsToWrite: true, out long? until)) return LeaseCalls.Wait(task, until);
        Errno error = JudgeLength(task, opening.File, byteLength);
        return error == Errno.None ? SetLength(opening.File, byteLength) : error;
    }

    private Errno SetLength(OpenDescription open, long byteLength)
    {
        Errno error = open.SetLength(byteLength);
        if (error == Errno.None) watches.Tell(open, DirectoryEvents.Modify);
        return error;
    }

    private CallResult TruncateOpened(GuestTask task, Descriptor descriptor, long byteLength)
    {
        if (byteLength < 0) return Errno.EINVAL;
        if (task.Process.Descriptors.Find(descriptor) is not { } open) return Errno.EBADF;
        if (!open.CanWrite) return Errno.EINVAL;
        Errno error = open is RegularFile ? JudgeLength(task, open, byteLength) : Errno.None;
        return error == Errno.None ? SetLength(open, byteLength) : error;
    }

    private CallResult Allocate(GuestTask task, in CallArguments call)
    {
        FileAllocation request =
            new((AllocationFlags)call.B.Word, CallArguments.Long(call.C, call.D), CallArguments.Long(call.E, call.F));
        if (task.Process.Descriptors.Find(call.A.Descriptor) is not { } open) return Errno.EBADF;
        Errno error = request.Check();
        if (open is RegularFile file)
        {
            bool mayGrow = error == Errno.None && file.CanWrite && !request.Has(AllocationFlags.KeepSize)
                && request.ByteLength <= long.MaxValue - request.Offset;
            if (mayGrow) error = JudgeLength(task, file, request.End);
            if (mayGrow && error != Errno.None) return error;
            error = file.Allocate(request);
            if (error == Errno.None) watches.Tell(file, DirectoryEvents.Modify);
            return error;
        }

        if (error != Errno.None) return error;
        if (!open.CanWrite) return Errno.EBADF;
        return open.Allocate(request);
    }

    private Errno JudgeLength(GuestTask task, OpenDescription open, long byteLength)
    {
        Errno error = open.Status(out FileStatus status);
        return error == Errno.None ? limits.Judge(task, status, byteLength) : error;
    }
}
