using Paging.Costs.Hardware;
using Paging.Native;

namespace Paging.Costs.Tests;

/// <summary>Small hardware, and sweeps over it.</summary>
internal static class Shapes
{
    public static TranslationShape One(int entries, int ways, Replacement replacement = Replacement.Lru) =>
        TranslationShape.Single(new(entries, ways, replacement));

    /// <summary>Two levels of data TLBs, one for instructions, structure caches: a part of each kind.</summary>
    public static TranslationShape Two(Replacement replacement) => new()
    {
        Tlbs =
        [
            new("ITLB", 1, ServedAccesses.Fetches, HeldPages.Both, new(4, 2, replacement)),
            new("DTLB", 1, ServedAccesses.Loads, HeldPages.Small, new(4, 4, replacement)),
            new("DTLB large", 1, ServedAccesses.Loads, HeldPages.Large, new(2, 2, replacement)),
            new("STLB", 2, ServedAccesses.All, HeldPages.Both, new(16, 4, replacement)),
        ],
        DirectoryCache = new(2, 2, replacement),
        PointerCache = new(2, 1, replacement),
        TopCache = new(1, 1, replacement),
        EntryLines = new(8, 2, replacement),
    };

    /// <summary>Loads of pages at a distance, all of them so many times over.</summary>
    public static TranslationCounts Sweep(
        TranslationShape shape, int pageCount, int rounds, int stride = 1, TableDepth depth = TableDepth.Classic, bool isLarge = false)
    {
        TranslationHardware hardware = new(shape);
        UniformTables tables = new(depth, isLarge);
        for (int round = 0; round < rounds; round++)
            for (int page = 0; page < pageCount; page++)
                hardware.Access(tables, new((ulong)(page * stride)), AccessKind.Read);
        return hardware.Counts;
    }
}
