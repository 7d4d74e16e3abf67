using Xunit;

namespace Paging.Core.Tests;

/// <summary>mmap and brk with their arguments at every edge: places, lengths, kinds of mapping, descriptors and offsets.</summary>
/// <remarks>As <see cref="EdgeArgumentTests"/>. Linux: mm/mmap.c do_mmap, ksys_mmap_pgoff, brk.</remarks>
public sealed class EdgeMapTests
{
    private const string Anonymous = "MAP_ANONYMOUS|MAP_PRIVATE", ReadWrite = "PROT_READ|PROT_WRITE";

    private static readonly uint[] Places =
    [
        0, 1, 0x1000, 0xffff, 0x10000, 0x20000000, 0x20000800, 0x20004000, 0x20013000, 0x20016000, 0x20018000, 0x200ff000, 0x20100000,
        0x20202000, 0xb7fff000, 0xbffee000, 0xbfff0000, 0xc0000000, 0xfffff000,
    ];

    private static readonly uint[] Lengths = [0, 1, 0x1000, 0x1001, 0x2000, 0xc0000000, 0xc0000001, 0xfffff000, 0xfffff001, 0xffffffff];

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(Anonymous, ReadWrite, -1, 0)]
    [InlineData(Anonymous, "PROT_READ", -1, 0)]
    [InlineData(Anonymous + "|MAP_GROWSDOWN", ReadWrite, -1, 0)]
    [InlineData(Anonymous + "|MAP_POPULATE", ReadWrite, -1, 0)]
    [InlineData(Anonymous + "|MAP_POPULATE|MAP_NONBLOCK", ReadWrite, -1, 0)]
    [InlineData(Anonymous + "|MAP_LOCKED", ReadWrite, -1, 0)]
    [InlineData(Anonymous + "|MAP_STACK|MAP_NORESERVE", ReadWrite, -1, 0)]
    [InlineData(Anonymous, "0xfff0", 77, 0x5000)]    // neither the descriptor nor the offset matters
    [InlineData("MAP_ANONYMOUS|MAP_SHARED", ReadWrite, -1, 0)]
    [InlineData("MAP_ANONYMOUS|MAP_SHARED|MAP_GROWSDOWN", ReadWrite, -1, 0)]
    [InlineData("MAP_ANONYMOUS|MAP_SHARED_VALIDATE", ReadWrite, -1, 0)]
    [InlineData("MAP_ANONYMOUS", ReadWrite, -1, 0)]
    [InlineData("MAP_SHARED", ReadWrite, 3, 0)]
    [InlineData("MAP_SHARED", ReadWrite, 3, 0x1800)]
    [InlineData("MAP_SHARED", ReadWrite, 4, 0x1000)]    // not open for writing
    [InlineData("MAP_SHARED", "PROT_READ", 4, 0x1000)]
    [InlineData("MAP_SHARED", "PROT_WRITE", 5, 0)]      // not open for reading
    [InlineData("MAP_SHARED", ReadWrite, 6, 0)]         // not open
    [InlineData("MAP_PRIVATE", ReadWrite, 4, 0x2000)]
    [InlineData("MAP_PRIVATE", ReadWrite, 5, 0x2000)]
    [InlineData("MAP_PRIVATE", ReadWrite, 3, 0xffffe000)]
    [InlineData("MAP_PRIVATE", ReadWrite, 3, 0xffffffff000)]
    [InlineData("MAP_PRIVATE|MAP_GROWSDOWN", ReadWrite, 3, 0)]
    [InlineData("MAP_SHARED|MAP_POPULATE", ReadWrite, 3, 0)]
    [InlineData("MAP_SHARED_VALIDATE", ReadWrite, 3, 0)]
    [InlineData("MAP_SHARED_VALIDATE|MAP_SYNC", ReadWrite, 3, 0)]
    [InlineData("0", ReadWrite, 3, 0)]
    public void Mapping(string flags, string rights, int descriptor, long offset)
    {
        using EdgeScript script = new();
        foreach (string place in (string[])["0", "MAP_FIXED", "MAP_FIXED_NOREPLACE"])
        {
            foreach (uint at in Places)
            {
                foreach (uint length in place is "0" || at is >= 0x20000000 and <= 0x20016000 ? Lengths : Lengths[3..7])
                    script.Try($"mmap({at}, {length}, {rights}, {flags}|{place}, {descriptor}, {offset})");
            }
        }

        script.Finish(0);
    }

    /// <summary>Beside areas that agree or do not, and over the ends of others.</summary>
    [Theory]
    [InlineData(ReadWrite), InlineData("PROT_READ"), InlineData("PROT_NONE")]
    public void MappingBesideAndOver(string rights)
    {
        using EdgeScript script = new();
        for (uint at = 0x20000000 - 0x2000; at <= 0x20018000; at += 0x1000)
        {
            foreach (uint length in (uint[])[0x1000, 0x2000, 0x5000])
            {
                script.Try($"mmap({at}, {length}, {rights}, {Anonymous}|MAP_FIXED, -1, 0)");
                script.Try($"mmap({at}, {length}, {rights}, MAP_SHARED|MAP_FIXED, 3, {(at - 0x2000a000) & 0xffffff})");
            }
        }

        script.Finish(60);
    }

    [Fact]
    public void TheBreak()
    {
        using EdgeScript script = new();
        foreach (string before in (string[])["brk(0)", "mmap(0x08050000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
            "mmap(0x08150000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0)",
            "rlimit(RLIMIT_DATA, 0x5000)", "rlimit(RLIMIT_DATA, 0xf000)", "rlimit(RLIMIT_AS, 0x20000)", "mlockall(MCL_FUTURE)",
            "munmap(0x0804a000, 0x1000)", "mprotect(0x0804b000, 0x1000, PROT_READ)", "store(0x0804bfff, 1)"])
        {
            foreach (uint at in (uint[])[0x0804a000, 0x0804a001, 0x0804bfff, 0x0804c000, 0x0804c001, 0x0804d000, 0x0804e000, 0x0804e001,
                0x0804f000, 0x0804f001, 0x08050000, 0x08050001, 0x08051001, 0x08049fff, 0, 0x1fffe000, 0x1ffff000, 0x1ffff001,
                0xc0000000, 0xffffffff])
                script.Try($"{before}\nbrk({at})");
        }

        script.Finish(100);
    }
}
