using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Reclaim;
using Paging.Native;

namespace Paging.Core.Io;

/// <summary>Truncates files of huge pages, allocates their pages ahead, and punches holes into them.</summary>
/// <remarks>Linux: fs/hugetlbfs/inode.c hugetlb_vmtruncate, hugetlbfs_fallocate, hugetlbfs_punch_hole.</remarks>
internal sealed class HugeSizes(HugeObjects huge, PoolMappings mappings)
{
    /// <summary>ftruncate(2): drops pages beyond the new length, private copies too, even if the file does not get shorter.</summary>
    /// <returns>EINVAL: not a multiple of the huge page. EFBIG: more pages than there are numbers for.</returns>
    public Errno SetLength(FileObject file, long byteLength)
    {
        if ((byteLength & (file.HugeBytes - 1)) != 0) return Errno.EINVAL;
        if (byteLength >> ShiftOf(file) > uint.MaxValue - 2) return Errno.EFBIG;
        uint first = (uint)(byteLength >> ShiftOf(file));
        file.ByteLength = byteLength;    // first, so that no fault makes a page after it: hugetlb_vmtruncate
        mappings.UnmapFromAll(file, first, uint.MaxValue);    // before DropFrom, which requires it
        huge.DropFrom(file, first);
        return Errno.None;
    }

    /// <summary>fallocate(2) without a hole: makes every page that the range touches. ENOSPC, ENOMEM: those made stay.</summary>
    public Errno Allocate(FileObject file, in FileAllocation request)
    {
        if (request.Has(AllocationFlags.ZeroRange)) return Errno.EOPNOTSUPP;
        if (request.End >> ShiftOf(file) > uint.MaxValue - 2) return Errno.EFBIG;
        uint first = (uint)(request.Offset >> ShiftOf(file)), last = (uint)((request.End - 1) >> ShiftOf(file));
        for (uint index = first; index <= last; index++)
        {
            if (huge.TryFind(file, index, out _)) continue;
            Errno error = huge.Make(file, index, out _);
            if (error != Errno.None) return error;
        }

        if (!request.Has(AllocationFlags.KeepSize)) file.ByteLength = Math.Max(file.ByteLength, request.End);
        return Errno.None;
    }

    /// <summary>Punches a hole: drops whole pages with their private copies, and zeroes the parts of others.</summary>
    public Errno PunchHole(FileObject file, long offset, long byteLength)
    {
        long limit = (long)uint.MaxValue << ShiftOf(file);    // no page lies after it
        if (offset >= limit) return Errno.None;
        long end = Math.Min(offset + byteLength, limit);
        long firstWhole = (offset + file.HugeBytes - 1) >> ShiftOf(file), endWhole = end >> ShiftOf(file);
        if (firstWhole >= endWhole)
        {
            huge.Clear(file, offset, end);
            return Errno.None;
        }

        mappings.UnmapFromAll(file, (uint)firstWhole, (ulong)endWhole);
        huge.Clear(file, offset, firstWhole << ShiftOf(file));
        huge.Clear(file, endWhole << ShiftOf(file), end);
        huge.DropPages(file, (uint)firstWhole, (uint)endWhole);
        return Errno.None;
    }

    private static int ShiftOf(FileObject file) => file.HugeOrder + VirtualAddress.PageShift;
}
