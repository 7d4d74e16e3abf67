using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Ipc;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>shmget, shmat, shmdt, shmctl. Linux: ipc/shm.c.</summary>
internal sealed class SharedSegmentCalls(PagingEngine engine, GuestClock clock, SharedSegments segments)
{
    private const uint ByteLengthMax = 0xFEFF_FFFF;    // SHMMAX: ULONG_MAX - (1 << 24), so that sums do not wrap
    private const int Lock = 11, Unlock = 12, StatusOfSlot = 13, SystemInformation = 14, StatusOfAny = 15;

    public void AddTo(CallTable table)
    {
        table.Add(117, "ipc", "xdxxax", Multiplexed);
        table.Add(395, "shmget", "xnx", (task, in call) => Get(task, call.A.Number, call.B, call.C.IpcGetFlags));
        table.Add(396, "shmctl", "dda", (task, in call) => Control(task, call.A.Number, call.B.Number, call.C.Address));
        table.Add(397, "shmat", "dax", (task, in call) =>
            Attach(task, call.A.Number, call.B.Address, call.C.AttachFlags, out VirtualAddress at) is var error and not Errno.None
                ? error : at.Value);
        table.Add(398, "shmdt", "a", (task, in call) => Detach(task, call.A.Address));
    }

    /// <summary>ipc(2): all of System V IPC by one number, as i386 had it first. Linux: ipc/syscall.c ksys_ipc.</summary>
    private CallResult Multiplexed(GuestTask task, in CallArguments call)
    {
        int first = call.B.Number;
        CallWord second = call.C, third = call.D;
        VirtualAddress pointer = call.E.Address;
        switch (call.A & 0xFFFF)
        {
            case 21 when call.A >> 16 == 1: return Errno.EINVAL;    // for iBCS2 programs; others do not matter (ksys_ipc)
            case 21:
                Errno error = Attach(task, first, pointer, second.AttachFlags, out VirtualAddress at);
                if (error != Errno.None) return error;
                return task.User.TryWrite(third.Address, at.Value) ? 0 : Errno.EFAULT;
            case 22: return Detach(task, pointer);
            case 23: return Get(task, first, second, third.IpcGetFlags);
            case 24: return TakesNewForm(second) ? Control(task, first, second.Number & ~IpcWords.NewForm, pointer) : Errno.EINVAL;
            default: return Errno.ENOSYS;    // queues and semaphores too
        }
    }

    /// <summary>
    /// Returns true with IPC_64, or for a command without a structure: the structures before Linux 2.4 are not supported.
    /// </summary>
    private static bool TakesNewForm(CallWord command) => (command.Number & IpcWords.NewForm) != 0
        || command.Number is IpcWords.Remove or >= 11 and <= 17;    // SHM_LOCK to SEM_..., and MSG_...

    private CallResult Get(GuestTask task, int key, uint byteLength, IpcGetFlags flags)
    {
        segments.DropUnused();
        Errno error = segments.Get(task, key, byteLength, flags, () => Make(task, key, byteLength, flags), out SharedSegment? found);
        return error == Errno.None ? found!.Id : error;
    }

