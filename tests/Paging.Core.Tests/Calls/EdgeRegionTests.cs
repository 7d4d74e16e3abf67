using Paging.Native;
using Paging.Scripting.Calls;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Which gigabytes of a process have a page directory: after touches, forks, moves and removals on both sides of their borders.
/// </summary>
/// <remarks>
/// A program sees it by the size of its page tables, and by mincore of a file of huge pages: without a directory the answer is that of the
/// file (docs/DIALECT-HUGE.md, section 3, <c>tables</c>, and 4, mincore). Linux: pmd_alloc, free_pgtables, huge_pte_offset.
/// </remarks>
public sealed class EdgeRegionTests
{
    private static readonly EngineOptions Engine = World.Options() with { Tables = TableFormat.Pae };

    private static readonly ScenarioHeader Header = ScenarioHeader.Default with { HugePages = 8, HasTransparentPages = true };

    /// <remarks><code>
    ///   10000000   page 0 of the file     first gigabyte     60000000   page 0 of the file     second gigabyte
    ///   3fdff000   a small page           first gigabyte     7fe00000   page 1 of the file     second gigabyte
    ///   3fe00000   a page of the pool     first gigabyte     80000000   page 2 of the file     third gigabyte
    ///   40000000   a page of the pool     second gigabyte    80200000   two small pages        third gigabyte
    /// </code>The third gigabyte has the embedder's memory, and with it always a directory.</remarks>
    private const string Borders = """
        prctl(PR_SET_THP_DISABLE, 0)
        munlockall()
        munmap(0x10000, 0xbffe0000)
        close(3)
        setpool(8)
        memfd("H", MFD_HUGETLB|MFD_HUGE_2MB)
        ftruncate(3, 0x600000)
        mmap(0x10000000, 0x200000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, 3, 0)
        mmap(0x3fdff000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        mmap(0x3fe00000, 0x400000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED, -1, 0)
        mmap(0x60000000, 0x200000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, 3, 0)
        mmap(0x7fe00000, 0x400000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, 3, 0x200000)
        mmap(0x80200000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        """;

    private const string Questions = """
        tables()
        usage()
        pool()
        mincore(0x10000000, 0x1000)
        mincore(0x60000000, 0x1000)
        mincore(0x7ffff000, 0x2000)
        hugemap(0x3fc00000, 0x40400000)
        hugemap(0x7fc00000, 0x80400000)
        hugemap(0x10000000, 0x10200000)
        hugemap(0x60000000, 0x60200000)
        """;

    private static readonly string[] Touches =
    [
        "tables()", "store(0x10000000, 1)", "store(0x3fdff000, 1)", "store(0x3fe00000, 1)", "store(0x40000000, 1)",
        "store(0x3fe00000, 1)\nstore(0x40000000, 1)", "load(0x60000000)", "store(0x7fe00000, 1)", "store(0x80000000, 1)",
        "store(0x7fe00000, 1)\nload(0x80000000)", "store(0x80201000, 1)", "store(0x10000000, 1)\nload(0x60000000)",
        "store(0x3fdff000, 1)\nstore(0x40000000, 1)\nstore(0x80201000, 1)",
    ];

    private static readonly string[] Changes =
    [
        "tables()", "munmap(0x10000000, 0x200000)", "munmap(0x3fdff000, 0x1000)", "munmap(0x3fdff000, 0x201000)",
        "munmap(0x3fdff000, 0x401000)", "munmap(0x3fe00000, 0x400000)", "munmap(0x40000000, 0x200000)", "munmap(0x7fe00000, 0x200000)",
        "munmap(0x80000000, 0x201000)", "munmap(0x10000, 0x3fff0000)", "munmap(0x40000000, 0x40000000)", "munmap(0x60000000, 0x20202000)",
        // The file's page 0 is there, and its gigabyte has no directory any more.
        "munmap(0x40000000, 0x40000000)\nmmap(0x60000000, 0x200000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, 3, 0)",
        "munmap(0x10000, 0x7fff0000)", "munmap(0x10000000, 0x200000)\nmunmap(0x3fdff000, 0x201000)",
        "mmap(0x3fe00000, 0x400000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\nload(0x40000000)",
        "mremap(0x3fe00000, 0x400000, 0x400000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x50000000)",
        "mremap(0x80200000, 0x2000, 0x2000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x3ffff000)",
        "mremap(0x3fdff000, 0x1000, 0x1000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x4fffe000)",
        "madvise(0x3fe00000, 0x400000, MADV_DONTNEED)", "ftruncate(3, 0)",
    ];

