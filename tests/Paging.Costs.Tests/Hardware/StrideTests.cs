using Paging.Costs.Hardware;

namespace Paging.Costs.Tests;

/// <summary>Counts by pencil: sweeps over pages have closed forms in entries, sets, ways and lines.</summary>
public sealed class StrideTests
{
    private const int Rounds = 5;

    /// <summary>(entries, ways) from direct-mapped to fully associative, powers of two or not.</summary>
    private static readonly (int Entries, int Ways)[] Sizes =
        [(1, 1), (8, 1), (16, 2), (16, 4), (16, 16), (64, 4), (64, 64), (96, 6), (12, 3), (256, 4), (1536, 12)];

    public static TheoryData<int, int, int, Replacement> Strides
    {
        get
        {
            TheoryData<int, int, int, Replacement> all = [];
            foreach ((int entries, int ways) in Sizes)
                foreach (int stride in (int[])[1, 2, 3, 16, 64])
                    foreach (Replacement replacement in (Replacement[])[Replacement.Lru, Replacement.Fifo])
                        all.Add(entries, ways, stride, replacement);
            return all;
        }
    }

    /// <summary>
    /// n pages at a distance s fall into S / gcd(S, s) of the S sets, in turn. A set with at most W of them misses each once; one with
    /// more misses always, as a round asks for a page just after it has gone.
    /// </summary>
    [Theory, MemberData(nameof(Strides))]
    public void ACyclicSweepMissesOnceOrAlways(int entries, int ways, int stride, Replacement replacement)
    {
        int sets = entries / ways, used = sets / (int)System.Numerics.BigInteger.GreatestCommonDivisor(sets, stride);
        foreach (int pageCount in (int[])[1, ways, ways * used, (ways * used) + 1, (2 * entries) + 3])
        {
            long expected = 0;
            for (int set = 0; set < Math.Min(used, pageCount); set++)
            {
                int pages = (pageCount / used) + (set < pageCount % used ? 1 : 0);
                expected += pages <= ways ? pages : (long)pages * Rounds;
            }

            Assert.Equal(expected, Shapes.Sweep(Shapes.One(entries, ways, replacement), pageCount, Rounds, stride).Walks);
        }
    }

    [Theory]
    [InlineData(16, 4, Replacement.Plru)]
    [InlineData(16, 16, Replacement.Plru)]
    [InlineData(64, 8, Replacement.Random)]
    [InlineData(96, 6, Replacement.Random)]
    public void WhatFitsMissesOnceUnderEachRule(int entries, int ways, Replacement replacement) =>
        Assert.Equal(entries, Shapes.Sweep(Shapes.One(entries, ways, replacement), entries, Rounds).Walks);

    /// <summary>
    /// Tree-PLRU, five pages in a loop over four ways. By hand: 4 takes way 0, 0 takes way 2, 1 is still in way 1, 2 takes way 3, 3 takes
    /// way 0, 4 takes way 2.
    /// </summary>
    [Fact]
    public void PlruByHand()
    {
        TranslationHardware hardware = new(Shapes.One(4, 4, Replacement.Plru));
        UniformTables tables = new(TableDepth.Classic, isLarge: false);
        string outcomes = "";
        foreach (int page in (int[])[0, 1, 2, 3, 4, 0, 1, 2, 3, 4])
            outcomes += hardware.Access(tables, new((ulong)page), Native.AccessKind.Read) == TranslationOutcome.First ? 'h' : 'm';
        Assert.Equal("mmmmmmhmmm", outcomes);
    }

    /// <summary>16 entries of 4 bytes are a line: a sequential sweep reads a line from memory once, a sparse one for each page.</summary>
    [Theory]
    [InlineData(TableDepth.Classic, 1, 1024, 64 + 1)]    // 64 lines of one table, one of the directory
    [InlineData(TableDepth.Classic, 16, 1024, 1024 + 1)]    // 16 tables, each entry in a line of its own; 16 directory entries: one line
    [InlineData(TableDepth.Pae, 1, 1024, 128 + 1)]    // 8 entries of 8 bytes in a line; two directory entries in one
    [InlineData(TableDepth.Long, 8, 1024, 1024 + 2 + 1 + 1)]    // 16 tables in 2 lines of the directory, one pointer, one top entry
    public void ASweepReadsEachLineOnce(TableDepth depth, int stride, int pageCount, int lines)
    {
        TranslationShape shape = Shapes.One(1, 1) with { EntryLines = new(4096, 4096) };
        TranslationCounts counts = Shapes.Sweep(shape, pageCount, rounds: 1, stride, depth);
        Assert.Equal(lines, counts.LineMisses);
        Assert.Equal((long)pageCount * (depth == TableDepth.Long ? 4 : 2), counts.EntryReads);    // PAE: the pointers are registers
    }

    /// <summary>With a cached directory entry a walk reads one entry instead of two, or of four.</summary>
    [Theory]
    [InlineData(TableDepth.Classic, 1024, 1)]
    [InlineData(TableDepth.Pae, 512, 1)]
    [InlineData(TableDepth.Long, 512, 3)]
    public void StructureCachesSpareAllButTheLastEntry(TableDepth depth, int pagesOfTable, int upper)
    {
        const int tables = 8;
        TranslationShape shape = Shapes.One(1, 1) with { DirectoryCache = new(4, 4), PointerCache = new(4, 4), TopCache = new(4, 4) };
        TranslationCounts counts = Shapes.Sweep(shape, tables * pagesOfTable, rounds: 1, depth: depth);
        long walks = tables * pagesOfTable;
        // The first page reads all levels, the first of each further table two, as the caches have the way to the directory.
        Assert.Equal(upper + 1 + ((tables - 1) * 2) + (walks - tables), counts.EntryReads);
        Assert.Equal((walks * (upper + 1)) - counts.EntryReads, counts.EntriesSkipped);
    }

    /// <summary>Reach: the same bytes need 1024 (or 512) times fewer entries with large pages.</summary>
    [Theory]
    [InlineData(TableDepth.Classic, 1024)]
    [InlineData(TableDepth.Long, 512)]
    public void ALargePageIsOneEntry(TableDepth depth, int pages)
    {
        Assert.Equal(16L * pages * 2, Shapes.Sweep(Shapes.One(16, 16), 16 * pages, 2, depth: depth).Walks);
        Assert.Equal(16, Shapes.Sweep(Shapes.One(16, 16), 16 * pages, 2, depth: depth, isLarge: true).Walks);
        Assert.Equal(17 * 2, Shapes.Sweep(Shapes.One(16, 16), 17 * pages, 2, depth: depth, isLarge: true).Walks);
    }

    /// <summary>
    /// U. Drepper, "What Every Programmer Should Know About Memory", 2007, 3.3.2: a list with one element on each page, followed again and
    /// again on a processor with a TLB of 64 entries. Up to 64 pages cost nothing; beyond, each access waits for a walk.
    /// </summary>
    [Theory]
    [InlineData(32, 0)]
    [InlineData(64, 0)]
    [InlineData(65, 100)]
    [InlineData(128, 100)]
    [InlineData(1024, 100)]
    public void DreppersListHasItsStepAtTheSizeOfTheTlb(int pages, int missPercent)
    {
        const int rounds = 100;
        TranslationCounts counts = Shapes.Sweep(Shapes.One(64, 64), pages, rounds);
        long afterTheFirst = counts.Walks - pages;
        Assert.Equal(missPercent, 100 * afterTheFirst / ((long)pages * (rounds - 1)));
    }
}
