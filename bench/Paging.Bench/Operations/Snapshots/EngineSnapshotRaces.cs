using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Snapshots;

/// <summary>
/// What does it cost to let several processes try something and go back? Expected: O(changes), for any size of the processes.
/// </summary>
/// <remarks>
/// Each of some processes has 20,000 resident pages. In a turn the first one writes ten of them and a page of shared memory; in the other
/// row it also forks a child, which writes a page and exits.
/// </remarks>
internal static class EngineSnapshotRaces
{
    private const int PagesWritten = 10;
    private const uint SharedPages = 16;

    public static IEnumerable<RaceDefinition> All =>
    [
        Define("1-process", 1, forks: false),
        Define("8-processes", 8, forks: false),
        Define("8-processes-and-a-fork", 8, forks: true),
    ];

    private static RaceDefinition Define(string size, int processes, bool forks) =>
        new("engine-snapshot-iteration", size, "iteration", scale =>
            Start(scale.Pick(processes, tiny: 2), scale.Pick(20_000, tiny: 100), forks, scale))
        {
            HostBytes = 1L << 30,
        };

    private static Race Start(int processes, int pagesEach, bool forks, Scale scale)
    {
        EngineWorld world = new((ulong)(processes * pagesEach) << 12);
        VirtualAddress start = world.Map((uint)pagesEach << 12);
        world.Touch(start, pagesEach);
        const MapFlags shared = MapFlags.Shared | MapFlags.Anonymous;
        Errno error = world.Space.Map(default, SharedPages << 12, MemoryProtection.ReadWrite, shared, out VirtualAddress common);
        EngineWorld.Require(error, "mmap");
        world.Touch(common, (int)SharedPages);
        for (int i = 1; i < processes; i++)
        {
            UserProcess child = world.Process.Fork();
            for (int page = 0; page < pagesEach; page++) child.Memory.Mmu.Write(start + ((uint)page << 12), EngineWorld.FilledWord);
        }

        int count = scale.Pick(forks ? 20 : 500, tiny: 5);
        return new(count, count, [new Ours(world, new(start, common, pagesEach, processes), forks), new BareCopy()], world);
    }

    private readonly record struct Layout(VirtualAddress Start, VirtualAddress Shared, int Pages, int Processes);

    private sealed class Ours(EngineWorld world, Layout layout, bool forks)
        : Contender(Role.Engine, $"EngineSnapshot.Restore after an iteration{(forks ? " with a fork" : "")}")
    {
        private EngineSnapshot? _snapshot;
        private uint _iteration;

        public override long AllocatedBytesMax => forks ? 4096 : 0;    // a fork hands objects to the host

        public override void Prepare(int count) => _snapshot ??= world.Engine.TakeSnapshot();

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                _iteration++;
                for (uint place = 0; place < PagesWritten; place++) world.Mmu.Write(PageOf(place), _iteration);
                world.Mmu.Write(layout.Shared, _iteration);
                if (forks) ForkAndExit();
                EngineWorld.Require(_snapshot!.Restore(), "Restore");
            }
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("processes", layout.Processes, world.Engine.ProcessCount);
            for (uint place = 0; place < PagesWritten; place++)
                BrokenBenchmarkException.ThrowUnlessEqual("a word that was written", EngineWorld.FilledWord,
                    world.Mmu.Read<uint>(PageOf(place)));
            BrokenBenchmarkException.ThrowUnlessEqual("a shared word", EngineWorld.FilledWord, world.Mmu.Read<uint>(layout.Shared));
        }

        protected override void Dispose(bool disposing)
        {
            _snapshot?.Dispose();
            base.Dispose(disposing);
        }

        private VirtualAddress PageOf(uint place) => layout.Start + ((place * (uint)layout.Pages / PagesWritten) << 12);

        private void ForkAndExit()
        {
            using UserProcess child = world.Process.Fork();
            child.Memory.Mmu.Write(layout.Start, _iteration);
            child.Memory.Mmu.Write(layout.Shared + 4096, _iteration);
        }
    }

    /// <summary>The reference: as many bytes, copied.</summary>
    private sealed class BareCopy() : Contender(Role.Reference, "memcpy of eleven pages")
    {
        private readonly byte[] _from = new byte[(PagesWritten + 1) << 12], _to = new byte[(PagesWritten + 1) << 12];

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++) _from.CopyTo(_to, 0);
        }
    }
}
