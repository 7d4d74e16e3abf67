using Paging.Bench.Harness;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Snapshots;

/// <summary>What does it cost to try something and go back? Expected: O(changes), for any size of the process.</summary>
/// <remarks>
/// An iteration writes ten pages in ten places, maps a region, touches it, unmaps it, and restores the snapshot. The next one writes
/// other pages.
/// </remarks>
internal static class SnapshotRaces
{
    private const int PagesWritten = 10, RegionPages = 16;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("snapshot-iteration", "20-areas", "iteration", static scale => StartIteration(20, 100, scale)),
        new("snapshot-iteration", "2000-areas", "iteration", static scale => StartIteration(2_000, 10, scale)),
        new("snapshot-iteration", "60000-areas", "iteration", static scale => StartIteration(60_000, 3, scale)) { HostBytes = 1024L << 20 },
        new("snapshot-iteration-kept", "20-areas", "iteration", static scale => StartIteration(20, 100, scale, keeps: true)),
        new("snapshot-iteration-kept", "2000-areas", "iteration", static scale => StartIteration(2_000, 10, scale, keeps: true)),
        new("snapshot-iteration-kept", "60000-areas", "iteration", static scale => StartIteration(60_000, 3, scale, keeps: true))
        {
            HostBytes = 1024L << 20,
        },
        new("snapshot-iteration-shadow", "2000-areas", "iteration", static scale => StartIteration(2_000, 10, scale, hasShadow: true)),
    ];

    /// <param name="areas">How many areas the process has.</param>
    /// <param name="pagesEach">How many pages each has.</param>
    /// <param name="scale">How much is measured.</param>
    /// <param name="hasShadow">The bytes that an iteration writes are uninitialized before, so that their states change as well.</param>
    /// <param name="keeps">Pages stay the process's own (<see cref="Snapshot.KeepsWrittenPages"/>).</param>
    private static Race StartIteration(int areas, int pagesEach, Scale scale, bool hasShadow = false, bool keeps = false)
    {
        int count = scale.Pick(500, tiny: 5);
        int areaCount = scale.Pick(areas, tiny: 20);
        (EngineWorld world, Comb comb) = Build(areaCount, pagesEach);
        if (hasShadow) Mark(world, comb);
        List<Contender> contenders = [new Ours(world, comb, keeps), new BareCopy(world, comb)];
        if (!hasShadow && PeerLibrary.Unicorn.IsAvailable && areaCount <= EmulatorContexts.AreasMax)
            contenders.Add(new EmulatorContexts(areaCount, pagesEach, PagesWritten, RegionPages));
        return new(count, count, contenders, world);
    }

    private static void Mark(EngineWorld world, Comb comb)
    {
        ByteShadow shadow = world.Space.OpenByteShadow();
        shadow.RefusesUninitialized = false;    // the iteration is verified by reading
        for (int iteration = 0; iteration < 2; iteration++)
            for (int place = 0; place < PagesWritten; place++)
                EngineWorld.Require(shadow.Mark(comb.PageOf(iteration, place), 64, ByteState.Uninitialized), "Mark");
    }

    // Areas with a free page between each two, every page of them written.
    private static (EngineWorld World, Comb Comb) Build(int areas, int pagesEach)
    {
        uint stride = (uint)(pagesEach + 1) << 12;
        EngineWorld world = new(((ulong)areas * (ulong)pagesEach) << 12);
        VirtualAddress start = world.Map((uint)areas * stride);
        for (int i = 0; i < areas; i++)
        {
            EngineWorld.Require(world.Space.Unmap(start + ((uint)i * stride) + ((uint)pagesEach << 12), 4096), "munmap");
            world.Fill(start + ((uint)i * stride), (uint)pagesEach << 12);
        }

        return (world, new(start, stride, areas));
    }

    /// <summary>Where the areas lie.</summary>
    private readonly record struct Comb(VirtualAddress Start, uint Stride, int Areas)
    {
        /// <summary>The page that is written in one of the ten places: one of two, so that every size has as many warm pages.</summary>
        public VirtualAddress PageOf(int iteration, int place)
        {
            uint area = (uint)(((long)place * Areas / PagesWritten) + (iteration & 1));
            return Start + (area * Stride);
        }
    }

    /// <summary>The engine.</summary>
    private sealed class Ours(EngineWorld world, Comb comb, bool keeps) : Contender(Role.Engine, "Snapshot.Restore after an iteration")
    {
        private Snapshot? _snapshot;
        private int _iteration;

        public override void Prepare(int count)
        {
            _snapshot ??= world.Process.TakeSnapshot();
            _snapshot.KeepsWrittenPages = keeps;
        }

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                _iteration++;
                for (int place = 0; place < PagesWritten; place++) world.Mmu.Write(comb.PageOf(_iteration, place), (uint)_iteration);
                VirtualAddress region = world.Map(RegionPages << 12);
                world.Mmu.Write(region, _iteration);
                EngineWorld.Require(world.Space.Unmap(region, RegionPages << 12), "munmap");
                EngineWorld.Require(_snapshot!.Restore(), "Restore");
            }
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("areas", comb.Areas, world.Space.Areas.Count);
            for (int place = 0; place < PagesWritten; place++)
                BrokenBenchmarkException.ThrowUnlessEqual("a word that was written", EngineWorld.FilledWord,
                    world.Mmu.Read<uint>(comb.PageOf(_iteration, place)));
        }

        protected override void Dispose(bool disposing)
        {
            _snapshot?.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>The reference: the bytes of the same ten pages, copied back.</summary>
    private sealed class BareCopy(EngineWorld world, Comb comb) : Contender(Role.Reference, "memcpy of ten pages")
    {
        private readonly byte[] _copy = new byte[PagesWritten << 12];
        private readonly nint[] _pages = new nint[1000 * PagesWritten];
        private int _iteration;

        public override unsafe void Prepare(int count)
        {
            for (int i = 0; i < Math.Min(count, 1000); i++)
                for (int place = 0; place < PagesWritten; place++)
                    _pages[(i * PagesWritten) + place] = (nint)world.HostPage(comb.PageOf(_iteration + i, place).Page);
            _iteration += count;
        }

        // SAFETY: Prepare has found the pages in RAM, and each has 4096 bytes.
        public override unsafe void Run(int count)
        {
            for (int i = 0; i < count; i++)
                for (int place = 0; place < PagesWritten; place++)
                    new ReadOnlySpan<byte>((byte*)_pages[(i * PagesWritten) + place], 4096).CopyTo(_copy.AsSpan(place << 12));
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("a byte", EngineWorld.FilledByte, _copy[0]);
    }
}