    /// <summary>shmat(2). EINVAL if misaligned, no such segment, or the range is taken; EACCES; ENOMEM.</summary>
    private Errno Attach(GuestTask task, int id, VirtualAddress address, AttachFlags flags, out VirtualAddress at)
    {
        at = VirtualAddress.Zero;
        if (id < 0) return Errno.EINVAL;
        if (!address.IsPageAligned)
        {
            if ((flags & AttachFlags.Round) == 0) return Errno.EINVAL;    // SHM_RND rounds down to SHMLBA
            address = address.Page.Address;
            if (address == VirtualAddress.Zero && (flags & AttachFlags.Replace) != 0) return Errno.EINVAL;    // replace what? (do_shmat)
        }
        else if (address == VirtualAddress.Zero && (flags & AttachFlags.Replace) != 0)
        {
            return Errno.EINVAL;
        }

        segments.DropUnused();
        bool writes = (flags & AttachFlags.ReadOnly) == 0, executes = (flags & AttachFlags.Execute) != 0;
        FileModes rights = FileModes.AllRead | (writes ? FileModes.AllWrite : 0) | (executes ? FileModes.AllExecute : 0);
        Errno error = segments.Find(id, out SharedSegment segment);
        if (error == Errno.None) error = segment.CheckAccess(task.Process, rights);
        if (error != Errno.None) return error;

        AddressSpace space = task.Process.Memory.Space;
        MapFlags kind = MapFlags.Shared | (address != VirtualAddress.Zero ? MapFlags.Fixed : MapFlags.None);
        if (address != VirtualAddress.Zero && (flags & AttachFlags.Replace) == 0)
        {
            if ((ulong)address.Value + segment.ByteLength > uint.MaxValue) return Errno.EINVAL;    // it would wrap
            PageRange range = new(address.Page, new PageCount(segment.PageCount));
            if (space.Areas.IsMappedWithin(range)) return Errno.EINVAL;    // without SHM_REMAP; mmap would replace it
        }

        MemoryProtection protection = MemoryProtection.Read | (writes ? MemoryProtection.Write : 0)
            | (executes ? MemoryProtection.Execute : 0);
        error = segment.Attach(space, address, protection, kind, out at);
        if (error == Errno.None) segment.NoteAttach(task.Process.Id, Now);
        return error;
    }

    /// <summary>
    /// shmdt(2). EINVAL if no segment is attached at the address. Unmaps every part of the attachment, even if it was split, and no part of
    /// another one. Linux: ksys_shmdt, which compares vm_file.
    /// </summary>
    private CallResult Detach(GuestTask task, VirtualAddress address)
    {
        if (!address.IsPageAligned) return Errno.EINVAL;
        AddressSpace space = task.Process.Memory.Space;
        PageNumber start = address.Page;
        SharedSegment? found = null;
        int attachment = 0;
        foreach (AreaSnapshot area in space.Areas.Snapshot())
        {
            if (area.Range.End <= start) continue;
            if (found is not null && area.Range.End.Value - start.Value > found.PageCount) break;    // no piece lies there
            bool isPiece = found is null ? (found = segments.All.FirstOrDefault(one => one.IsAttachedAt(area, start))) is not null
                // mremap may have put a piece of another attachment where it fits
                : area.OpenFileId == attachment && found.IsAttachedAt(area, start);
            if (!isPiece) continue;
            attachment = area.OpenFileId;
            space.Unmap(area.Range.First.Address, (uint)area.Range.Count.Bytes);
        }

        if (found is null) return Errno.EINVAL;    // nothing of a segment there (shmdt(2))
        found.NoteDetach(task.Process.Id, Now);
        segments.DropUnused();
        return 0;
    }

    private CallResult Control(GuestTask task, int id, int command, VirtualAddress at)
    {
        segments.DropUnused();
        if (command < 0 || id < 0) return Errno.EINVAL;
        switch (command)
        {
            case IpcWords.Information: return WriteLimits(task, at);
            case SystemInformation: return WriteUsage(task, at);
            case IpcWords.Status or StatusOfSlot or StatusOfAny: return WriteStatus(task, id, command, at);
            case IpcWords.Remove or IpcWords.Set: return Change(task, id, command, at);
            case Lock or Unlock: return SetLock(task, id, command == Lock);
            default: return Errno.EINVAL;
        }
    }

    private long Now => clock.RealSeconds;

    private (SharedSegment? Made, Errno Error) Make(GuestTask task, int key, uint byteLength, IpcGetFlags flags)
    {
        if (byteLength is 0 or > ByteLengthMax) return (null, Errno.EINVAL);
        return (flags & IpcGetFlags.HugePages) != 0 ? (null, Errno.ENOMEM)
            : (SharedSegment.Make(engine, task.Process, key, byteLength, flags.Rights(), Now), Errno.None);
    }

