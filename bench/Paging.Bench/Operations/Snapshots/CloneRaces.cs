using Paging.Bench.Harness;
using Paging.Bench.Operations.Threads;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;
using Paging.Samples.Fuzzing;
using Paging.Samples.RiscV;

namespace Paging.Bench.Operations.Snapshots;

/// <summary>
/// What does a worker's clone of an image cost, and do workers disturb each other? Expected: a frame for each table of the image, whether
/// other clones are alive or not, and half the time an iteration with two threads.
/// </summary>
internal static class CloneRaces
{
    public static IEnumerable<RaceDefinition> All =>
    [
        new("clone", "4MiB", "clone made and ended", static scale => StartClone(1 << 10, scale)),
        new("clone", "64MiB", "clone made and ended", static scale => StartClone(1 << 14, scale)),
        .. ((int[])[1, 100, 1000]).Select(static alive => new RaceDefinition(
            "clone-alive", $"{alive}-clones", "clone of 64 MiB made, one page written, ended", scale => StartAlive(alive, scale))),
    ];

    public static IEnumerable<RaceDefinition> OfThreads => ((int[])[1, 2]).Select(static threads => new RaceDefinition(
        "threads-fuzz-iteration", $"{threads}-threads", "iteration of a clone for each thread, 10 pages",
        scale => StartIterations(threads, scale)));

    private static Race StartClone(int pages, Scale scale)
    {
        int count = scale.Pick(50, tiny: 2);
        ProcessImage image = ImageOf(scale.Pick(pages, tiny: 64));
        EngineWorld world = new(1 << 20);
        return new(count, 10, [new Clones(world, image), new BareCopy(image)], world);
    }

    private static Race StartAlive(int alive, Scale scale)
    {
        ProcessImage image = ImageOf(scale.Pick(1 << 14, tiny: 64));
        EngineWorld world = new(256 << 20);    // a table of the image, 16 others, a directory and a page for each clone
        return new(scale.Pick(50, tiny: 2), 10, [new ClonesAlive(world, image, scale.Pick(alive, tiny: 2))], world);
    }

    private static Race StartIterations(int threads, Scale scale)
    {
        int count = scale.Pick(2_000, tiny: 4);
        Workers workers = new(threads, ImageOf(FuzzRaces.ResidentPages));
        return new(count, 200, [workers]);
    }

    private static ProcessImage ImageOf(int pages)
    {
        using EngineWorld world = FuzzRaces.Build(pages);
        FuzzRaces.Store(world, FuzzRaces.Program(400));
        world.Mmu.Write(FuzzRaces.Data + FuzzRaces.InputOffset, 100u);
        using Snapshot snapshot = world.Process.TakeSnapshot();
        return ProcessImage.Of(snapshot);
    }

    private sealed class Clones(EngineWorld world, ProcessImage image) : Contender(Role.Engine, "CloneProcess")
    {
        public override long AllocatedBytesMax => 4096;    // a process, and the reader of the areas

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                using UserProcess clone = world.Engine.CloneProcess(image);
                BrokenBenchmarkException.ThrowUnlessEqual("a word", EngineWorld.FilledWord, clone.Memory.Mmu.Read<uint>(FuzzRaces.Data));
            }
        }
    }

    /// <summary>Clones that stay alive, the oldest ended when a new one has been made and written to.</summary>
    private sealed class ClonesAlive(EngineWorld world, ProcessImage image, int alive) : Contender(Role.Engine, "CloneProcess, a store")
    {
        private readonly Queue<UserProcess> _alive = new();

        public override long AllocatedBytesMax => 4096;    // as Clones

        public override void Run(int count)
        {
            for (int i = 0; i < count || _alive.Count < alive; i++)
            {
                UserProcess clone = world.Engine.CloneProcess(image);
                clone.Memory.Mmu.Write(FuzzRaces.Data, 7u);
                _alive.Enqueue(clone);
                if (_alive.Count > alive) _alive.Dequeue().Dispose();
            }
        }

        protected override void Dispose(bool disposing)
        {
            while (_alive.TryDequeue(out UserProcess? clone)) clone.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>The reference: the image's bytes, copied.</summary>
    private sealed class BareCopy(ProcessImage image) : Contender(Role.Reference, "memcpy of the image")
    {
        private readonly byte[] _from = new byte[(int)image.Pages.Value << 12], _to = new byte[(int)image.Pages.Value << 12];

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++) _from.CopyTo(_to, 0);
        }
    }

    /// <summary>An engine, a clone and a processor for each thread.</summary>
    private sealed class Workers : Contender
    {
        private readonly Worker[] _workers;
        private readonly ThreadTeam _team;
        private readonly Action<int, int> _work;

        public Workers(int threads, ProcessImage image) : base(Role.Engine, "Snapshot.Restore of a clone on each thread")
        {
            _workers = new Worker[threads];
            _work = (number, count) => _workers[number].Run(count);
            _team = new(threads, number => _workers[number] = new(image), number => _workers[number].Dispose());
        }

        public override void Run(int count) => _team.Run(count, _work);

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("wrong iterations", 0, _workers.Sum(static worker => worker.Wrong));

        protected override void Dispose(bool disposing)
        {
            if (disposing) _team.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class Worker : IDisposable
    {
        private readonly EngineWorld _world = new(1 << 20);
        private readonly Snapshot _snapshot;
        private readonly CoverageMap _coverage = new();
        private readonly byte[] _seen = new byte[CoverageMap.ByteLength];
        private readonly Processor<PagedMemory> _processor;

        public Worker(ProcessImage image)
        {
            UserProcess clone = _world.Engine.CloneProcess(image);
            _snapshot = clone.TakeSnapshot();
            _processor = new(new(clone.Memory.Mmu), _coverage);
        }

        public long Wrong { get; private set; }

        public void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                if (_snapshot.Restore() != Errno.None) Wrong++;
                _processor.Pc = FuzzRaces.Code;
                if (_processor.Run(2 * FuzzRaces.InstructionsOfRun) != StopReason.Exit || _processor.Registers[10] != 5050) Wrong++;
                _coverage.Collect(_seen);
            }
        }

        public void Dispose()
        {
            _snapshot.Dispose();
            _world.Dispose();
        }
    }
}
