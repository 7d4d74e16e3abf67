using Xunit;

namespace Paging.Core.Tests;

/// <summary>Each call that takes something, with each limit at every value near what it would take.</summary>
/// <remarks>
/// As <see cref="EdgeArgumentTests"/>. The setting has 31 pages: 14 of data, 2 of stacks, 2 locked. Linux: may_expand_vm, mlock_future_ok,
/// acct_stack_growth, check_data_rlimit; sysctl_max_map_count.
/// </remarks>
public sealed class EdgeLimitTests
{
    private const string NewPages = "mmap(0x30000000, 0x3000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED";

    public static TheoryData<string> Calls =>
    [
        NewPages + ", -1, 0)",
        NewPages + "|MAP_GROWSDOWN, -1, 0)",
        NewPages + "|MAP_LOCKED, -1, 0)",
        "mmap(0x30000000, 0x3000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
        "mmap(0x20000000, 0x5000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
        "mmap(0x20013000, 0x3000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_LOCKED, -1, 0)",
        "mmap(0x30000000, 0x3000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, 3, 0)",
        "mprotect(0x20006000, 0x2000, PROT_READ|PROT_WRITE)",
        "mprotect(0x20006000, 0x1000, PROT_READ|PROT_WRITE)",
        "mprotect(0x20000000, 0x4000, PROT_READ)",
        "mremap(0x20000000, 0x4000, 0x6000, 0)",
        "mremap(0x20000000, 0x4000, 0x7000, MREMAP_MAYMOVE)",
        "mremap(0x20014000, 0x2000, 0x3000, MREMAP_MAYMOVE)",
        "mremap(0x20014000, 0x1000, 0x3000, MREMAP_MAYMOVE)",
        "mremap(0x20000000, 0x2000, 0x2000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x30000000)",
        "mremap(0x20000000, 0x2000, 0x2000, MREMAP_MAYMOVE|MREMAP_DONTUNMAP, 0x30000000)",
        "mremap(0x20008000, 0, 0x2000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x30000000)",
        "brk(0x0804f000)",
        "mlock(0x20000000, 0x4000)",
        "mlock(0x20011000, 0x2000)",
        "mlock2(0x20000000, 0x3001, 1)",
        "mlockall(MCL_CURRENT)",
        "mlockall(MCL_FUTURE)\n" + NewPages + ", -1, 0)",
        "mlockall(MCL_FUTURE|MCL_ONFAULT)\nbrk(0x0804f000)",
        "store(0x201fd000, 1)",
        "mlock(0x20200000, 0x1000)\nstore(0x201ff000, 1)",
    ];

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Calls))]
    public void EveryLimitAtEveryValue(string call)
    {
        using EdgeScript script = new();
        foreach (string limit in (string[])["RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_MEMLOCK"])
        {
            for (int pages = 0; pages <= 40; pages++) script.Try($"rlimit({limit}, {pages * 4096})\n{call}");
            script.Try($"rlimit({limit}, 0x5fff)\n{call}");
            script.Try($"rlimit({limit}, 0x11001)\n{call}");
        }

        script.Finish(100);
    }

    public static TheoryData<string> Cuts =>
    [
        NewPages + ", -1, 0)",
        "mmap(0x20001000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
        "mmap(0x20003000, 0x4000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
        "munmap(0x20001000, 0x2000)",
        "munmap(0x20001000, 0x3000)",
        "munmap(0x20001000, 0x7000)",
        "mprotect(0x20001000, 0x1000, PROT_READ)",
        "mprotect(0x20001000, 0x8000, PROT_NONE)",
        "mlock(0x20001000, 0x1000)",
        "mlock(0x20003000, 0x1000)",
        "madvise(0x20001000, 0x1000, MADV_DONTFORK)",
        "madvise(0x20000000, 0x1000, MADV_RANDOM)",
        "mremap(0x20001000, 0x1000, 0x1000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x30000000)",
        "mremap(0x20000000, 0x4000, 0x4000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x30000000)",
        "mremap(0x20000000, 0x4000, 0x6000, 0)",
        "mremap(0x20000000, 0x4000, 0x8000, MREMAP_MAYMOVE)",
        "mremap(0x20001000, 0x2000, 0x1000, 0)",
        "mremap(0x20000000, 0x4000, 0x4000, MREMAP_MAYMOVE|MREMAP_DONTUNMAP, 0x30000000)",
        "brk(0x0804f000)",
        "brk(0x0804a000)\nbrk(0x0804f000)",
        "mlockall(MCL_CURRENT)",
    ];

    /// <summary>The setting has so few areas that a row of small ones, each of other rights, comes to the limit of 40.</summary>
    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Cuts))]
    public void EveryNumberOfAreasNearTheLimit(string call)
    {
        using EdgeScript script = new(engine: World.Options() with { MaxMapCount = 40 });
        for (int more = 10; more <= 30; more++)
        {
            IEnumerable<int> cut = Enumerable.Range(0, more / 2);
            script.Try($"""
                mmap(0x28000000, {more * 4096}, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
                {string.Join('\n', cut.Select(static one => $"mprotect({0x28000000 + (one * 8192)}, 4096, PROT_NONE)"))}
                {call}
                """);
        }

        script.Finish(100);
    }
}