    /// <summary>
    /// IPC_STAT, by number; SHM_STAT and SHM_STAT_ANY, by slot, which return the number. EINVAL, EACCES, EFAULT. Linux: shmctl_stat.
    /// </summary>
    private CallResult WriteStatus(GuestTask task, int id, int command, VirtualAddress at)
    {
        bool isByNumber = command == IpcWords.Status;
        Errno error = isByNumber ? segments.Find(id, out SharedSegment found) : segments.FindSlot(id, out found);
        if (error == Errno.None && command != StatusOfAny) error = found.CheckAccess(task.Process, FileModes.AllRead);
        if (error != Errno.None) return error;
        Span<byte> bytes = stackalloc byte[SharedSegment.StatusByteLength];
        bytes.Clear();
        found.WriteStatus(bytes);
        if (!task.User.TryCopyTo(at, bytes)) return Errno.EFAULT;
        return isByNumber ? 0 : found.Id;
    }

    /// <summary>IPC_SET, whose structure is read before, or IPC_RMID. EFAULT, EINVAL, EPERM. Linux: ipcctl_obtain_check.</summary>
    private CallResult Change(GuestTask task, int id, int command, VirtualAddress at)
    {
        Span<byte> wanted = stackalloc byte[SharedSegment.StatusByteLength];    // EFAULT comes before EINVAL for the number
        if (command == IpcWords.Set && !task.User.TryCopyFrom(at, wanted)) return Errno.EFAULT;
        Errno error = segments.Find(id, out SharedSegment segment);
        if (error == Errno.None) error = segment.CheckOwner(task.Process);
        if (error != Errno.None) return error;
        if (command == IpcWords.Set)
        {
            segment.TakePermission(wanted, Now);
            return 0;
        }

        segment.Mode |= SharedSegment.ToGo;
        segment.Key = IpcWords.Private;    // it can no longer be found by key
        segments.DropUnused();
        return 0;
    }

    private CallResult SetLock(GuestTask task, int id, bool locks)
    {
        Errno error = segments.Find(id, out SharedSegment segment);
        if (error != Errno.None) return error;
        Credentials who = task.Credentials;
        if (!who.Can(Capability.LockMemory))
        {
            if (who.EffectiveUser != segment.User && who.EffectiveUser != segment.Creator) return Errno.EPERM;    // ipcctl_obtain_check
            if (locks && task.Process.Limits[LimitTable.LockedMemory].Soft == 0) return Errno.EPERM;    // unlocking is always allowed
        }

        if (locks == segment.LockedBy is not null) return 0;
        if (locks && !who.Can(Capability.LockMemory))
        {
            ulong limit = task.Process.Limits[LimitTable.LockedMemory].Soft >> PageWords.Shift;
            if ((ulong)(segments.LockedPagesOf(who.User) + segment.PageCount) > limit) return Errno.ENOMEM;    // user_shm_lock
        }

        segment.SetLock(locks ? who.User : null);
        return 0;
    }

    /// <summary>struct shminfo64: the largest and smallest segment, the most segments, the most per process, the most pages.</summary>
    private CallResult WriteLimits(GuestTask task, VirtualAddress at)
    {
        Span<uint> words = [ByteLengthMax, 1, 4096, 4096, ByteLengthMax, 0, 0, 0, 0];    // SHMMAX, SHMMIN, SHMMNI, SHMSEG, SHMALL
        return task.User.TryCopyTo(at, MemoryMarshal.AsBytes(words)) ? segments.LastSlot : Errno.EFAULT;
    }

    /// <summary>struct shm_info: segments, their pages, those in memory, those in swap.</summary>
    private CallResult WriteUsage(GuestTask task, VirtualAddress at)
    {
        IReadOnlyCollection<SharedSegment> all = segments.All;
        Span<uint> words = [(uint)all.Count, (uint)all.Sum(static one => one.PageCount),
            (uint)all.Sum(static one => one.ResidentCount), (uint)all.Sum(static one => one.SwappedCount), 0, 0];
        return task.User.TryCopyTo(at, MemoryMarshal.AsBytes(words)) ? segments.LastSlot : Errno.EFAULT;
    }
}
