using Paging.Bench.Harness;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Core.Spaces;

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
                Start(scale.Pick(areas, tiny: Math.Min(areas, 50)), scale.Pick(LookupCount, tiny: 64), lookupsOfArea));
        }
    }

    private static Race Start(int areas, int lookups, int lookupsOfArea)
    {
        EngineWorld world = new(1 << 20);
        uint start = world.MapComb(areas, MemoryProtection.Read).Page.Value;
        Choice choice = new(start, areas, lookups, lookupsOfArea);
        List<Contender> contenders = [new Ours(world.Space, choice), new Flat(choice), new CSharp(choice)];
        if (PeerLibrary.StandardMap.IsAvailable) contenders.Add(new Cpp(choice));
        return new(lookups, 512, contenders, world);
    }

    /// <summary>The lookups: areas of a page each, with a page between one and the next.</summary>
    private sealed record Choice(uint Start, int Areas, int Lookups, int LookupsOfArea);

    /// <summary>
    /// Pages at random that go on from run to run, for each contender the same: a processor learns a few thousand jumps by heart, and a
    /// search
    /// that it foresees costs a fraction of one in earnest.
    /// </summary>
    private sealed class PageSequence(Choice choice)
    {
        private readonly uint[] _pages = new uint[choice.Lookups];
        private uint _state = 1;

        public ReadOnlySpan<uint> Pages => _pages;

        public void Next(int count)
        {
            for (int i = 0; i < count; i++)
            {
                if (i % choice.LookupsOfArea == 0) _state = (_state * 1_664_525) + 1_013_904_223;
                _pages[i] = choice.Start + (uint)(((ulong)_state * (uint)choice.Areas) >> 32 << 1);
            }
        }
    }

    /// <summary>Every page asked for begins an area, so the sum of the results is the sum of the requests.</summary>
    private abstract class FindContender(Role role, string description, Choice choice) : Contender(role, description)
    {
        private readonly PageSequence _sequence = new(choice);

        protected ReadOnlySpan<uint> Pages => _sequence.Pages;

        protected uint Sum { get; set; }

        public override void Prepare(int count) => _sequence.Next(count);

        public override void Verify(int count)
        {
            uint expected = 0;
            foreach (uint page in Pages[..count]) expected += page;
            BrokenBenchmarkException.ThrowUnlessEqual($"the sum of areas found by {Description}", expected, Sum);
        }
    }

    private sealed class Ours(AddressSpace space, Choice choice) : FindContender(Role.Engine, "area tree with the last hit", choice)
    {
        public override void Run(int count)
        {
            AreaTree tree = space.Space.Areas.Tree;
            uint sum = 0;
            foreach (uint page in Pages[..count]) sum += tree[tree.FirstEndingAfter(new(page))].First.Value;
            Sum = sum;
        }
    }

    /// <summary>
    /// The reference: a search without branches in a flat array, in which nothing could be inserted; again: one compare with the last hit
    /// before it.
    /// </summary>
    private sealed class Flat : FindContender
    {
        private readonly uint[] _lasts;
        private readonly bool _remembers;

        public Flat(Choice choice)
            : base(Role.Reference, choice.LookupsOfArea > 1 ? "sorted array, last hit" : "sorted array, no branches", choice)
        {
            _remembers = choice.LookupsOfArea > 1;
            _lasts = new uint[choice.Areas];
            for (int i = 0; i < _lasts.Length; i++) _lasts[i] = choice.Start + (2 * (uint)i);
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

        public CSharp(Choice choice) : base(Role.CSharp, "SortedSet.GetViewBetween", choice)
        {
            for (uint i = 0; i < choice.Areas; i++) _areas.Add(choice.Start + (2 * i), choice.Start + (2 * i), 1);
        }

        public override void Run(int count)
        {
            uint sum = 0;
            foreach (uint page in Pages[..count]) sum += _areas.FirstEndingAfter(page);
            Sum = sum;
        }
    }

    private sealed class Cpp(Choice choice) : FindContender(Role.Cpp, "std::map::upper_bound", choice)
    {
        private readonly StandardMap _areas = new(choice.Start, choice.Areas);

        public override void Run(int count) => Sum = _areas.Find(Pages[..count]);

        protected override void Dispose(bool disposing)
        {
            if (disposing) _areas.Dispose();
            base.Dispose(disposing);
        }
    }
}
