using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Calls whose ranges begin and end at every edge of huge pages, transparent ones and those of the pool.</summary>
/// <remarks>
/// As <see cref="EdgeArgumentTests"/>, with the rules of docs/DIALECT-HUGE.md. Linux: mm/huge_memory.c, mm/hugetlb.c, mm/khugepaged.c.
/// </remarks>
public sealed class EdgeHugeTests
{
    private static readonly EngineOptions Engine = World.Options() with { Tables = TableFormat.Pae };

    private static readonly ScenarioHeader Header =
        ScenarioHeader.Default with { HugePages = 4, SurplusHugePages = 1, HasTransparentPages = true };

    /// <summary>Four lines: a huge page, one in small pages that lacks one of them, the huge page of zeros, and an empty one.</summary>
    private const string Transparent = """
        prctl(PR_SET_THP_DISABLE, 0)
        munlockall()
        munmap(0x10000, 0xbffe0000)
        mmap(0x20000000, 0x800000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        madvise(0x20000000, 0x800000, MADV_HUGEPAGE)
        store(0x20000000, 5)
        store(0x20200000, 6)
        madvise(0x20203000, 0x1000, MADV_DONTNEED)
        load(0x20400000)
        """;

    private const string TransparentQuestions = """
        smaps(0, 0xc0000000)
        hugemap(0x20000000, 0x21400000)
        usage()
        tables()
        vm()
        resident(0x20000000, 0x20800000)
        mincore(0x201ff000, 0x6000)
        """;

    /// <summary>The last line has a table of small pages, and nothing in it.</summary>
    private const string EmptyTable = """
        madvise(0x20600000, 0x200000, MADV_NOHUGEPAGE)
        store(0x20601000, 1)
        madvise(0x20601000, 0x1000, MADV_DONTNEED)

        """;

    private static readonly uint[] LineStarts =
        [0x20000000, 0x20001000, 0x201ff000, 0x20200000, 0x20400000, 0x20600000];

