using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>Bytes from process to process. Linux: mm/process_vm_access.c.</summary>
internal sealed class TransferCalls(TaskTable tasks)
{
    public void AddTo(CallTable table)
    {
        table.Add(347, "process_vm_readv", "dadadx", (task, in call) => Transfer(task, call, isWrite: false));
        table.Add(348, "process_vm_writev", "dadadx", (task, in call) => Transfer(task, call, isWrite: true));
    }

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
        UserParts remote = new(process.Memory.User with { IsRemote = true }, other.Pieces);
        UserParts from = isWrite ? own : remote, to = isWrite ? remote : own;
        long wanted = Math.Min(own.ByteLength, other.ByteLength), done = 0;
        Span<byte> page = stackalloc byte[PageWords.ByteLength];
        while (done < wanted)
        {
            Span<byte> bytes = page[..(int)Math.Min(page.Length, wanted - done)];
            int count = to.CopyTo(done, bytes[..from.CopyFrom(done, bytes)]);
            done += count;
            if (count < bytes.Length) return done > 0 ? done : Errno.EFAULT;
            if (task.MustStop) break;
        }

        TouchRest(process.Memory.Space, other.Pieces, done, isWrite ? MemoryAdvice.PopulateWrite : MemoryAdvice.PopulateRead);
        return done;
    }

    /// <summary>
    /// Touches the pages of the piece in which the copy has ended, for the whole piece is pinned before its bytes are copied.
    /// </summary>
    /// <remarks>Linux: process_vm_rw_single_vec, pin_user_pages_remote.</remarks>
    private static void TouchRest(AddressSpace space, ReadOnlySpan<(VirtualAddress At, uint Length)> pieces, long done, MemoryAdvice how)
    {
        const ulong pinnedAtOnce = 2048;    // PVM_MAX_KMALLOC_PAGES of pointers
        foreach ((VirtualAddress at, uint length) in pieces)
        {
            if (done > length)
            {
                done -= length;
                continue;
            }

            if (done == 0) return;
            ulong last = PageWords.FromBytes((ulong)(at.OffsetInPage + done - 1));
            ulong end = PageWords.Covering((ulong)at.OffsetInPage + length);
            end = Math.Min(end, ((last / pinnedAtOnce) + 1) * pinnedAtOnce);
            PageNumber first = at.Page + new PageCount((uint)last + 1);
            if (end > last + 1) _ = space.Advise(first.Address, (uint)PageWords.ToBytes(end - last - 1), how);
            return;
        }
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
