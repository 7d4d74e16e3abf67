using Paging.Core;
using Paging.Core.Areas;
using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.SystemCalls;
using Paging.Native;
using Paging.Scripting;

namespace Paging.ReferenceModel;

/// <summary>mmap (DIALECT sections 4 and 5). Linux: do_mmap (mm/mmap.c), __mmap_region (mm/vma.c).</summary>
internal static class MmapCall
{
    // What MAP_SHARED_VALIDATE knows; the kernel's LEGACY_MAP_MASK in the words of the dialect.
    private const MapFlags Validated =
        MapFlags.SharedValidate | MapFlags.Fixed | MapFlags.Anonymous | MapFlags.GrowsDown | MapFlags.DenyWrite
        | MapFlags.Executable | MapFlags.Locked | MapFlags.NoReserve | MapFlags.Populate | MapFlags.NonBlock | MapFlags.Stack;

    public static ScriptResult Execute(ModelProcess process, in ScenarioCall call)
    {
        VirtualAddress hint = new((uint)call.A0);
        MapFlags flags = (MapFlags)(uint)call.A3;
        OpenFile? file = null;

        if ((call.A5 & 0xFFF) != 0 || call.A5 < 0) return ScriptResult.Error(Errno.EINVAL);
        if (!flags.HasFlag(MapFlags.Anonymous) && !process.Descriptors.TryFind(call.A4, out file)) return ScriptResult.Error(Errno.EBADF);
        if (call.A1 == 0) return ScriptResult.Error(Errno.EINVAL);
        PageCount count = PageCount.Covering((uint)call.A1);
        if (process.AreaCount > process.AreaCountMax) return ScriptResult.Error(Errno.ENOMEM);
        AreaFlags areaFlags = FlagsOf((MemoryProtection)(uint)call.A2, flags) | process.FutureLock;
        if (process.Promises.IsStrict) areaFlags &= ~AreaFlags.NoReserve;

        Errno error = Place(process, hint, count, flags, out PageNumber first);
        if (error == Errno.None) error = CheckLock(process, count, flags, areaFlags);
        if (error == Errno.None) error = file is null ? CheckAnonymous(flags, ref areaFlags) : CheckFile(file, flags, ref areaFlags);
        PageRange range = new(first, count);
        if (error == Errno.None) error = Map(process, range, areaFlags, file, call.A5 >> 12);
        if (error != Errno.None) return ScriptResult.Error(error);

        bool populates = (flags & (MapFlags.Populate | MapFlags.NonBlock)) == MapFlags.Populate;
        if (populates || areaFlags.HasFlag(AreaFlags.Locked)) Filling.FillWhatCan(process, range);
        return ScriptResult.Address(first.Address);
    }

    private static AreaFlags FlagsOf(MemoryProtection protection, MapFlags flags)
    {
        AreaFlags result = Rights.Of(protection) | AreaFlags.MayWrite;
        if (flags.HasFlag(MapFlags.GrowsDown)) result |= AreaFlags.GrowsDown;
        if (flags.HasFlag(MapFlags.Locked)) result |= AreaFlags.Locked;
        if (flags.HasFlag(MapFlags.NoReserve)) result |= AreaFlags.NoReserve;
        if (flags.HasFlag(MapFlags.Stack)) result |= AreaFlags.NoHugePage;
        if (flags.HasFlag(MapFlags.Sync)) result |= AreaFlags.Sync;
        return result;
    }

    private static Errno Place(ModelProcess process, VirtualAddress hint, PageCount count, MapFlags flags, out PageNumber first)
    {
        first = hint.Page;
        if ((flags & (MapFlags.Fixed | MapFlags.FixedNoReplace)) == MapFlags.None)
        {
            if (Placement.Find(process, Placement.RoundHint(hint), count) is not { } found) return Errno.ENOMEM;
            first = found;
            return Errno.None;
        }
        PageRange range = new(first, count);
        if (hint.Value + count.Bytes > PageCount.UserHalf.Bytes) return Errno.ENOMEM;
        if (!hint.IsPageAligned) return Errno.EINVAL;
        if (first < Placement.LowestFixed) return Errno.EPERM;
        return flags.HasFlag(MapFlags.FixedNoReplace) && !process.IsFree(range) ? Errno.EEXIST : Errno.None;
    }

