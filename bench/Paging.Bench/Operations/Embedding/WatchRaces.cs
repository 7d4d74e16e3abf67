using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Embedding;

/// <summary>What does a watchpoint cost? Expected: nothing for other pages; a walk and a call for the watched bytes.</summary>
internal static class WatchRaces
{
    private const int PageCount = 16;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("watch", "other-pages", "store of 4 bytes while another page is watched", static scale => Start(Place.OtherPages, scale)),
        new("watch", "same-page", "store beside the watched bytes", static scale => Start(Place.SamePage, scale)),
        new("watch", "hit", "store to the watched bytes", static scale => Start(Place.Watched, scale)),
    ];

    private enum Place
    {
        OtherPages,
        SamePage,
        Watched,
    }

    private static Race Start(Place place, Scale scale)
    {
        EngineWorld watched = new(PageCount << 12), plain = new(PageCount << 12);
        VirtualAddress first = watched.Map(PageCount << 12), same = plain.Map(PageCount << 12);
        watched.Touch(first, PageCount);
        plain.Touch(same, PageCount);
        int count = scale.Pick(20_000, tiny: 200);
        return new(count, 1000, [new Ours(watched, first, place), new Unwatched(plain, same, place)], watched, plain);
    }

    // The watched word is the first one of the first page.
    private static VirtualAddress AddressOf(VirtualAddress first, Place place, int index) => place switch
    {
        Place.OtherPages => first + ((1 + ((uint)index % (PageCount - 1))) << 12),
        Place.SamePage => first + 64 + ((uint)index % 512 * sizeof(uint)),
        _ => first,
    };

    private sealed class Ours : Contender
    {
        private readonly EngineWorld _world;
        private readonly VirtualAddress _first;
        private readonly Place _place;
        private readonly Watchpoint _watch;
        private long _hits;

        public Ours(EngineWorld world, VirtualAddress first, Place place) : base(Role.Engine, "Mmu.Write beside or to a Watchpoint")
        {
            (_world, _first, _place) = (world, first, place);
            _watch = world.Mmu.Watch(first, sizeof(uint), WatchedAccesses.Write, access => _hits++);
        }

        public override void Prepare(int count) => _hits = 0;

        public override void Run(int count)
        {
            Mmu mmu = _world.Mmu;
            for (int i = 0; i < count; i++) mmu.Write(AddressOf(_first, _place, i), (uint)i);
        }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("hits", _place == Place.Watched ? count : 0, _hits);

        protected override void Dispose(bool disposing)
        {
            _watch.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>The reference: the same stores where nothing is watched.</summary>
    private sealed class Unwatched(EngineWorld world, VirtualAddress first, Place place)
        : Contender(Role.Reference, "Mmu.Write, nothing watched")
    {
        public override void Run(int count)
        {
            Mmu mmu = world.Mmu;
            for (int i = 0; i < count; i++) mmu.Write(AddressOf(first, place, i), (uint)i);
        }
    }
}
