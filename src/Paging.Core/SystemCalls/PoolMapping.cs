using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.SystemCalls;

/// <summary>The part of mmap(2) that differs for memory of the pool: the size, the object, and the reservation.</summary>
/// <remarks>Linux: mm/mmap.c ksys_mmap_pgoff; fs/hugetlbfs/inode.c hugetlbfs_file_mmap; mm/hugetlb.c hugetlb_reserve_pages.</remarks>
internal sealed class PoolMapping(OpenFileTable files, HugeObjects huge)
{
    /// <summary>Finds the size that a call asks for, rounds its length, and makes the object of a mapping without a file.</summary>
    /// <param name="request">The call; receives the object.</param>
    /// <param name="byteLength">The length of the call, rounded up to huge pages.</param>
    /// <param name="order">The binary logarithm of the frames of a huge page; 0 for other memory.</param>
    /// <returns>EINVAL: no such size, or a file of small pages. ENOMEM: no record.</returns>
    public Errno Begin(ref MapRequest request, out ulong byteLength, out int order)
    {
        byteLength = request.ByteLength;
        order = request.File.IsSome ? files.ObjectOf(request.File).HugeOrder : 0;
        if (order == 0 && !request.Has(MapFlags.HugeTlb)) return Errno.None;
        if (order == 0 && (request.File.IsSome || !TryOrder((uint)request.Flags, out order))) return Errno.EINVAL;
        ulong each = VirtualAddress.PageSize << order;
        byteLength = (byteLength + each - 1) & ~(each - 1);
        if (byteLength == 0) return Errno.EINVAL;
        if (request.File.IsSome) return Errno.None;
        if (!files.TryOpenAnonymousHuge(order, (long)byteLength, out OpenFileIndex open)) return Errno.ENOMEM;
        request.File = open;
        request.Flags &= ~MapFlags.Anonymous;    // from here on a mapping of a file
        return Errno.None;
    }

    /// <summary>Finds the order of the pages that flags of mmap or memfd_create request. Returns false if no pool has that size.</summary>
    /// <remarks>Linux: hstate_sizelog. The pool of 1 GiB pages exists, and is always empty.</remarks>
    public bool TryOrder(uint flags, out int order)
    {
        const int sizeShift = 26, giantShift = 30;    // HUGETLB_FLAG_ENCODE_SHIFT; the logarithm of 1 GiB
        int shift = (int)(flags >> sizeShift);
        order = (shift == 0 ? huge.Pool.Order + VirtualAddress.PageShift : shift) - VirtualAddress.PageShift;
        return order == huge.Pool.Order || shift == giantShift;
    }

    /// <summary>Makes the area. The earlier mappings of the range are gone already, even if this fails.</summary>
    /// <returns>EINVAL: the offset is not a multiple of a huge page. ENOMEM: the pool cannot reserve the pages, or no record.</returns>
    public Errno Add(Space space, in MapRequest request, PageRange range, AreaFlags flags)
    {
        FileObject file = files.ObjectOf(request.File);
        uint pagesEach = file.HugePages.Value;
        if ((request.PageOffset & (pagesEach - 1)) != 0) return Errno.EINVAL;
        uint first = (uint)(request.PageOffset >> file.HugeOrder), count = range.Count.Value >> file.HugeOrder;
        OpenFileIndex open = request.File;
        bool isShared = (flags & AreaFlags.MayShare) != 0;
        if (isShared) files.Hold(open);    // balances the release below
        else if (!files.TryOpen(file, files[request.File].Rights, OpenFlags.None, out open)) return Errno.ENOMEM;    // keeps its used ones

        Errno error = Reserve(file, first, count, ref flags);
        if (error == Errno.None && !space.Areas.TryAdd(range, flags, open, new((uint)request.PageOffset), out _))
        {
            if ((flags & PoolAreas.Owner) != 0) huge.Pool.Unreserve(count);    // those of a shared object stay with the object
            error = Errno.ENOMEM;
        }

        files.Release(open);    // the area holds it now
        if (error == Errno.None && (flags & AreaFlags.Write) != 0)
            file.ByteLength = Math.Max(file.ByteLength, (first + (long)count) * file.HugeBytes);
        return error;
    }

    private Errno Reserve(FileObject file, uint first, uint count, ref AreaFlags flags)
    {
        if ((flags & AreaFlags.NoReserve) != 0) return Errno.None;
        if ((flags & AreaFlags.MayShare) != 0) return huge.TryReserve(file, first, count) ? Errno.None : Errno.ENOMEM;
        if (!huge.HasPages(file) || !huge.Pool.TryReserve(count)) return Errno.ENOMEM;    // so that no touch finds the pool empty
        flags |= PoolAreas.Owner;
        return Errno.None;
    }
}