    private static Errno CheckLock(ModelProcess process, PageCount count, MapFlags flags, AreaFlags areaFlags)
    {
        if (flags.HasFlag(MapFlags.Locked) && process.Limits.LockedMemory == 0) return Errno.EPERM;
        return Allowance.MayLock(process, areaFlags, count.Value) ? Errno.None : Errno.EAGAIN;
    }

    private static Errno CheckFile(OpenFile file, MapFlags flags, ref AreaFlags areaFlags)
    {
        MapFlags sharing = flags & MapFlags.TypeMask;
        if (sharing == MapFlags.SharedValidate && (flags & ~Validated) != MapFlags.None) return Errno.EOPNOTSUPP;
        if (sharing is MapFlags.Shared or MapFlags.SharedValidate)
        {
            if (areaFlags.HasFlag(AreaFlags.Write) && !file.CanWrite) return Errno.EACCES;
            areaFlags |= AreaFlags.MadeShared;
            if (file.CanWrite) areaFlags |= AreaFlags.Shared;
            else areaFlags &= ~AreaFlags.MayWrite;
        }
        else if (sharing != MapFlags.Private)
        {
            return Errno.EINVAL;
        }
        if (!file.CanRead) return Errno.EACCES;
        if (file.IsDirectory) return Errno.ENODEV;
        return areaFlags.HasFlag(AreaFlags.GrowsDown) ? Errno.EINVAL : Errno.None;
    }

    private static Errno CheckAnonymous(MapFlags flags, ref AreaFlags areaFlags)
    {
        MapFlags sharing = flags & MapFlags.TypeMask;
        if (sharing == MapFlags.Private) return Errno.None;
        if (sharing != MapFlags.Shared || areaFlags.HasFlag(AreaFlags.GrowsDown)) return Errno.EINVAL;
        areaFlags |= AreaFlags.Shared | AreaFlags.MadeShared;
        return Errno.None;
    }

    /// <summary>
    /// Replaces what is in the range, within the limits: what is replaced does not count, but is split even when they refuse.
    /// </summary>
    private static Errno Map(ModelProcess process, PageRange range, AreaFlags flags, OpenFile? file, long fileOffset)
    {
        if (!process.TrySplitAtEndsOf(range)) return Errno.ENOMEM;
        ulong replaced = 0;
        long replacedPromises = 0;
        foreach (Area area in process.Areas.In(range))
        {
            replaced += area.Count.Value;
            if (area.Has(AreaFlags.Accounted)) replacedPromises += area.Count.Value;
        }
        if (!Allowance.MayGrow(process, flags, range.Count.Value - replaced)) return Errno.ENOMEM;

        if (Rights.AreAccounted(flags))
        {
            if (!process.Promises.Allow(range.Count.Value - replacedPromises)) return Errno.ENOMEM;
            flags |= AreaFlags.Accounted;
        }

        process.TryUnmap(range);    // never refused: its ends are borders already
        bool isSharedAnonymous = file is null && flags.HasFlag(AreaFlags.Shared);
        if (isSharedAnonymous)
        {
            bool isPromised = !flags.HasFlag(AreaFlags.NoReserve);
            if (isPromised && !process.Promises.Allow(range.Count.Value)) return Errno.ENOMEM;
            file = new OpenFile(FileObject.SharedAnonymous(range.Count, isPromised), canRead: true, canWrite: true);
        }
        long offset = isSharedAnonymous ? 0 : file is null ? range.First.Value : fileOffset;
        Merging.JoinNewOrInsert(process.Areas, new MergeProposal(range, flags, file, offset));
        return Errno.None;
    }
}
