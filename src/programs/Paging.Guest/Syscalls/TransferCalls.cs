using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Processes;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>Bytes from process to process. Linux: mm/process_vm_access.c.</summary>
internal sealed class TransferCalls(TaskTable tasks, PageWaits waits)
{
    private const uint PinnedAtOnceMax = 1024 * (uint)PageWords.ByteLength;    // PVM_MAX_KMALLOC_PAGES of 64-bit pointers

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
        return Copy(task, process.Memory, own, other.Pieces, isWrite);
    }

    /// <summary>Copies piece by piece of the other process's memory, from the bytes on that an earlier try has copied.</summary>
    /// <remarks>
    /// The pages of a piece are pinned before its bytes are copied, up to <see cref="PinnedAtOnceMax"/> at a time. Linux:
    /// process_vm_rw_single_vec.
    /// </remarks>
    private CallResult Copy(
        GuestTask task, SharedMemory memory, UserParts own, ReadOnlySpan<(VirtualAddress At, uint Length)> pieces, bool isWrite)
    {
        task.Call.Elsewhere = null;
        if (memory.Space.Userfaultfds.WereOpened) memory.Space.Userfaultfds.SetThread(task.Id, isSystemCall: true);
        long done = task.Call.Done, earlier = done;
        foreach ((VirtualAddress at, uint length) in pieces)
        {
            for (uint first = 0, count; first < length && done < own.ByteLength; first += count)
            {
                uint batch = PinnedAtOnceMax - (uint)(first == 0 ? at.OffsetInPage : 0);
                count = Math.Min(length - first, batch);
                if (earlier >= count)
                {
                    earlier -= count;
                    continue;
                }

                using RemotePages pages = memory.Core.PinRemotely(at + first, count, isWrite, out MemoryFault fault);
                if (fault.Kind == MemoryFaultKind.Pending)
                {
                    task.Call.Done = (int)done;
                    return waits.WaitElsewhere(task, memory);
                }

                CallResult part = CopyPages(task, memory, pages, at + first, own, (uint)earlier, ref done, isWrite);
                if (part.IsWaiting) return part;
                if (part.IsError || fault.IsFault || task.MustStop) return done > 0 ? done : Errno.EFAULT;
                earlier = 0;
            }
        }

        return done;
    }

    /// <summary>Copies the bytes of pinned pages, a page at a time. EFAULT: a page of the caller's. Linux: process_vm_rw_pages.</summary>
    private static CallResult CopyPages(
        GuestTask task, SharedMemory memory, RemotePages pages, VirtualAddress start, UserParts own, uint from, ref long done, bool isWrite)
    {
        Span<byte> page = stackalloc byte[PageWords.ByteLength];
        for (uint at = from; at < pages.ByteLength && done < own.ByteLength;)
        {
            int inPage = PageWords.ByteLength - (start + at).OffsetInPage;
            Span<byte> bytes = page[..(int)Math.Min(inPage, Math.Min(pages.ByteLength - at, own.ByteLength - done))];
            int count = isWrite ? pages.Write(at, bytes[..own.CopyFrom(done, bytes)])
                : own.CopyTo(done, bytes[..pages.Read(at, bytes)]);
            if (isWrite) memory.Writes?.Add(start + at, bytes[..count]);
            done += count;
            at += (uint)count;
            if (count == bytes.Length) continue;
            if (!task.NeedsPage) return Errno.EFAULT;
            task.Call.Done = (int)done;
            return task.Wait(CallResult.RestartAlways);
        }

        return 0;
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
