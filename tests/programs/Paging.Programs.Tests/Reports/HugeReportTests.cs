using System.Globalization;
using Paging.Core;
using Paging.Native;
using Paging.Reports;

namespace Paging.Programs.Tests;

/// <summary>Huge pages in smaps, its rollup and meminfo, and the flags that few areas have.</summary>
/// <remarks>
/// One transparent page of 4 MiB, and three of the pool: two private, of which a child has one as well, and a shared one.
/// Linux: fs/proc/task_mmu.c smaps_pmd_entry, smaps_hugetlb_range, show_smap_vma_flags.
/// </remarks>
public sealed class HugeReportTests : IDisposable
{
    private const uint Huge = 4 << 20;
    private const MapFlags Fixed = MapFlags.Anonymous | MapFlags.Fixed;

    private static readonly VirtualAddress Transparent = new(0x4000_0000), Private = new(0x5000_0000), Shared = new(0x6000_0000);

    private readonly PagingEngine _engine = new(new EngineOptions
    {
        RamBytes = 64 << 20,
        HugePages = 5,
        TransparentHugePages = TransparentHugePages.Advised,
        RequestHostHugePages = false,
    });

    private readonly UserProcess _process;

    public HugeReportTests()
    {
        _process = _engine.CreateProcess("huge");
        Map(Transparent, Huge, MapFlags.Private);
        Assert.Equal(Errno.None, _process.Memory.Advise(Transparent, Huge, MemoryAdvice.HugePage));
        Map(Private, 2 * Huge, MapFlags.Private | MapFlags.HugeTlb);
        Map(Shared, Huge, MapFlags.Shared | MapFlags.HugeTlb);
        foreach (VirtualAddress at in (VirtualAddress[])[Transparent, Private, Shared]) _process.Memory.Mmu.Write(at, 7u);
    }

    public void Dispose()
    {
        _engine.Audit().ThrowIfBroken();
        _engine.Dispose();
    }

    [Fact]
    public void EachKindOfHugePageHasItsLineAndTheRollupHasTheSums()
    {
        Expect(anonymous: 4096, shared: 0, isPrivate: 8192);
        using UserProcess child = _process.Fork();
        Expect(anonymous: 4096, shared: 4096, isPrivate: 4096);    // the shared page is not copied: vma_needs_copy (mm/memory.c)
        Assert.Equal(7u, child.Memory.Mmu.Read<uint>(Shared));
        Expect(anonymous: 4096, shared: 8192, isPrivate: 0);
        child.Exit(0);
        Expect(anonymous: 4096, shared: 0, isPrivate: 8192);
        string info = _engine.FormatMeminfo();
        foreach (string line in (string[])["AnonHugePages:      4096 kB", "HugePages_Total:       5", "HugePages_Free:        3",
            "HugePages_Rsvd:        1", "HugePages_Surp:        0", "Hugepagesize:       4096 kB", "Hugetlb:           20480 kB"])
            Assert.Contains($"\n{line}\n", info, StringComparison.Ordinal);
    }

    /// <summary>No page is merged, and the flags of the pool are VM_HUGETLB and VM_DONTEXPAND.</summary>
    [Fact]
    public void AnAreaOfThePoolHasItsFlagsAndPageSize()
    {
        string[] paragraph = Paragraph(Private);
        Assert.Contains("KernelPageSize:     4096 kB", paragraph, StringComparer.Ordinal);
        Assert.Contains("MMUPageSize:        4096 kB", paragraph, StringComparer.Ordinal);
        Assert.Contains("VmFlags: rd wr mr mw me de ht sd ", paragraph, StringComparer.Ordinal);
        foreach (string name in (string[])["KSM", "ShmemPmdMapped", "FilePmdMapped", "LazyFree"])
            Assert.Contains($"{name + ':',-16}{0,8} kB", paragraph, StringComparer.Ordinal);
        string[] other = Paragraph(Transparent);
        Assert.Contains("KernelPageSize:        4 kB", other, StringComparer.Ordinal);
        Assert.Contains("THPeligible:           1", other, StringComparer.Ordinal);
        Assert.EndsWith(" ac sd hg ", other[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void AdviceAndSoftDirtyMarksAreFlags()
    {
        VirtualAddress at = new(0x7000_0000);
        Map(at, 4096, MapFlags.Private);
        Assert.Equal("VmFlags: rd wr mr mw me ac sd ", Paragraph(at)[^1]);
        Assert.Equal(Errno.None, _process.Memory.Advise(at, 4096, MemoryAdvice.NoHugePage));
        Assert.Equal("VmFlags: rd wr mr mw me ac sd nh ", Paragraph(at)[^1]);
        Assert.Equal(Errno.None, _process.Memory.ClearReferences(ReferenceKind.SoftDirty));
        Assert.Equal("VmFlags: rd wr mr mw me ac nh ", Paragraph(at)[^1]);
        if (_process.Memory.Advise(at, 4096, MemoryAdvice.Mergeable) == Errno.None)
            Assert.Equal("VmFlags: rd wr mr mw me ac nh mg ", Paragraph(at)[^1]);
    }

    private void Map(VirtualAddress at, uint byteLength, MapFlags flags) => Assert.Equal(Errno.None,
        _process.Memory.Map(at, byteLength, MemoryProtection.ReadWrite, Fixed | flags, out _));

    /// <summary>Expects the sums over all areas in kB, and the same in the rollup.</summary>
    private void Expect(long anonymous, long shared, long isPrivate)
    {
        (string, long)[] expected = [("AnonHugePages:", anonymous), ("Shared_Hugetlb:", shared), ("Private_Hugetlb:", isPrivate)];
        foreach ((string name, long kibibytes) in expected)
        {
            Assert.Equal((name, kibibytes), (name, Sum(_process.Memory.FormatSmaps(), name)));
            Assert.Equal((name, kibibytes), (name, Sum(_process.Memory.FormatSmapsRollup(), name)));
        }
    }

    private static long Sum(string text, string name) => text.Split('\n').Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Sum(line => long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture));

    private string[] Paragraph(VirtualAddress at)
    {
        string[] lines = _process.Memory.FormatSmaps().Split('\n');
        int first = Array.FindIndex(lines, line => line.StartsWith($"{at.Value:x8}-", StringComparison.Ordinal));
        int flags = Array.FindIndex(lines, first, static line => line.StartsWith("VmFlags:", StringComparison.Ordinal));
        return lines[first..(flags + 1)];
    }
}
