using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Syscalls;

/// <summary>Calls on the page cache: its contents, read-ahead and write-back. Linux: fs/sync.c, mm/fadvise.c.</summary>
internal sealed class CacheCalls(PagingEngine engine)
{
    public void AddTo(CallTable table)
    {
        table.Add(36, "sync", "", SynchronizeAll);
        table.Add(118, "fsync", "d", Synchronize);
        table.Add(148, "fdatasync", "d", Synchronize);    // as fsync: sizes are not kept apart from times here
        table.Add(344, "syncfs", "d", (task, in call) => task.Process.Descriptors.Find(call.A.Descriptor) is null ? Errno.EBADF
            : SynchronizeAll(task, call));
        table.Add(314, "sync_file_range", "dLLx", SynchronizeRange);
        table.Add(225, "readahead", "dLn", ReadAhead);
        table.Add(250, "fadvise64", "dLnd", (task, in call) =>
            Advise(task, call.A.Descriptor, CallArguments.Long(call.B, call.C), call.D, call.E));
        table.Add(272, "fadvise64_64", "dLLd", (task, in call) =>
            Advise(task, call.A.Descriptor, CallArguments.Long(call.B, call.C), CallArguments.Long(call.D, call.E), call.F));
        table.Add(451, "cachestat", "daax", CountCached);
    }

    private CallResult SynchronizeAll(GuestTask task, in CallArguments call)
    {
        engine.Files.SynchronizeAll();
        return 0;
    }

    private static CallResult Synchronize(GuestTask task, in CallArguments call)
    {
        if (task.Process.Descriptors.Find(call.A.Descriptor) is not { } open) return Errno.EBADF;
        return open.Synchronize();
    }

    private static CallResult SynchronizeRange(GuestTask task, in CallArguments call)
    {
        if (task.Process.Descriptors.Find(call.A.Descriptor) is not { } open) return Errno.EBADF;
        long offset = CallArguments.Long(call.B, call.C), length = CallArguments.Long(call.D, call.E);
        // 7: SYNC_FILE_RANGE_WAIT_BEFORE | WRITE | WAIT_AFTER, all that there are (fs/sync.c: VALID_FLAGS)
        if ((call.F & ~7u) != 0 || offset < 0 || length < 0 || offset > long.MaxValue - length) return Errno.EINVAL;
        return open.SynchronizeRange(offset, length, (SyncRangeFlags)call.F.Word);
    }

    private static CallResult ReadAhead(GuestTask task, in CallArguments call)
    {
        if (task.Process.Descriptors.Find(call.A.Descriptor) is not { CanRead: true } open) return Errno.EBADF;
        return open.ReadAhead(CallArguments.Long(call.B, call.C), call.D);
    }

    private static CallResult Advise(GuestTask task, Descriptor descriptor, long offset, long length, uint advice)
    {
        if (task.Process.Descriptors.Find(descriptor) is not { } open) return Errno.EBADF;
        if (!open.HasAdvice) return Errno.ESPIPE;    // pipes; the advice is not looked at (generic_fadvise)
        return length < 0 || advice > (uint)FileAdvice.NoReuse ? Errno.EINVAL : open.Advise(offset, length, (FileAdvice)advice);
    }

    //  struct cachestat_range:    0 offset (64 bits)   8 length (64); length 0: to the end
    //  struct cachestat:          0 cached   8 dirty   16 writeback   24 evicted   32 evicted lately, 64 bits each
    /// <summary>cachestat(2). EPERM unless the file is open for writing or the caller's own. Linux: mm/filemap.c.</summary>
    /// <remarks>Evicted pages are only known for files in memory, whose pages are on a swap device.</remarks>
    private static CallResult CountCached(GuestTask task, in CallArguments call)
    {
        if (task.Process.Descriptors.Find(call.A.Descriptor) is not { } open) return Errno.EBADF;
        Span<ulong> range = stackalloc ulong[2];
        if (!task.User.TryCopyFrom(call.B.Address, MemoryMarshal.AsBytes(range))) return Errno.EFAULT;
        Errno error = open.Status(out FileStatus status);
        if (error != Errno.None) return error;
        // Else counts would show which pages others have read (can_do_cachestat)
        bool mayLook = open.CanWrite || Permissions.IsOwner(task, status)
            || Permissions.Check(task, status, AccessRights.Write) == Errno.None;
        if (!mayLook) return Errno.EPERM;
        if (call.D != 0) return Errno.EINVAL;    // flags: none is defined
        ulong first = range[0] / PageWords.ByteLength;
        // A sum that wraps ends before its start, so that nothing is counted
        ulong last = range[1] == 0 ? ulong.MaxValue : unchecked(range[0] + range[1] - 1) / PageWords.ByteLength;
        FileCacheCount count = first <= uint.MaxValue
            ? open.CountCached(new((uint)first), last == ulong.MaxValue ? last : last + 1) : default;
        Span<ulong> words = [count.Cached, count.Dirty, count.Writeback, count.Swapped, 0];
        return task.User.TryCopyTo(call.C.Address, MemoryMarshal.AsBytes(words)) ? 0 : Errno.EFAULT;
    }
}
