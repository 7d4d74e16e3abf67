using Xunit;

namespace Paging.Core.Tests;

/// <summary>A fork, and calls of the parent, the child and the grandchild on every range, on engine and model.</summary>
/// <remarks>
/// As <see cref="EdgeArgumentTests"/>. Linux: kernel/fork.c dup_mmap; mm/memory.c vma_needs_copy, copy_present_page, wp_page_reuse.
/// </remarks>
public sealed class EdgeForkTests
{
    private static readonly uint[] Starts =
        [0x20000000, 0x20001000, 0x20002000, 0x20006000, 0x20009000, 0x2000c000, 0x20011000, 0x20012000, 0x20014000, 0x200ff000];

    private static readonly uint[] Lengths = [0x1000, 0x2000, 0x8000, 0x102000];

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("madvise({0}, {1}, MADV_DONTFORK)\nfork()\n[1] mmap({0}, {1}, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)", 60)]
    [InlineData("madvise({0}, {1}, MADV_WIPEONFORK)\nfork()\n[1] store(0x20001000, 8)", 20)]
    [InlineData("mlock({0}, {1})\nfork()\n[1] mlock({0}, {1})", 40)]
    [InlineData("mlock2({0}, {1}, 1)\nfork()\n[1] munlock({0}, {1})", 40)]
    [InlineData("munmap({0}, {1})\nfork()\n[1] munmap(0x20000000, 0x4000)", 60)]
    [InlineData("fork()\nmunmap({0}, {1})", 40)]
    [InlineData("fork()\n[1] munmap({0}, {1})\nstore(0x20001000, 4)", 40)]
    [InlineData("fork()\n[1] mprotect({0}, {1}, PROT_READ)\n[1] store(0x20001000, 4)\n[1] mprotect({0}, {1}, PROT_READ|PROT_WRITE)", 20)]
    [InlineData("mprotect({0}, {1}, PROT_NONE)\nfork()\n[1] mprotect({0}, {1}, PROT_READ|PROT_WRITE)\n[1] store({0}, 4)", 20)]
    [InlineData("fork()\n[1] madvise({0}, {1}, MADV_DONTNEED)\n[1] load({0})\nload({0})", 20)]
    [InlineData("fork()\n[1] madvise({0}, {1}, MADV_REMOVE)\nload(0x20008000)", 10)]
    [InlineData("madvise({0}, {1}, 102)\nfork()\n[1] load({0})\n[1] madvise({0}, {1}, 103)\nload({0})\n[1] load({0})", 20)]
    [InlineData("fork()\n[1] mremap({0}, {1}, {1}, MREMAP_MAYMOVE|MREMAP_FIXED, 0x30000000)\n[1] store(0x30001000, 6)", 10)]
    [InlineData("mremap({0}, {1}, {1}, MREMAP_MAYMOVE|MREMAP_FIXED, 0x30000000)\nfork()\n[1] mremap(0x30000000, {1}, {1}, 3, {0})", 10)]
    [InlineData("fork()\n[1] mremap({0}, 0x1000, 0x3000, MREMAP_MAYMOVE)\n[1] mremap({0}, {1}, 0x1000, 0)", 10)]
    [InlineData("mlockall(MCL_FUTURE)\nfork()\n[1] mmap({0}, {1}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", 20)]
    [InlineData("fork()\n[1] brk(0x0804e000)\n[1] mmap({0}, {1}, PROT_READ, MAP_SHARED|MAP_FIXED, 3, 0)\nftruncate(3, 0x1000)", 20)]
    [InlineData("fork()\n[1] fork()\n[2] munmap({0}, {1})\n[1] store(0x20001000, 3)\n[1] exit(0)\n[2] store(0x20001000, 5)", 40)]
    public void ARangeOfOneOfThem(string calls, int succeededMin)
    {
        using EdgeScript script = new();
        foreach (uint start in Starts)
            foreach (uint length in Lengths) script.Try(string.Format(null, calls, start, length));
        script.Finish(succeededMin);
    }

    /// <summary>Every byte of a range, written by one and read by all.</summary>
    [Theory]
    [InlineData("fork()\n{2} fill({0}, {1}, 6)\nsum({0}, {1})\n[1] sum({0}, {1})")]
    [InlineData("fork()\n{2} copyin({0}, {1}, 6)\n{2} fork()\n[2] fill({0}, {1}, 9)\nsum({0}, {1})\n[1] sum({0}, {1})\n[2] sum({0}, {1})")]
    [InlineData("fork()\n[1] fork()\n{2} fill({0}, {1}, 6)\n[1] exit(0)\n[2] fill({0}, {1}, 2)\nsum({0}, {1})\n[2] sum({0}, {1})")]
    [InlineData("sum({0}, {1})\nfork()\n{2} fill({0}, {1}, 6)\nfill({0}, {1}, 7)\n[1] sum({0}, {1})\nsum({0}, {1})")]
    public void BytesOfARange(string calls)
    {
        using EdgeScript script = new();
        foreach (uint start in Starts)
        {
            foreach (int length in (int[])[1, 0x1000, 0x2001])
            {
                script.Try(string.Format(null, calls, start, length, "[0]"));
                script.Try(string.Format(null, calls, start, length, "[1]"));
            }
        }

        script.Finish(100);
    }

    /// <summary>Areas that a child has inherited join others than new ones do.</summary>
    /// <remarks>Linux: mm/vma.c is_mergeable_anon_vma, vma_is_fork_child; mm/rmap.c anon_vma_fork, anon_vma_clone.</remarks>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("mmap(0x20004000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")]
    [InlineData("mmap(0x1ffff000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")]
    [InlineData("mmap(0x20004000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")]
    [InlineData("mprotect(0x20001000, 0x1000, PROT_READ)")]
    [InlineData("mprotect(0x20002000, 0x2000, PROT_READ)")]
    [InlineData("mprotect(0x20006000, 0x1000, PROT_READ|PROT_WRITE)\nstore(0x20006000, 1)")]
    [InlineData("munmap(0x20002000, 0x1000)")]
    [InlineData("mremap(0x20000000, 0x2000, 0x2000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20004000)")]
    [InlineData("mremap(0x20002000, 0x2000, 0x3000, 0)")]
    [InlineData("mremap(0x20000000, 0x4000, 0x4000, MREMAP_MAYMOVE|MREMAP_DONTUNMAP, 0x30000000)")]
    [InlineData("store(0x20003000, 2)")]
    [InlineData("madvise(0x20001000, 0x2000, MADV_RANDOM)")]
    public void HistoriesOfAreas(string first)
    {
        string[] then =
        [
            "mprotect(0x20000000, 0x8000, PROT_READ|PROT_WRITE)",
            "mprotect(0x20000000, 0x8000, PROT_READ)",
            "madvise(0x20000000, 0x4000, MADV_NORMAL)",
            "mmap(0x20004000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
            "mmap(0x20002000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
            "mremap(0x20004000, 0x2000, 0x2000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20000000)",
            "mremap(0x20002000, 0x1000, 0x1000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20004000)",
            "mremap(0x20000000, 0x2000, 0x4000, MREMAP_MAYMOVE)",
            "munmap(0x20001000, 0x1000)\nstore(0x20000000, 9)",
        ];
        using EdgeScript script = new();
        foreach (string second in then)
        {
            script.Try($"{first}\nfork()\n{By(1, second)}\n{second}");
            script.Try($"{first}\nfork()\n{By(1, second)}\nfork()\n[2] store(0x20000000, 1)");
            script.Try($"fork()\n{By(1, first)}\n{By(1, second)}\n[1] fork()\n{By(2, second)}");
            script.Try($"fork()\n[1] fork()\n[1] exit(0)\n{By(2, first)}\n{By(2, second)}\n[2] fork()\n{By(3, first)}");
        }

        script.Finish(40);
    }

    private static string By(int process, string calls) =>
        string.Join('\n', calls.Split('\n').Select(call => $"[{process}] {call}"));
}
