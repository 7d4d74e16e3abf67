using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Paging.Core;
using Paging.HostKernel.Interop;
using Paging.HostKernel.Puppets;
using Paging.Native;
using Paging.Scripting.Calls;
using LayoutKind = System.Runtime.InteropServices.LayoutKind;

namespace Paging.HostKernel.Inspection;

/// <summary><c>resident</c>, <c>pagemap</c> and <c>mincore</c>: the state of each page in the kernel.</summary>
/// <remarks>
/// A page of the process's own is present, belongs to no file and is not the common zero page. PAGEMAP_SCAN (Linux 6.7) reports all three
/// without privileges, and only for pages that exist, so that one request can cover the whole user half.
/// </remarks>
internal sealed class PageReports(Puppet puppet)
{
    private const int PageShift = VirtualAddress.PageShift;
    private const uint PageMask = VirtualAddress.OffsetMask;
    private const long AddressSpaceByteLength = 1L << 32;
    private const nuint PagemapScan = 0xC060_6610;    // _IOWR('f', 16, struct pm_scan_arg)
    private const ulong IsFile = 1 << 2, IsPresent = 1 << 3, IsSwapped = 1 << 4, IsZeroPage = 1 << 5,
        IsPartOfHuge = 1 << 6, IsGuard = 1 << 8;
    private const int RegionCountMax = 512;

    // A guard looks swapped, and kernels before 6.15 do not distinguish the two.
    private static readonly Lazy<ulong> NotOwn = new(static () => IsFile | IsZeroPage | (SupportsGuards() ? IsGuard : 0));

    private readonly PageRegion[] _regions = new PageRegion[RegionCountMax];

    [StructLayout(LayoutKind.Sequential)]
    private struct PageRegion
    {
        public ulong Start, End, Categories;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ScanArgument    // struct pm_scan_arg, 96 bytes
    {
        public ulong Size, Flags, Start, End, WalkEnd;
        public unsafe PageRegion* Regions;
        public ulong RegionCount, PageCountMax;
        public ulong InvertedCategories, RequiredCategories, AnyOfCategories, ReturnedCategories;
    }

    internal ScriptResult Resident(PuppetProcess process, in ScenarioCall call)
    {
        if (!IsRange(call)) return ScriptResult.Unsupported("not a range of pages");
        long count = 0;
        Scan(process, call.A0, call.A1, (start, end) => count += (end - start) >> PageShift);
        return ScriptResult.Number(count);
    }

    internal ScriptResult Pagemap(PuppetProcess process, in ScenarioCall call)
    {
        if (!IsRange(call)) return ScriptResult.Unsupported("not a range of pages");
        long low = call.A0;
        char[] pages = new char[Math.Max(0, (call.A1 - low) >> PageShift)];
        Array.Fill(pages, '.');
        Scan(process, low, call.A1, (start, end) =>
            Array.Fill(pages, 'a', (int)((start - low) >> PageShift), (int)((end - start) >> PageShift)));
        return ScriptResult.Quoted(new string(pages));
    }

    /// <summary>The system call, for as many pages at a time as its vector has room for.</summary>
    internal ScriptResult InMemory(PuppetProcess process, in ScenarioCall call)
    {
        uint address = unchecked((uint)call.A0);
        long pageCount = (unchecked((uint)call.A1) + (long)PageMask) >> PageShift;
        int roomPageCount = puppet.Block.Layout.ScratchByteLength;
        char[] pages = new char[pageCount];
        long at = 0;
        do
        {
            int count = (int)Math.Min(pageCount - at, roomPageCount);
            uint from = address + (uint)(at << PageShift), scratch = puppet.Block.Layout.Scratch;
            Errno error = puppet.Try(process, I386Call.Mincore, from, (uint)count << PageShift, scratch);
            if (error != Errno.None) return ScriptResult.Error(error);
            for (int i = 0; i < count; i++) pages[at + i] = (puppet.Block.Scratch[i] & 1) != 0 ? '1' : '0';
            at += count;
        }
        while (at < pageCount);
        return ScriptResult.Quoted(new string(pages));
    }

    /// <summary>False when this kernel has no PAGEMAP_SCAN. The process has to do nothing for it.</summary>
    // SAFETY: the kernel reads and writes the local argument, whose size it gets.
    internal static unsafe bool IsSupported(PuppetProcess process)
    {
        ScanArgument argument = Argument(0, 0);
        return LibC.Request(process.Report(ProcessReport.Pagemap), PagemapScan, &argument) >= 0;
    }

    /// <summary>True if one entry maps the whole range.</summary>
    // SAFETY: as Scan; the regions are local.
    internal static unsafe bool IsHuge(PuppetProcess process, long low, long byteLength)
    {
        PageRegion region = default;
        ScanArgument argument = new()
        {
            Size = (ulong)sizeof(ScanArgument),
            Start = (ulong)low,
            End = (ulong)(low + byteLength),
            Regions = &region,
            RegionCount = 1,
            RequiredCategories = IsPartOfHuge,
            ReturnedCategories = IsPartOfHuge,
        };
        int count = LibC.Request(process.Report(ProcessReport.Pagemap), PagemapScan, &argument);
        return count < 0 ? throw LibC.Failed("ioctl(PAGEMAP_SCAN)") : count != 0;
    }

    private static bool IsRange(in ScenarioCall call) =>
        ((call.A0 | call.A1) & PageMask) == 0 && call.A0 >= 0 && call.A1 <= AddressSpaceByteLength;

    // SAFETY: the regions are pinned during the calls, and the kernel gets their count.
    private unsafe void Scan(PuppetProcess process, long low, long high, Action<long, long> found)
    {
        fixed (PageRegion* regions = _regions)
        {
            ScanArgument argument = Argument(low, Math.Min(high, puppet.Block.Layout.Reserved));
            argument.Regions = regions;
            argument.RegionCount = RegionCountMax;
            while (argument.Start < argument.End)
            {
                int count = LibC.Request(process.Report(ProcessReport.Pagemap), PagemapScan, &argument);
                if (count < 0) throw LibC.Failed("ioctl(PAGEMAP_SCAN)");
                foreach (PageRegion region in _regions.AsSpan(0, count)) found((long)region.Start, (long)region.End);
                argument.Start = argument.WalkEnd;
            }
        }
    }

    // SAFETY: the kernel reads and writes the local argument, whose size it gets.
    private static unsafe bool SupportsGuards()
    {
        using SafeFileHandle own = File.OpenHandle("/proc/self/pagemap");
        ScanArgument argument = new() { Size = (ulong)sizeof(ScanArgument), RequiredCategories = IsGuard };
        return LibC.Request(own, PagemapScan, &argument) >= 0;
    }

    // SAFETY: sizeof only.
    private static unsafe ScanArgument Argument(long low, long high) => new()
    {
        Size = (ulong)sizeof(ScanArgument),
        Start = (ulong)low,
        End = (ulong)high,
        InvertedCategories = NotOwn.Value,
        RequiredCategories = NotOwn.Value,
        AnyOfCategories = IsPresent | IsSwapped,
        ReturnedCategories = IsPresent,
    };
}
