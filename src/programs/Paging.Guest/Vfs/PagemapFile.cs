using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Native;

namespace Paging.Guest.Vfs;

/// <summary>/proc/PID/pagemap: eight bytes per page, and a scan for pages. Linux: fs/proc/task_mmu.c.</summary>
internal sealed class PagemapFile(Func<AddressSpace?> memory, FileStatus status, string path, FileFlags flags) : PositionedFile(path, flags)
{
    private const uint Scan = 0xC060_6610;    // PAGEMAP_SCAN
    private const int WordCount = 12, EndAt = 4, RegionByteLength = 24, RegionsAtOnce = 512;    // pm_scan_arg, page_region
    private const ulong ProtectMatching = 1, RequireProtection = 2;    // PM_SCAN_WP_MATCHING, PM_SCAN_CHECK_WPASYNC
    private const ulong KnownFlags = ProtectMatching | RequireProtection, KnownCategories = (ulong)PageCategories.All;

    public override bool TakesRequestFlags => false;

    public override Errno Status(out FileStatus result)
    {
        result = status;
        return Errno.None;
    }

    /// <summary>Reads whole words only. Linux: pagemap_read.</summary>
    public override CallResult ReadAt(long offset, Span<byte> destination)
    {
        if (((offset | (uint)destination.Length) & 7) != 0) return Errno.EINVAL;    // words of 8 bytes
        if (memory() is not { } space) return 0;
        int done = 0;
        for (; done < destination.Length; done += 8)
        {
            long page = (offset + done) >> 3;
            if (page >= 0xC_0000) break;    // the kernel's pages are not shown: TASK_SIZE
            BitConverter.TryWriteBytes(destination[done..], space.ReadPagemap(new((uint)page)).Word);
        }

        return done;
    }

    public override CallResult Seek(long offset, int whence)
    {
        if (whence > 1) return Errno.EINVAL;    // mem_lseek: no end is known
        return Position = whence == 0 ? offset : Position + offset;
    }

    /// <summary>Linux: do_pagemap_cmd, pagemap_scan_get_args.</summary>
    public override CallResult Ioctl(in IoctlCall call)
    {
        if (call.Request != Scan) return Errno.EINVAL;
        if (memory() is not { } space) return Errno.ESRCH;    // the process has ended
        Span<ulong> words = stackalloc ulong[WordCount];    // struct pm_scan_arg
        if (!call.User.TryCopyFrom(call.Argument.Address, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
        ulong first = words[2], end = words[3], regionsAt = words[5], regionCount = words[6];
        // The size is the version (pagemap_scan_get_args)
        if (words[0] != WordCount * sizeof(ulong) || (words[1] & ~KnownFlags) != 0) return Errno.EINVAL;
        if (((words[8] | words[9] | words[10] | words[11]) & ~KnownCategories) != 0) return Errno.EINVAL;
        if ((first & PageWords.OffsetMask) != 0) return Errno.EINVAL;
        ulong limit = PageNumber.FirstKernel.Address.Value;
        if (first > limit || end - first > limit - first) return Errno.EFAULT;    // access_ok; a wrapped length is large
        if (regionsAt == 0 && regionCount != 0) return Errno.EINVAL;    // without regions only the pages are protected
        if (regionsAt != 0 && (regionsAt > limit || regionCount > (limit - regionsAt) / RegionByteLength)) return Errno.EFAULT;

        PageRange range = PageRange.Between(new((uint)(first >> 12)), new((uint)((end + PageWords.OffsetMask) >> 12)));
        uint pageCountMax = words[7] is 0 or > uint.MaxValue ? 0 : (uint)words[7];    // 0: no limit; there are fewer pages anyway
        PageScanRequest request = new(range, (PageCategories)words[9], (PageCategories)words[10], (PageCategories)words[8],
            (PageCategories)words[11], pageCountMax)
        {
            ProtectsMatching = (words[1] & ProtectMatching) != 0,
            RequiresProtection = (words[1] & RequireProtection) != 0,
        };
        CallResult result = Find(call.User, space, request, new((uint)regionsAt), regionCount, out PageNumber stoppedAt);
        return call.User.TryWrite(call.Argument.Address + (EndAt * sizeof(ulong)), (ulong)stoppedAt.Address.Value) ? result : Errno.EFAULT;
    }

    /// <summary>
    /// Scans, with as many regions at a time as the kernel's buffer has. Linux: do_pagemap_scan, pagemap_scan_flush_buffer.
    /// </summary>
    private CallResult Find(UserMemory user, AddressSpace space, PageScanRequest request, VirtualAddress regionsAt,
        ulong regionCount, out PageNumber end)
    {
        PageRegion[] regions = new PageRegion[Math.Min(regionCount, RegionsAtOnce)];
        Span<ulong> words = stackalloc ulong[3];
        int found = 0;
        while (true)
        {
            int room = (int)Math.Min(regionCount - (ulong)found, (ulong)regions.Length);
            Errno error = space.ScanPages(request, regions.AsSpan(0, room), out int count, out PageCount pages, out end);
            for (int i = 0; i < count; i++)
            {
                (words[0], words[1]) = (regions[i].Range.First.Address.Value, (ulong)regions[i].Range.End.Value << 12);
                words[2] = (ulong)regions[i].Categories;
                if (!user.TryCopyTo(regionsAt + (uint)(found * RegionByteLength), MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
                found++;
            }

            if (error != Errno.None) return error;
            bool isFull = (ulong)found == regionCount || (request.PageCountMax != 0 && pages.Value == request.PageCountMax);
            if (end >= request.Range.End || isFull) return found;
            uint left = request.PageCountMax == 0 ? 0 : request.PageCountMax - pages.Value;
            request = request with { Range = PageRange.Between(end, request.Range.End), PageCountMax = left };
        }
    }
}