    private static readonly uint[] LineLengths = [0x1000, 0x200000, 0x201000, 0x800000];

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("munmap({0}, {1})")]
    [InlineData("mprotect({0}, {1}, PROT_READ)")]
    [InlineData("mprotect({0}, {1}, PROT_NONE)")]
    [InlineData("mmap({0}, {1}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")]
    [InlineData("madvise({0}, {1}, MADV_DONTNEED)")]
    [InlineData("madvise({0}, {1}, MADV_NOHUGEPAGE)")]
    [InlineData("madvise({0}, {1}, MADV_DONTFORK)")]
    [InlineData("madvise({0}, {1}, 102)")]
    [InlineData("madvise({0}, {1}, 25)")]
    [InlineData("madvise(0x20200000, 0x200000, MADV_DONTNEED)\nmadvise({0}, {1}, 25)")]
    [InlineData("madvise(0x20210000, 0x1000, 102)\nmadvise({0}, {1}, 25)")]
    [InlineData("prctl(PR_SET_THP_DISABLE, 1)\nmadvise({0}, {1}, 25)")]
    [InlineData("mprotect(0x20000000, 0x600000, PROT_READ)\nmadvise({0}, {1}, 25)")]
    [InlineData("mlock({0}, {1})")]
    [InlineData("mremap({0}, {1}, {1}, MREMAP_MAYMOVE|MREMAP_FIXED, 0x21000000)")]
    [InlineData("mremap({0}, {1}, {1}, MREMAP_MAYMOVE|MREMAP_FIXED, 0x21001000)")]
    [InlineData("mremap({0}, {1}, {1}, MREMAP_MAYMOVE|MREMAP_FIXED, 0x211ff000)")]
    [InlineData("mremap({0}, {1}, {1}, MREMAP_MAYMOVE|MREMAP_FIXED, 0x3ffff000)")]
    [InlineData("mremap({0}, {1}, {1}, MREMAP_MAYMOVE|MREMAP_DONTUNMAP|MREMAP_FIXED, 0x21000000)")]
    [InlineData(EmptyTable + "mremap({0}, {1}, {1}, MREMAP_MAYMOVE|MREMAP_FIXED, 0x21000000)")]
    [InlineData(EmptyTable + "mremap({0}, {1}, {1}, MREMAP_MAYMOVE|MREMAP_FIXED, 0x21001000)")]
    [InlineData(EmptyTable + "mremap({0}, {1}, {1}, MREMAP_MAYMOVE|MREMAP_FIXED, 0x3ffff000)")]
    [InlineData(EmptyTable + "mremap(0x20601000, 0x2000, 0x4000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x3ffff000)\nmunmap({0}, {1})")]
    public void EdgesOfTransparentPages(string call)
    {
        using EdgeScript script = new(Transparent, TransparentQuestions, Header, Engine);
        foreach ((uint start, uint length) in Pairs(LineStarts, LineLengths))
        {
            if (start + length <= 0x20800000 || call.StartsWith("munmap", StringComparison.Ordinal))
                script.Try(string.Format(null, call, start, length));
        }

        script.Finish(Soak.Of(10, 3));
    }

    /// <summary>A private mapping of two pages that has the first, and a shared one of a file of three that has its second.</summary>
    private const string Pool = """
        munlockall()
        munmap(0x10000, 0xbffe0000)
        close(3)
        close(4)
        setpool(5)
        memfd("H", MFD_HUGETLB|MFD_HUGE_2MB)
        memfd("S", 0)
        ftruncate(3, 0x600000)
        ftruncate(4, 0x600000)
        mmap(0x21000000, 0x400000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED, -1, 0)
        store(0x21000000, 5)
        mmap(0x21800000, 0x400000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, 3, 0x200000)
        store(0x21800000, 6)
        store(0x21812345, 7)
        store(0x219fffff, 8)
        """;

    private const string PoolQuestions = """
        pool()
        smaps(0, 0xc0000000)
        hugemap(0x20000000, 0x22000000)
        usage()
        tables()
        vm()
        fsize(3)
        pread(3, 0x10, 0x200000)
        pread(3, 0x10, 0x212340)
        pread(3, 0x20, 0x3ffff0)
        mincore(0x211ff000, 0x4000)
        """;

    private static readonly uint[] PoolStarts =
        [0x20e00000, 0x21000000, 0x21001000, 0x21200000, 0x21800000];

    private static readonly uint[] PoolLengths = [0x1000, 0x1fffff, 0x200000, 0x200001, 0xc00000];

    /// <summary>Two private mappings of one file have reservations of their own.</summary>
    private const string TwoPrivate = """
        mmap(0x20000000, 0x200000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0)
        mmap(0x20400000, 0x200000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0)
        store(0x20000000, 1)

        """;

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("munmap({0}, {1})", 8)]
    [InlineData("mprotect({0}, {1}, PROT_READ)", 3)]
    [InlineData("mprotect({0}, {1}, PROT_NONE)", 3)]
    [InlineData("mmap({0}, {1}, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", 8)]
    [InlineData("mmap({0}, {1}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED, -1, 0)", 8)]
    [InlineData("mmap({0}, {1}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED|MAP_NORESERVE, -1, 0x600000)", 8)]
    [InlineData("mmap({0}, {1}, PROT_READ, MAP_SHARED|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED|MAP_POPULATE, -1, 0x200000)", 3)]
    [InlineData("mmap({0}, {1}, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED_NOREPLACE, -1, 0)", 1)]
    [InlineData("mmap({0}, {1}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0x200000)", 3)]
    [InlineData("mmap({0}, {1}, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED|MAP_LOCKED, 3, 0x400000)", 3)]
    [InlineData("mmap({0}, {1}, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, 3, 0x100000)", 0)]
    [InlineData("mmap({0}, {1}, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_HUGETLB|MAP_FIXED, 4, 0)", 0)]
    [InlineData("mmap({0}, {1}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB, -1, 0)", 8)]
    [InlineData("mmap({0}, {1}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|0x78040000|MAP_NORESERVE, -1, 0)", 1)]
    [InlineData("mmap({0}, {1}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|0x50040000, -1, 0)", 0)]
    [InlineData("madvise({0}, {1}, MADV_DONTNEED)", 3)]
    [InlineData("madvise({0}, {1}, MADV_REMOVE)", 1)]
    [InlineData("madvise({0}, {1}, MADV_DONTFORK)", 3)]
    [InlineData("madvise({0}, {1}, MADV_POPULATE_WRITE)", 1)]
    [InlineData("madvise({0}, {1}, MADV_WIPEONFORK)", 0)]
    [InlineData("mlock({0}, {1})", 3)]
    [InlineData("mremap({0}, {1}, {1}, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20000000)", 3)]
    [InlineData("mremap({0}, {1}, {1}, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20100000)", 0)]
    [InlineData("mremap({0}, 0x400000, {1}, 0)", 3)]
    [InlineData("mremap({0}, {1}, {1}, MREMAP_MAYMOVE|MREMAP_DONTUNMAP, 0x20000000)", 0)]
    [InlineData(TwoPrivate + "store(0x20400000, 2)\nmunmap({0}, {1})\nmunmap(0x20000000, 0x200000)", 8)]
    [InlineData(TwoPrivate + "fork()\n[1] munmap({0}, {1})\nstore(0x20000000, 3)\nstore(0x20400000, 4)", 8)]
    [InlineData("fork()\n[1] munmap({0}, {1})\nstore(0x21000000, 3)", 8)]
    [InlineData("fork()\nstore(0x21000000, 3)\n[1] load(0x21000000)\n[1] madvise({0}, {1}, MADV_DONTNEED)", 3)]
    [InlineData("fork()\n[1] store(0x21000000, 3)\n[1] store(0x21200000, 3)\n[1] exit(0)\nmunmap({0}, {1})", 8)]
    public void EdgesOfThePool(string call, int succeededMin)
    {
        using EdgeScript script = new(Pool, PoolQuestions, Header, Engine);
        foreach ((uint start, uint length) in Pairs(PoolStarts, PoolLengths)) script.Try(string.Format(null, call, start, length));
        script.Finish(Soak.Of(succeededMin, succeededMin / 3));
    }

    /// <summary>Each start with each length; the sample has each start with some.</summary>
    private static IEnumerable<(uint Start, uint Length)> Pairs(uint[] starts, uint[] lengths) =>
        Soak.Rows(starts.SelectMany(start => lengths.Select(length => (start, length))), 3);

    private static readonly long[] Offsets = [0, 1, 0x1fffff, 0x210000, 0x400000, 0x600000];

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("ftruncate(3, {0})")]
    [InlineData("punch(3, {0}, {1})")]
    [InlineData("fallocate(3, 0, {0}, {1})")]
    [InlineData("fallocate(3, FALLOC_FL_KEEP_SIZE, {0}, {1})")]
    [InlineData("fallocate(3, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, {0}, {1})")]
    [InlineData("fallocate(3, FALLOC_FL_ZERO_RANGE, {0}, {1})")]
    [InlineData("pread(3, {1}, {0})")]
    [InlineData("pwrite(3, {1}, {0}, 3)")]
    public void FilesOfHugePages(string call)
    {
        using EdgeScript script = new(Pool, PoolQuestions, Header, Engine);
        foreach (long offset in Offsets)
        {
            foreach (long length in call.Contains("{1}", StringComparison.Ordinal) ? Offsets : [0])
                script.Try(string.Format(null, call, offset, length));
        }

        script.Finish(0);
    }

    /// <summary>The pool at every size, with reservations, pages in use and surplus ones.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void EverySizeOfThePool()
    {
        using EdgeScript script = new(Pool, PoolQuestions, Header, Engine);
        foreach (string before in (string[])["pool()", "store(0x21200000, 1)", "load(0x21a00000)", "munmap(0x21000000, 0x400000)",
            "close(3)", "mmap(0x20000000, 0x200000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED, -1, 0)"])
        {
            for (int size = 0; size <= 6; size++)
                script.Try($"{before}\nsetpool({size})\nstore(0x21200000, 1)\nmunmap(0x21000000, 0x200000)");
        }

        script.Finish(30);
    }
}
