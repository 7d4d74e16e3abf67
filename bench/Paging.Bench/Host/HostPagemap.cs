using System.Runtime.InteropServices;

namespace Paging.Bench.Host;

/// <summary>
/// The host's own way to ask which pages were written: the PAGEMAP_SCAN ioctl, with userfaultfd's asynchronous write protection.
/// </summary>
/// <remarks>Linux 6.7: Documentation/admin-guide/mm/pagemap.rst; include/uapi/linux/fs.h struct pm_scan_arg.</remarks>
internal sealed partial class HostPagemap : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const ulong FeaturesNeeded = (1UL << 13) | (1UL << 15);       // UFFD_FEATURE_WP_UNPOPULATED, WP_ASYNC
    private const nuint IoctlScan = 0xC0606610;
    private const ulong RegisterWriteProtect = 2, ScanProtectMatching = 1, ScanCheckAsync = 2, CategoryWritten = 2;
    private const int RegionCountMax = 1024;

    private readonly HostRegion _region;
    private readonly ScanRegion[] _regions = GC.AllocateArray<ScanRegion>(RegionCountMax, pinned: true);
    private readonly int _faults, _pagemap;

    /// <summary>Opens both files for a region of this process.</summary>
    public unsafe HostPagemap(HostRegion region)
    {
        _region = region;
        _faults = UserfaultCalls.Open(FeaturesNeeded);
        HostKernel.Check(_faults >= 0, "userfaultfd");
        ulong* register = stackalloc ulong[4] { (ulong)region.Address, region.ByteLength, RegisterWriteProtect, 0 };
        HostKernel.Check(UserfaultCalls.Control(_faults, UserfaultCalls.Register, register), "UFFDIO_REGISTER");
        fixed (byte* path = "/proc/self/pagemap\0"u8) _pagemap = Open(path, CloseOnExec);
        HostKernel.Check(_pagemap >= 0, "open of /proc/self/pagemap");
    }

    /// <summary>True where the host has the call.</summary>
    public static bool CanScan
    {
        get
        {
            if (!HostKernel.CanFork) return false;    // the numbers above are x86-64's
            int file = UserfaultCalls.Open(FeaturesNeeded);
            if (file < 0) return false;
            _ = HostCalls.Close(file);
            return true;
        }
    }

    /// <summary>Counts the pages written since the last call, and write-protects them again.</summary>
    // Unsafe: the arguments name an array that is pinned, and a region of ours.
    public unsafe long CollectWritten()
    {
        fixed (ScanRegion* regions = _regions)
        {
            ScanArguments arguments = new()
            {
                Size = (ulong)sizeof(ScanArguments),
                Flags = ScanProtectMatching | ScanCheckAsync,
                Start = (ulong)_region.Address,
                End = (ulong)_region.Address + _region.ByteLength,
                Regions = (ulong)regions,
                RegionCount = RegionCountMax,
                CategoryMask = CategoryWritten,
                ReturnMask = CategoryWritten,
            };
            int count = UserfaultCalls.Control(_pagemap, IoctlScan, &arguments);
            HostKernel.Check(count >= 0, "PAGEMAP_SCAN");
            long pages = 0;
            for (int i = 0; i < count; i++) pages += (long)((regions[i].End - regions[i].Start) >> 12);
            return pages;
        }
    }

    public void Dispose()
    {
        _ = HostCalls.Close(_pagemap);
        _ = HostCalls.Close(_faults);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int Open(byte* path, int flags);

    /// <summary>struct page_region.</summary>
    private struct ScanRegion
    {
        public ulong Start, End, Categories;
    }

    /// <summary>struct pm_scan_arg.</summary>
    private struct ScanArguments
    {
        public ulong Size, Flags, Start, End, WalkEnd, Regions, RegionCount, MaxPages, CategoryInverted, CategoryMask, CategoryAnyOfMask,
            ReturnMask;
    }
}
