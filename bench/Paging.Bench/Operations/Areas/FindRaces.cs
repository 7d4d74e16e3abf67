using Paging.Bench.Harness;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Areas;

/// <summary>What does it cost to find the area of a page: anywhere, and again in the same area? Expected: O(log n), and nothing.</summary>
internal static class FindRaces
{
    private const int LookupCount = 4096;
    private const int AgainCount = 16;

    public static IEnumerable<RaceDefinition> All =>
    [
        .. Sizes("find-area", lookupsOfArea: 1),
        .. Sizes("find-area-again", AgainCount),
    ];

    private static IEnumerable<RaceDefinition> Sizes(string operation, int lookupsOfArea)
    {
        (string Size, int Areas)[] sizes = [("10-areas", 10), ("1000-areas", 1_000), ("60000-areas", 60_000)];
        foreach ((string size, int areas) in sizes)
        {
            yield return new(operation, size, "lookup of a page's area", scale =>
                Start(scale.Pick(areas, tiny: Math.Min(areas, 50)), scale.Pick(LookupCount, tiny: 64), lookupsOfArea))
            { IsPrepared = false };
        }
    }

    private static Race Start(int areas, int lookups, int lookupsOfArea)
    {
        EngineWorld world = new(1 << 20);
        uint start = world.MapComb(areas, MemoryProtection.Read).Page.Value;
        uint[] pages = ChoosePages(start, areas, lookups, lookupsOfArea);
        List<Contender> contenders = [new Ours(world.Space, pages), new Flat(start, areas, pages, remembers: lookupsOfArea > 1), new CSharp(start, areas, pages)];
        if (PeerLibrary.StandardMap.IsAvailable) contenders.Add(new Cpp(start, areas, pages));
        return new(lookups, 512, contenders, world);
    }

    private static uint[] ChoosePages(uint start, int areas, int lookups, int lookupsOfArea)
    {
        uint[] pages = new uint[lookups];
        uint state = 1;
        for (int i = 0; i < lookups; i++)
        {
            if (i % lookupsOfArea == 0) state = (state * 1_664_525) + 1_013_904_223;
            pages[i] = start + (uint)(((ulong)state * (uint)areas) >> 32 << 1);
        }

        return pages;
    }

    /// <summary>Every page asked for begins an area, so the sum of what is found is the sum of what was asked.</summary>
    private abstract class FindContender(Role role, string description, uint[] pages) : Contender(role, description)
    {
        protected ReadOnlySpan<uint> Pages => pages;

        protected uint Sum { get; set; }

        public override void Verify(int count)
        {
            uint expected = 0;
            foreach (uint page in pages.AsSpan(0, count)) expected += page;
            BrokenBenchmarkException.ThrowUnlessEqual($"the sum of areas found by {Description}", expected, Sum);
        }
    }

    private sealed class Ours(AddressSpace space, uint[] pages) : FindContender(Role.Engine, "area tree with the last hit", pages)
    {
        public override void Run(int count)
        {
            AreaTree tree = space.Areas.Tree;
            uint sum = 0;
            foreach (uint page in Pages[..count]) sum += tree[tree.FirstEndingAfter(new(page))].First.Value;
            Sum = sum;
        }
    }

    /// <summary>The limit: a search without branches in a flat array, in which nothing could be inserted; again: one compare with the last hit before it.</summary>
    private sealed class Flat : FindContender
    {
        private readonly uint[] _lasts;
        private readonly bool _remembers;

        public Flat(uint start, int areas, uint[] pages, bool remembers)
            : base(Role.Limit, remembers ? "sorted array, last hit" : "sorted array, no branches", pages)
        {
            _remembers = remembers;
            _lasts = new uint[areas];
            for (int i = 0; i < areas; i++) _lasts[i] = start + (2 * (uint)i);
        }

        public override void Run(int count) => Sum = _remembers ? SumOfHits(_lasts, Pages[..count]) : SumOfSearches(_lasts, Pages[..count]);

        private static uint SumOfSearches(ReadOnlySpan<uint> lasts, ReadOnlySpan<uint> pages)
        {
            uint sum = 0;
            foreach (uint page in pages) sum += lasts[LowerBound(lasts, page)];
            return sum;
        }

        private static uint SumOfHits(ReadOnlySpan<uint> lasts, ReadOnlySpan<uint> pages)
        {
            uint sum = 0;
            int hit = 0;
            foreach (uint page in pages)
            {
                if (lasts[hit] != page) hit = LowerBound(lasts, page);    // an area is one page here
                sum += lasts[hit];
            }

            return sum;
        }

        private static int LowerBound(ReadOnlySpan<uint> lasts, uint page)
        {
            int first = 0;
            for (int length = lasts.Length; length > 1;)
            {
                int half = length >> 1;
                first += lasts[first + half - 1] < page ? half : 0;
                length -= half;
            }

            return first;
        }
    }

    private sealed class CSharp : FindContender
    {
        private readonly SortedAreas _areas = new();

        public CSharp(uint start, int areas, uint[] pages) : base(Role.CSharp, "SortedSet.GetViewBetween", pages)
        {
            for (uint i = 0; i < areas; i++) _areas.Add(start + (2 * i), start + (2 * i), 1);
        }

        public override void Run(int count)
        {
            uint sum = 0;
            foreach (uint page in Pages[..count]) sum += _areas.FirstEndingAfter(page);
            Sum = sum;
        }
    }

    private sealed class Cpp(uint start, int areas, uint[] pages) : FindContender(Role.Cpp, "std::map::upper_bound", pages)
    {
        private readonly StandardMap _areas = new(start, areas);

        public override void Run(int count) => Sum = _areas.Find(Pages[..count]);

        protected override void Dispose(bool disposing)
        {
            if (disposing) _areas.Dispose();
            base.Dispose(disposing);
        }
    }
}
