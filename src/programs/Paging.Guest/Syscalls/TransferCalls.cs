using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Syscalls;

/// <summary>Bytes from file to file, and from process to process. Linux: fs/read_write.c copy_file_range, mm/process_vm_access.c.</summary>
internal sealed class TransferCalls(TaskTable tasks, FileSizeLimits limits, FileCopy copies)
{
    public void AddTo(CallTable table)
    {
        table.Add(347, "process_vm_readv", "dadadx", (task, in call) => Transfer(task, call, isWrite: false));
        table.Add(348, "process_vm_writev", "dadadx", (task, in call) => Transfer(task, call, isWrite: true));
        table.Add(377, "copy_file_range", "dadanx", Copy);
    }

    /// <summary>
    /// EINVAL for flags, other than regular files, or overlapping ranges of one file; EOVERFLOW for a range that wraps; EFBIG for
    /// RLIMIT_FSIZE.
    /// Linux: generic_file_rw_checks, generic_copy_file_checks, rw_verify_area.
    /// </summary>
    private CallResult Copy(GuestTask task, in CallArguments call)
    {
        DescriptorSet descriptors = task.Process.Descriptors;
        if (descriptors.Find(call.A.Descriptor) is not { } from || descriptors.Find(call.C.Descriptor) is not { } to) return Errno.EBADF;
        long fromOffset = from.Position, toOffset = to.Position;
        if (call.B != 0 && !task.User.TryRead(call.B.Address, out fromOffset)) return Errno.EFAULT;
        if (call.D != 0 && !task.User.TryRead(call.D.Address, out toOffset)) return Errno.EFAULT;
        if (call.F != 0) return Errno.EINVAL;
        if (from is DirectoryFile || to is DirectoryFile) return Errno.EISDIR;    // before EINVAL (generic_file_rw_checks)
        if (from is not PositionedFile || to is not PositionedFile) return Errno.EINVAL;
        if (!from.CanRead || !to.CanWrite || (to.Flags & FileFlags.Append) != 0) return Errno.EBADF;    // generic_file_rw_checks
        if (from.RegularInode is not { } source || to.RegularInode is not { } target) return call.E == 0 ? 0 : Errno.EINVAL;    // /proc
        if (FileLocks.KeyOf(from).Device != FileLocks.KeyOf(to).Device) return Errno.EXDEV;    // another file system
        if (IsPastAll(fromOffset, call.E) || IsPastAll(toOffset, call.E)) return Errno.EOVERFLOW;
        int wanted = (int)Math.Clamp(source.File.ByteLength - fromOffset, 0, Math.Min(call.E, int.MaxValue));
        Errno error = limits.Cut(task, to, toOffset, done: 0, ref wanted);
        if (error != Errno.None) return error;
        // Even if there is nothing to copy. Linux: generic_write_check_limits
        if (toOffset >= to.PositionMax) return Errno.EFBIG;
        bool isOneFile = source == target;
        if (isOneFile && toOffset + wanted > fromOffset && toOffset < fromOffset + wanted) return Errno.EINVAL;
        if (fromOffset < 0 || toOffset < 0) return Errno.EINVAL;
        CallResult done = copies.Copy(task, from, fromOffset, to, toOffset, (uint)wanted);
        if (done.Count == 0) return done;
        fromOffset += done.Count;
        toOffset += done.Count;
        if (call.B == 0) from.Position = fromOffset;
        else if (!task.User.TryWrite(call.B.Address, fromOffset)) return Errno.EFAULT;
        if (call.D == 0) to.Position = toOffset;
        else if (!task.User.TryWrite(call.D.Address, toOffset)) return Errno.EFAULT;
        return done;
    }

    /// <summary>As Linux computes it, unsigned: only a range that begins below zero can wrap.</summary>
    private static bool IsPastAll(long offset, uint byteLength) => unchecked((ulong)offset + byteLength) < (ulong)offset;

    /// <summary>
    /// process_vm_readv(2) and process_vm_writev(2). Returns the bytes before the first bad address of either process. ESRCH, EPERM.
    /// </summary>
    /// <remarks>Linux: process_vm_rw_core.</remarks>
    private CallResult Transfer(GuestTask task, in CallArguments call, bool isWrite)
    {
        if (call.F != 0) return Errno.EINVAL;
        Errno error = UserParts.Read(task.User, call.B.Address, call.C, tooMany: Errno.EINVAL, out UserParts own);
        if (error != Errno.None) return error;
        if (own.ByteLength == 0) return 0;    // before the process is looked up (process_vm_rw)
        error = UserParts.Read(task.User, call.D.Address, call.E, tooMany: Errno.EINVAL, out UserParts other);
        if (error != Errno.None) return error;
        GuestProcess? process = tasks.Find(call.A.Number) ?? tasks.FindTask(call.A.Number)?.Process;
        if (process is null || process.IsZombie) return Errno.ESRCH;    // a zombie has no memory (mm_access)
        if (!MayReach(task.Process, process)) return Errno.EPERM;
        UserParts remote = new(process.Memory.User, other.Pieces);
        UserParts from = isWrite ? own : remote, to = isWrite ? remote : own;
        long wanted = Math.Min(own.ByteLength, other.ByteLength), done = 0;
        Span<byte> page = stackalloc byte[PageWords.ByteLength];
        while (done < wanted)
        {
            Span<byte> bytes = page[..(int)Math.Min(page.Length, wanted - done)];
            int count = to.CopyTo(done, bytes[..from.CopyFrom(done, bytes)]);
            done += count;
            if (count < bytes.Length) return done > 0 ? done : Errno.EFAULT;
        }

        return done;
    }

    /// <summary>Linux: __ptrace_may_access with PTRACE_MODE_REALCREDS.</summary>
    public static bool MayReach(GuestProcess who, GuestProcess other)
    {
        if (who == other || who.Credentials.Can(Capability.Trace)) return true;
        Credentials own = who.Credentials, theirs = other.Credentials;
        return other.IsDumpable && own.User == theirs.User && own.User == theirs.EffectiveUser && own.User == theirs.SavedUser
            && own.Group == theirs.Group && own.Group == theirs.EffectiveGroup && own.Group == theirs.SavedGroup;
    }
}
