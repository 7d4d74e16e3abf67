using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.Rules;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>mmap (DIALECT sections 4 and 5). Linux: do_mmap (mm/mmap.c), __mmap_region (mm/vma.c).</summary>
internal static class MmapCall
{
    private const uint HugeSizesValidated = 0x7C00_0000;    // the bits of MAP_HUGE_2MB and MAP_HUGE_1GB

    // The flags that MAP_SHARED_VALIDATE accepts: the kernel's LEGACY_MAP_MASK in the words of the dialect.
    private const MapFlags Validated =
        (MapFlags)HugeSizesValidated | MapFlags.HugeTlb | MapFlags.SharedValidate | MapFlags.Fixed | MapFlags.Anonymous
        | MapFlags.GrowsDown | MapFlags.DenyWrite | MapFlags.Executable | MapFlags.Locked | MapFlags.NoReserve | MapFlags.Populate
        | MapFlags.NonBlock | MapFlags.Stack | (MapFlags)0xC0;    // MAP_32BIT, MAP_ABOVE4G

    public static ScriptResult Execute(ModelProcess process, in ScenarioCall call)
    {
        VirtualAddress hint = new((uint)call.A0);
        MapFlags flags = (MapFlags)(uint)call.A3;
        OpenFile? file = null;

        if ((call.A5 & 0xFFF) != 0 || call.A5 < 0) return ScriptResult.Error(Errno.EINVAL);
        if (!flags.HasFlag(MapFlags.Anonymous) && !process.Descriptors.TryFind(call.A4, out file)) return ScriptResult.Error(Errno.EBADF);
        ulong byteLength = (uint)call.A1;
        if (!TryFindPool(process, flags, ref byteLength, ref file)) return ScriptResult.Error(Errno.EINVAL);
        if (byteLength == 0) return ScriptResult.Error(Errno.EINVAL);
        if (byteLength > process.UserPages.Count.Bytes) return ScriptResult.Error(Errno.ENOMEM);
        HugePool? pool = file is { IsDirectory: false } ? file.Contents.Huge?.Pool : null;
        PageCount count = PageCount.Covering(byteLength);
        if (process.AreaCount > process.AreaCountMax) return ScriptResult.Error(Errno.ENOMEM);
        AreaFlags areaFlags = FlagsOf((MemoryProtection)(uint)call.A2, flags) | process.FutureLock;
        if (process.CommitLimit.IsStrict && pool is null) areaFlags &= ~AreaFlags.NoReserve;

        Errno error = Place(process, hint, count, flags, pool?.PagesEach ?? 1, out PageNumber first);
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

    /// <summary>
    /// Which pool the mapping is of, if any: makes the object of one without a file, and rounds the length. False: EINVAL. Linux:
    /// ksys_mmap_pgoff.
    /// </summary>
    private static bool TryFindPool(ModelProcess process, MapFlags flags, ref ulong byteLength, ref OpenFile? file)
    {
        HugePool? pool = null;
        if (file is not null) pool = file.IsDirectory ? null : file.Contents.Huge?.Pool;
        if (!flags.HasFlag(MapFlags.HugeTlb) && pool is null) return true;
        if (file is not null && pool is null) return false;
        if (pool is null && !process.Machine.TryFindPool((uint)flags, out pool)) return false;
        ulong each = (ulong)pool.BytesEach;
        byteLength = (byteLength + each - 1) / each * each;
        if (file is not null) return true;
        FileObject contents = FileObject.AnonymousHuge(pool, (long)byteLength);
        process.Machine.HugeObjects.Add(contents);
        file = new OpenFile(contents, canRead: true, canWrite: true);
        return true;
    }

    private static Errno Place(ModelProcess process, VirtualAddress hint, PageCount count, MapFlags flags, uint alignment,
        out PageNumber first)
    {
        first = hint.Page;
        if ((flags & (MapFlags.Fixed | MapFlags.FixedNoReplace)) == MapFlags.None)
        {
            ulong aligned = ((ulong)Placement.RoundHint(process, hint).Value + alignment - 1) / alignment * alignment;
            PageNumber at = new((uint)Math.Min(aligned, PageCount.AddressSpace.Value - 1));
            if (Placement.Find(process, at, count, alignment) is not { } found) return Errno.ENOMEM;
            first = found;
            return Errno.None;
        }
        PageRange range = new(first, count);
        if (hint.Value % ((ulong)alignment << 12) != 0 && alignment > 1) return Errno.EINVAL;
        if (hint.Value + count.Bytes > process.UserPages.Count.Bytes) return Errno.ENOMEM;
        if (!hint.IsPageAligned) return Errno.EINVAL;
        if (first < process.LowestFixed) return Errno.EPERM;
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
        if (sharing == (MapFlags)8) return Errno.EOPNOTSUPP;    // MAP_DROPPABLE, of 64-bit kernels alone
        if (sharing != MapFlags.Shared || areaFlags.HasFlag(AreaFlags.GrowsDown)) return Errno.EINVAL;
        areaFlags |= AreaFlags.Shared | AreaFlags.MadeShared;
        return Errno.None;
    }

    /// <summary>Linux: hugetlbfs_file_mmap, hugetlb_reserve_pages. After a refusal the areas that were there before are gone.</summary>
    private static Errno MapPool(ModelProcess process, PageRange range, AreaFlags flags, OpenFile file, long offset)
    {
        HugeObject huge = file.Contents.Huge!;
        uint each = huge.Pool.PagesEach;
        if (offset % each != 0) return Errno.EINVAL;
        long first = offset / each, count = range.Count.Value / each;
        PoolClaim? claim = null;
        if (!flags.HasFlag(AreaFlags.NoReserve))
        {
            bool isShared = flags.HasFlag(AreaFlags.MadeShared);
            if (!(isShared ? huge.TryReserve(first, count) : huge.Pool.TryReserve(count))) return Errno.ENOMEM;
            if (!isShared) claim = new();
        }
        if (flags.HasFlag(AreaFlags.Write)) file.Contents.Reach((first + count) * huge.Pool.BytesEach);
        Area area = new MergeProposal(range, flags, file, offset).ToArea();
        area.Claim = claim;
        process.Areas.Insert(area);
        return Errno.None;
    }

    /// <summary>
    /// Maps the range in place of its present areas, within the limits. Replaced pages do not count against the limits, but areas at the
    /// ends are split even if a limit refuses the call.
    /// </summary>
    private static Errno Map(ModelProcess process, PageRange range, AreaFlags flags, OpenFile? file, long fileOffset)
    {
        Errno cut = process.SplitAtEndsOf(range);
        if (cut != Errno.None) return cut;
        HugePool? pool = file is { IsDirectory: false } ? file.Contents.Huge?.Pool : null;
        ulong replaced = 0;
        long replacedCommitted = 0;
        foreach (Area area in process.Areas.In(range))
        {
            replaced += area.Count.Value;
            if (area.Has(AreaFlags.Accounted)) replacedCommitted += area.Count.Value;
        }
        if (!Allowance.MayGrow(process, flags, range.Count.Value - replaced)) return Errno.ENOMEM;

        if (pool is null && Rights.AreAccounted(flags))
        {
            if (!process.CommitLimit.Allow(range.Count.Value - replacedCommitted)) return Errno.ENOMEM;
            flags |= AreaFlags.Accounted;
        }

        process.Unmap(range);    // never refused: its ends are borders already
        if (pool is not null) return MapPool(process, range, flags & ~AreaFlags.AnyLock, file!, fileOffset);
        bool isSharedAnonymous = file is null && flags.HasFlag(AreaFlags.Shared);
        if (isSharedAnonymous)
        {
            bool isCommitted = !flags.HasFlag(AreaFlags.NoReserve);
            if (isCommitted && !process.CommitLimit.Allow(range.Count.Value)) return Errno.ENOMEM;
            file = new OpenFile(FileObject.SharedAnonymous(range.Count, isCommitted), canRead: true, canWrite: true);
        }
        long offset = isSharedAnonymous ? 0 : file is null ? range.First.Value : fileOffset;
        Merging.JoinNewOrInsert(process.Areas, new MergeProposal(range, flags, file, offset));
        return Errno.None;
    }
}