    /// <summary>The parent touches, forks or not, and the child or the parent removes.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("{0}\n{1}", 0, true)]
    [InlineData("{0}\nfork()\n{1}", 0, true)]
    [InlineData("{0}\nfork()\n{1}", 1, true)]
    [InlineData("fork()\n{0}\n{1}", 1, true)]
    [InlineData("{0}\n{1}", 0, false)]
    [InlineData("{0}\nfork()\n{1}", 1, false)]
    public void TouchesAndRemovals(string calls, int process, bool isTransparent)
    {
        // Without transparent pages empty tables go at another time, so the dialect does not count them.
        string questions = isTransparent ? Questions : Questions.Replace("tables()\n", "", StringComparison.Ordinal);
        string[] changes = isTransparent ? Changes : [.. Changes.Where(static one => !one.Contains("tables()", StringComparison.Ordinal))];
        using EdgeScript script = new(Borders, questions, Header with { HasTransparentPages = isTransparent }, Engine);
        foreach (string touch in Touches.Skip(isTransparent ? 0 : 1))
        {
            foreach (string change in changes)
            {
                string changed = string.Join('\n', change.Split('\n').Select(call => $"[{process}] {call}"));
                script.Try(string.Format(null, calls, touch, changed));
            }
        }

        script.Finish(200);
    }

    /// <summary>Memory over the whole of a gigabyte and beyond it: its directory goes with it, those beside it stay.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(0x3ffff000, 0x40002000)]
    [InlineData(0x40000000, 0x40000000)]
    [InlineData(0x40000000, 0x3ffff000)]
    [InlineData(0x40001000, 0x3ffff000)]
    [InlineData(0x10000, 0x3fff0000)]
    [InlineData(0x10000, 0x7fff0000)]
    [InlineData(0x10000, 0xbf000000)]
    public void WholeGigabytes(uint start, uint length)
    {
        const string before = "prctl(PR_SET_THP_DISABLE, 0)\nmunlockall()\nmunmap(0x10000, 0xbffe0000)";
        using EdgeScript script = new(before, "tables()\nvm()\nmaps(0, 0xc0000000)\nresident(0x40000000, 0x40002000)", Header, Engine);
        string all = $"mmap({start}, {length}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE|MAP_FIXED, -1, 0)";
        uint[] edges = [0x10000, 0x3fffe000, 0x40000000, 0x40001000, 0x7fffe000, 0x80000000];
        foreach (uint touched in edges.Prepend(start).Append(start + length - 4096))
        {
            foreach (string huge in (string[])["", $"\nmadvise({start}, {length}, MADV_HUGEPAGE)"])
            {
                script.Try($"{all}{huge}\nstore({touched}, 1)");
                script.Try($"{all}{huge}\nstore({touched}, 1)\nfork()\n[1] munmap({start}, {length})");
                foreach (uint edge in edges)
                {
                    script.Try($"{all}{huge}\nstore({touched}, 1)\nmunmap({edge}, 0x40000000)");
                    script.Try($"{all}{huge}\nstore({touched}, 1)\nfork()\nmunmap(0x10000, {edge})\n[1] munmap({edge}, 0x1000)");
                }
            }
        }

        script.Finish(100);
    }
}
