using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Implements mmap(2).</summary>
/// <remarks><code>
///   Parse      the file of the descriptor, and the number and size of the pages
///   Place      the range: a fixed one, the hint, or a gap
///   Check      what may be mapped, in the order that programs can see by their errors (dialect, "Order of checks")
///   MakeRoom   limits and commitment, then the earlier mappings of the range go; they do not come back
///   Install    the area, or a neighbour that grows over the range
///   Fill       the pages, if MAP_POPULATE or a lock asks for them
/// </code>
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

    /// <summary>Maps a file or anonymous memory.</summary>
    /// <param name="space">The address space.</param>
    /// <param name="request">The arguments; receives the file.</param>
    /// <param name="descriptors">The open files of the process; null if the request has its file already.</param>
    /// <param name="at">The first address of the mapping.</param>
    public Errno Execute(Space space, ref MapRequest request, DescriptorTable? descriptors, out VirtualAddress at)
    {
        at = default;
        bool isAnonymous = request.Has(MapFlags.Anonymous);
        Errno error = Parse(ref request, descriptors);
        if (error != Errno.None) return error;
        if (request.Order != 0) files.DefersEnds = true;    // replaced objects keep their pages of the pool until the end
        error = Place(space, request, out PageRange range);
        AreaFlags flags = FlagsOf(space, request);
        if (error == Errno.None) error = Check(space, request, ref flags);
        bool isLocked = (flags & AreaFlags.Locked) != 0;
        if (request.Order != 0) flags &= ~AreaFlags.LockedMask;    // filled, but never locked. Linux: vma_supports_mlock
        if (error == Errno.None) error = MakeRoom(space, request, range, ref flags);
        if (error == Errno.None) error = Install(space, request, range, flags);
        if (error == Errno.None)
        {
            at = range.First.Address;
            // MAP_NONBLOCK cancels MAP_POPULATE. Pages that cannot be filled are no error of mmap.
            bool wantsPages = (request.Flags & (MapFlags.Populate | MapFlags.NonBlock)) == MapFlags.Populate;
            if (wantsPages || isLocked) populate.Fill(space, range, goOn: true);
        }

        if (request.Order == 0) return error;
        if (isAnonymous) files.Release(request.File);    // Parse has made it; the area holds it now, or nothing does
        files.DefersEnds = false;
        return error;
    }

    /// <summary>Finds the file of the descriptor, and the number and size of the pages.</summary>
    private Errno Parse(ref MapRequest request, DescriptorTable? descriptors)
    {
        if ((request.ByteOffset & VirtualAddress.OffsetMask) != 0) return Errno.EINVAL;    // before the descriptor. Linux: old_mmap
        if (!request.Has(MapFlags.Anonymous) && request.File.IsNone)
        {
            if (!descriptors!.TryGet(request.Descriptor, out OpenFileIndex file)) return Errno.EBADF;
            request.File = file;
        }

        ulong byteLength = request.ByteLength;
        if (request.Has(MapFlags.HugeTlb) || (request.File.IsSome && files.ObjectOf(request.File).IsHuge))
        {
            Errno error = pool.Begin(ref request, out byteLength, out request.Order);
            if (error != Errno.None) return error;
        }

        request.Count = PageCount.Covering(byteLength);
        return byteLength == 0 ? Errno.EINVAL : Errno.None;
    }

    /// <summary>Makes the checks of mmap(2) that come before those of the file, in Linux's order.</summary>
    public static Errno CheckBeforeFile(Space space, MapRequest request)
    {
        if (request.ByteLength == 0) return Errno.EINVAL;
        request.Count = PageCount.Covering(request.ByteLength);
        Errno error = Place(space, request, out _);
        if (error != Errno.None) return error;
        if (request.Has(MapFlags.Locked) && !MemoryLimits.MayLockAnything(space)) return Errno.EPERM;
        if (!MemoryLimits.MayLock(space, FlagsOf(space, request), request.Count.Value)) return Errno.EAGAIN;
        bool isValidated = (request.Flags & MapFlags.TypeMask) == MapFlags.SharedValidate;
        return isValidated && (request.Flags & ~LegacyFlags) != 0 ? Errno.EOPNOTSUPP : Errno.None;
    }

    private static Errno Place(Space space, in MapRequest request, out PageRange range)
    {
        range = default;
        (PageCount count, int order) = (request.Count, request.Order);
        if (order != 0 && count > space.Bounds.Count) return Errno.ENOMEM;    // hugetlb_get_unmapped_area
        if (count >= PageCount.AddressSpace) return Errno.ENOMEM;    // 4 GiB when rounded up, which 32 bits cannot hold
        bool hasOffset = order != 0 || !request.Has(MapFlags.Anonymous);    // do_mmap sets that of other anonymous memory
        if (hasOffset && request.PageOffset + count.Value > uint.MaxValue) return Errno.EOVERFLOW;    // a page number of a file has 32 bits
        if (space.Areas.Count > space.Areas.MaxCount) return Errno.ENOMEM;    // Linux too lets the count reach max_map_count + 1

        uint alignment = 1u << order;
        PageNumber first;
        Errno error;
        if (request.IsFixed)
        {
            error = Placement.CheckFixed(space.Bounds, request.Address, count, alignment);
            first = request.Address.Page;
        }
        else
        {
            PageNumber hint = Placement.RoundHint(space.Bounds, request.Address);
            error = Placement.Choose(space, new((hint.Value + alignment - 1) & ~(alignment - 1)), count, out first, alignment);
        }

        if (error != Errno.None) return error;
        range = new(first, count);
        return request.Has(MapFlags.FixedNoReplace) && space.Areas.Tree.FirstIn(range).IsSome ? Errno.EEXIST : Errno.None;
    }

    /// <summary>Checks the rights, the type and the locks, and finds the flags of the area.</summary>
    private Errno Check(Space space, in MapRequest request, ref AreaFlags flags)
    {
        if (request.Has(MapFlags.Locked) && !MemoryLimits.MayLockAnything(space)) return Errno.EPERM;
        if (!MemoryLimits.MayLock(space, flags, request.Count.Value)) return Errno.EAGAIN;    // mlock(2) returns ENOMEM for the same
        Errno error = request.Has(MapFlags.Anonymous) ? CheckAnonymous(request, ref flags) : CheckFile(request, ref flags);
        if (error == Errno.None && space.RefusesGain(flags, flags)) error = Errno.EACCES;
        if (space.MergesAll && request.Order == 0) flags |= Space.MergeableOf(flags);
        // Mode 2 ignores the flag, except for the pool, which reserves pages of its own. Linux: do_mmap
        if (request.Has(MapFlags.NoReserve) && (request.Order != 0 || commitment.Mode != OvercommitMode.Never))
            flags |= AreaFlags.NoReserve;
        return error;
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

    /// <summary>Cuts the earlier mappings of the range, checks the limits, and unmaps the range. Linux: __mmap_prepare.</summary>
    private Errno MakeRoom(Space space, in MapRequest request, PageRange range, ref AreaFlags flags)
    {
        Errno error = UnmapOperation.Prepare(space, range, out UnmapOperation.Gathered replaced);
        if (error != Errno.None) return error;
        if (!MemoryLimits.MayExpand(space, flags, range.Count.Value - replaced.Pages)) return Errno.ENOMEM;    // the cuts stay, as in Linux

        if (request.Order == 0 && (flags & (AreaFlags.NoReserve | AreaFlags.Shared | AreaFlags.Write)) == AreaFlags.Write)
        {
            if (!commitment.TryCharge(range.Count.Value - replaced.AccountedPages)) return Errno.ENOMEM;
            replaced.AccountedPages = 0;    // the new charge includes them
            flags |= AreaFlags.Accounted;
        }

        unmap.Complete(space, range, replaced);    // after every check, as nothing brings the old mappings back
        return Errno.None;
    }

    /// <summary>Makes the area, or lets a neighbour grow over the range, which is free now. Linux: __mmap_new_vma.</summary>
    private Errno Install(Space space, in MapRequest request, PageRange range, AreaFlags flags)
    {
        Errno error;
        if (!request.Has(MapFlags.Anonymous))
        {
            error = request.Order != 0
                ? pool.Add(space, request, range, flags)
                : space.Areas.Add(range, flags, request.File, new((uint)request.PageOffset));
        }
        else if ((flags & AreaFlags.Shared) != 0)
        {
            error = AddSharedAnonymous(space, range, flags);
        }
        else
        {
            error = space.Areas.Add(range, flags, OpenFileIndex.None, Area.PositionOf(range.First));
        }

        if (error == Errno.None) space.Statistics.Account(flags, range.Count.Value);
        else if ((flags & AreaFlags.Accounted) != 0) commitment.Uncharge(range.Count.Value);
        return error;
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
