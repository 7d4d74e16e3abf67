using Paging.Core.Accounting;
using Paging.Core.Areas;
using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Implements mmap(2).</summary>
/// <remarks>
/// Programs can see the order of the checks by the errors they get (dialect, "Order of checks").
/// Linux: mm/mmap.c do_mmap; mm/vma.c mmap_region, __mmap_prepare, __mmap_new_vma, __mmap_complete.
/// </remarks>
internal sealed class MapOperation(
    OpenFileTable files, Commitment commitment, UnmapOperation unmap, Populate populate, PoolMapping pool)
{
    /// <summary>The part that differs for memory of the pool.</summary>
    public PoolMapping Pool => pool;

    private const uint HugeSizeBits = 0x7C00_0000;    // of MAP_HUGE_2MB and MAP_HUGE_1GB

    private const MapFlags LegacyFlags = (MapFlags)HugeSizeBits | MapFlags.HugeTlb | MapFlags.TypeMask
        | MapFlags.Fixed | MapFlags.Anonymous | MapFlags.GrowsDown | MapFlags.DenyWrite
        | MapFlags.Executable | MapFlags.Locked | MapFlags.NoReserve | MapFlags.Populate | MapFlags.NonBlock | MapFlags.Stack
        | (MapFlags)0xC0;    // MAP_32BIT and MAP_ABOVE4G, which x86 adds and 32-bit processes have no use for

    private const MapFlags Droppable = (MapFlags)8;    // MAP_DROPPABLE, a type of mapping

    /// <summary>Maps the file of a descriptor, or anonymous memory. The request has the offset of the file already.</summary>
    public Errno Execute(
        Space space, in MapRequest request, DescriptorTable descriptors, int descriptor, ulong byteOffset, out VirtualAddress at)
    {
        at = default;
        if ((byteOffset & VirtualAddress.OffsetMask) != 0) return Errno.EINVAL;    // before the descriptor. Linux: old_mmap
        if (request.Has(MapFlags.Anonymous))
        {
            // Pages of the pool have an offset even without a file; do_mmap sets that of others.
            if (byteOffset == 0 || request.Has(MapFlags.HugeTlb)) return Execute(space, request, out at);
            return Execute(space, request with { PageOffset = 0 }, out at);
        }

        if (!descriptors.TryGet(descriptor, out OpenFileIndex file)) return Errno.EBADF;
        return Execute(space, request with { File = file }, out at);
    }

    public Errno Execute(Space space, in MapRequest request, out VirtualAddress at)
    {
        if (request.Has(MapFlags.HugeTlb) || (request.File.IsSome && files.ObjectOf(request.File).IsHuge))
            return ExecuteOfPool(space, request, out at);
        at = default;
        return request.ByteLength == 0 ? Errno.EINVAL : Execute(space, request, PageCount.Covering(request.ByteLength), 0, out at);
    }

    /// <summary>Maps memory of the pool. Objects that the mapping replaces keep their pages until it is made or refused.</summary>
    private Errno ExecuteOfPool(Space space, in MapRequest given, out VirtualAddress at)
    {
        at = default;
        MapRequest request = given;
        if (!space.Tables.MayHaveHuge()) return Errno.ENOMEM;    // there is a snapshot
        Errno error = pool.Begin(ref request, out ulong byteLength, out int order);
        if (error != Errno.None) return error;
        files.HoldsBack = true;
        error = byteLength > PageCount.UserHalf.Bytes ? Errno.ENOMEM
            : Execute(space, request, PageCount.Covering(byteLength), order, out at);
        if (request.File != given.File) files.Release(request.File);    // the area holds it now; or nothing does
        files.HoldsBack = false;
        return error;
    }

    private Errno Execute(Space space, in MapRequest request, PageCount count, int order, out VirtualAddress at)
    {
        at = default;
        if (count >= PageCount.AddressSpace) return Errno.ENOMEM;    // 4 GiB when rounded up, which 32 bits cannot hold
        if (request.PageOffset + count.Value > uint.MaxValue) return Errno.EOVERFLOW;    // a page number within a file has 32 bits
        if (space.Areas.Count > space.Areas.MaxCount) return Errno.ENOMEM;    // Linux too lets the count reach max_map_count + 1

        Errno error = Place(space, request, count, 1u << order, out PageRange range);
        if (error != Errno.None) return error;

        AreaFlags flags = FlagsOf(space, request);
        if (request.Has(MapFlags.Locked) && !MemoryLimits.MayLockAnything(space)) return Errno.EPERM;
        if (!MemoryLimits.MayLock(space, flags, count.Value)) return Errno.EAGAIN;    // mlock(2) returns ENOMEM for the same

        error = request.Has(MapFlags.Anonymous) ? CheckAnonymous(request, ref flags) : CheckFile(request, ref flags);
        if (error != Errno.None) return error;
        if (space.RefusesGain(flags, flags)) return Errno.EACCES;
        if (space.MergesAll && order == 0) flags |= AreaSet.MergeableOf(flags);
        // Mode 2 ignores the flag, except for the pool, which reserves pages of its own. Linux: do_mmap
        if (request.Has(MapFlags.NoReserve) && (order != 0 || commitment.Mode != OvercommitMode.Never)) flags |= AreaFlags.NoReserve;

        bool isLocked = (flags & AreaFlags.Locked) != 0;
        if (order != 0) flags &= ~AreaFlags.LockedMask;    // filled, but never locked. Linux: vma_supports_mlock
        error = Install(space, request, range, flags);
        if (error != Errno.None) return error;

        at = range.First.Address;
        // MAP_NONBLOCK cancels MAP_POPULATE. Pages that cannot be filled are no error of mmap.
        bool wantsPages = (request.Flags & (MapFlags.Populate | MapFlags.NonBlock)) == MapFlags.Populate;
        if (wantsPages || isLocked) populate.Fill(space, range, goOn: true);
        return Errno.None;
    }

    private static Errno Place(Space space, in MapRequest request, PageCount count, uint alignment, out PageRange range)
    {
        range = default;
        PageNumber first;
        Errno error;
        if (request.IsFixed)
        {
            error = Placement.CheckFixed(request.Address, count, alignment);
            first = request.Address.Page;
        }
        else
        {
            PageNumber hint = Placement.RoundHint(request.Address);
            error = Placement.Choose(space, new((hint.Value + alignment - 1) & ~(alignment - 1)), count, out first, alignment);
        }

        if (error != Errno.None) return error;
        range = new(first, count);
        return request.Has(MapFlags.FixedNoReplace) && space.Areas.Tree.FirstIn(range).IsSome ? Errno.EEXIST : Errno.None;
    }

    private static AreaFlags FlagsOf(Space space, in MapRequest request)
    {
        AreaFlags flags = ((AreaFlags)request.Protection & AreaFlags.Rights) | space.DefaultFlags
            | AreaFlags.MayWrite | AreaFlags.MayExecute;
        if (space.ReadImpliesExecute && (flags & AreaFlags.Read) != 0) flags |= AreaFlags.Execute;
        if (request.Has(MapFlags.GrowsDown)) flags |= AreaFlags.GrowsDown;
        if (request.Has(MapFlags.Locked)) flags |= AreaFlags.Locked;
        if (request.Has(MapFlags.Stack)) flags |= AreaFlags.NoHugePage;    // Linux: calc_vm_flag_bits, since 6.7
        if (request.Has(MapFlags.Sync)) flags |= AreaFlags.Synchronous;
        return flags;
    }

    private static Errno CheckAnonymous(in MapRequest request, ref AreaFlags flags)
    {
        switch (request.Flags & MapFlags.TypeMask)
        {
            case MapFlags.Shared:
                if ((flags & AreaFlags.GrowsDown) != 0) return Errno.EINVAL;    // A3: only private memory grows
                flags |= AreaFlags.Shared | AreaFlags.MayShare;
                return Errno.None;
            case MapFlags.Private:
                return Errno.None;
            case Droppable:
                return Errno.EOPNOTSUPP;    // VM_DROPPABLE is a flag of 64-bit kernels
            default:    // also MAP_SHARED_VALIDATE, which is for files
                return Errno.EINVAL;
        }
    }

    private Errno CheckFile(in MapRequest request, ref AreaFlags flags)
    {
        ref OpenFile open = ref files[request.File];
        bool canWrite = (open.Rights & FileRights.Write) != 0;
        MapFlags type = request.Flags & MapFlags.TypeMask;
        if (type == MapFlags.SharedValidate && (request.Flags & ~LegacyFlags) != 0) return Errno.EOPNOTSUPP;    // MAP_SHARED ignores these
        if (type is not (MapFlags.Shared or MapFlags.SharedValidate or MapFlags.Private)) return Errno.EINVAL;

        if (type != MapFlags.Private)
        {
            if ((flags & AreaFlags.Write) != 0 && !canWrite) return Errno.EACCES;
            flags |= AreaFlags.Shared | AreaFlags.MayShare;
            // Without Shared it faults as a private mapping, and never copies, as nothing may write. Only MayShare is left.
            if (!canWrite) flags &= ~(AreaFlags.MayWrite | AreaFlags.Shared);
        }

        if ((open.Rights & FileRights.Read) == 0) return Errno.EACCES;    // whatever the rights: mmap(2)
        FileKind kind = files.ObjectOf(request.File).Kind;
        if (kind == FileKind.Directory) return Errno.ENODEV;    // has no mmap method
        if (kind == FileKind.Device) return CheckDevice(request, ref flags);
        if ((flags & AreaFlags.GrowsDown) != 0) return Errno.EINVAL;
        return files.ObjectOf(request.File).ForbidsWriting ? CheckSeals(ref flags) : Errno.None;
    }

    /// <summary>A seal forbids shared mappings that are writable, or could be made so. Linux: mm/memfd.c check_write_seal.</summary>
    private static Errno CheckSeals(ref AreaFlags flags)
    {
        if ((flags & AreaFlags.Shared) == 0) return Errno.None;
        if ((flags & AreaFlags.Write) != 0) return Errno.EPERM;
        flags &= ~AreaFlags.MayWrite;
        return Errno.None;
    }

    /// <summary>
    /// A device is mapped shared and not beyond its end, and is never locked. Linux: remap_pfn_range, and the checks of its callers.
    /// </summary>
    private Errno CheckDevice(in MapRequest request, ref AreaFlags flags)
    {
        ulong end = request.PageOffset + PageCount.Covering(request.ByteLength).Value;
        if ((flags & AreaFlags.MayShare) == 0 || end > files.ObjectOf(request.File).PageLimit) return Errno.EINVAL;
        flags = (flags & ~AreaFlags.LockedMask) | AreaFlags.Device | AreaFlags.DontDump;
        return (flags & AreaFlags.GrowsDown) != 0 ? Errno.EINVAL : Errno.None;
    }

    /// <summary>Unmaps the range, checks the limits, and joins the range to a neighbour or makes a new area.</summary>
    /// <remarks>Linux: __mmap_region.</remarks>
    private Errno Install(Space space, in MapRequest request, PageRange range, AreaFlags flags)
    {
        Errno error = UnmapOperation.Prepare(space, range, out UnmapOperation.Gathered replaced);
        if (error != Errno.None) return error;
        if (!MemoryLimits.MayExpand(space, flags, range.Count.Value - replaced.Pages)) return Errno.ENOMEM;    // the cuts stay, as in Linux

        bool isOfPool = request.File.IsSome && files.ObjectOf(request.File).IsHuge;
        bool accounted = !isOfPool && (flags & (AreaFlags.NoReserve | AreaFlags.Shared | AreaFlags.Write)) == AreaFlags.Write;
        if (accounted)
        {
            if (!commitment.TryCharge(range.Count.Value - replaced.AccountedPages)) return Errno.ENOMEM;
            replaced.AccountedPages = 0;    // the new charge includes them
            flags |= AreaFlags.Accounted;
        }

        unmap.Complete(space, range, replaced);    // after every check, as nothing brings the old mappings back
        error = isOfPool ? pool.Add(space, request, range, flags) : Add(space, request, range, flags);
        if (error != Errno.None)
        {
            if (accounted) commitment.Uncharge(range.Count.Value);
            return error;
        }

        space.Statistics.Account(flags, range.Count.Value);
        return Errno.None;
    }

    private Errno Add(Space space, in MapRequest request, PageRange range, AreaFlags flags)
    {
        if (request.Has(MapFlags.Anonymous) && (flags & AreaFlags.Shared) != 0) return AddSharedAnonymous(space, range, flags);

        AreaIndex next = space.Areas.Tree.FirstEndingAfter(range.First);    // the area above: the range is free now
        AreaMerge merge = new()
        {
            Previous = next.IsSome ? space.Areas[next].Previous : space.Areas.Tree.Last,
            Next = next,
            First = range.First,
            End = range.End,
            Flags = flags,
            File = request.File,
            PageOffset = request.Has(MapFlags.Anonymous) ? Area.PositionOf(range.First) : new((uint)request.PageOffset),
        };
        if (space.Areas.MergeNew(ref merge).IsSome) return Errno.None;
        return space.Areas.TryAdd(range, flags, merge.File, merge.PageOffset, out _) ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>Makes an object as large as the mapping. Each shared anonymous mapping has an object of its own.</summary>
    /// <remarks>Linux: mm/shmem.c shmem_zero_setup.</remarks>
    private Errno AddSharedAnonymous(Space space, PageRange range, AreaFlags flags)
    {
        bool isAccounted = (flags & AreaFlags.NoReserve) == 0;
        if (!files.TryOpenSharedAnonymous(range.Count, isAccounted, out OpenFileIndex open)) return Errno.ENOMEM;
        bool added = space.Areas.TryAdd(range, flags, open, FilePage.First, out _);
        files.Release(open);    // the area holds a reference now
        return added ? Errno.None : Errno.ENOMEM;
    }
}
