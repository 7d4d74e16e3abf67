using Paging.Bench.Harness;
using Paging.Bench.Operations.Access;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;
using Paging.Samples.Fuzzing;
using Paging.Samples.RiscV;

namespace Paging.Bench.Operations.Snapshots;

/// <summary>How many inputs can a fuzzer try in a second? Expected: a restore costs what the input has changed.</summary>
/// <remarks><code>
/// snapshot-restore   a word written in each of some pages, and the restore: copies on write included, nothing else
/// fuzz-iteration     the restore, the input written, a run of the sample's processor that stores to some pages, and its coverage
///                    collected; in an empty run no instruction
/// </code>
/// 1,000,000,000 divided by the nanoseconds is the rate in iterations a second.
/// </remarks>
internal static class FuzzRaces
{
    internal const int ResidentPages = 1024, InstructionsOfRun = 909;
    internal const uint InputOffset = 2008;    // between two words of the array, for each stride
    private const int InputLength = 64;
    internal static readonly VirtualAddress Code = new(0x0001_0000), Data = new(0x0040_0000);

    public static IEnumerable<RaceDefinition> All =>
    [
        .. ((int[])[1, 10, 100]).Select(static pages => new RaceDefinition("snapshot-restore", SizeOf(pages), "iteration",
            scale => StartRestore(pages, scale))),
        new("fuzz-iteration", "empty-run", "iteration", static scale => StartIteration(0, scale)),
        .. ((int[])[1, 10, 100]).Select(static pages => new RaceDefinition("fuzz-iteration", SizeOf(pages), "iteration",
            scale => StartIteration(pages, scale))),
    ];

    private static string SizeOf(int pages) => pages == 1 ? "1-page" : $"{pages}-pages";

    /// <summary>A process with a page of code and resident pages of data.</summary>
    internal static EngineWorld Build(int pages = ResidentPages)
    {
        EngineWorld world = new((ulong)pages << 12);
        world.MapAt(Code, 4096, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute);
        world.MapAt(Data, (uint)pages << 12);
        world.Touch(Data, pages);
        return world;
    }

    /// <summary>Stores a program.</summary>
    internal static void Store(EngineWorld world, uint[] program)
    {
        for (int i = 0; i < program.Length; i++) world.Mmu.Write(Code + (uint)(4 * i), program[i]);
    }

    private static Race StartRestore(int pages, Scale scale)
    {
        EngineWorld world = Build();
        int count = scale.Pick(500, tiny: 5);
        return new(count, count, [new Restores(world, pages), new BareCopy(pages)], world);
    }

    private static Race StartIteration(int pages, Scale scale)
    {
        EngineWorld world = Build();
        uint[] program = Program(pages switch { 1 => 4, 10 => 400, _ => 4096 });
        Store(world, program);
        int count = scale.Pick(500, tiny: 5);
        return new(count, Math.Min(count, 50), [new Iterations(world, pages), new ArrayIterations(program, pages)], world);
    }

    /// <summary>Stores 100 words, a stride apart, adds up as many of them as the first word of the input requests, and ends.</summary>
    internal static uint[] Program(int stride) =>
    [
        Instructions.Lui(1, Data.Value >> 12), Instructions.Lw(2, 1, (int)InputOffset), Instructions.Addi(3, 0, 0),
        Instructions.Lui(5, (uint)stride >> 12), Instructions.Addi(5, 5, stride & 0x7FF),
        Instructions.Sw(2, 1, 0), Instructions.Add(1, 1, 5), Instructions.Addi(2, 2, -1), Instructions.Bne(2, 0, -12),
        Instructions.Lui(1, Data.Value >> 12), Instructions.Lw(2, 1, (int)InputOffset),
        Instructions.Lw(4, 1, 0), Instructions.Add(3, 3, 4), Instructions.Add(1, 1, 5), Instructions.Addi(2, 2, -1),
        Instructions.Bne(2, 0, -16), Instructions.Addi(10, 3, 0), Instructions.Ecall,
    ];

    private sealed class Restores(EngineWorld world, int pages) : Contender(Role.Engine, "a word in each page, Snapshot.Restore")
    {
        private Snapshot? _snapshot;
        private uint _iteration;

        public override void Prepare(int count) => _snapshot ??= world.Process.TakeSnapshot();

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                _iteration++;
                for (int page = 0; page < pages; page++) world.Mmu.Write(Data + ((uint)page << 12), _iteration);
                EngineWorld.Require(_snapshot!.Restore(), "Restore");
            }
        }

        public override void Verify(int count)
        {
            for (uint page = 0; page < pages; page++)
                BrokenBenchmarkException.ThrowUnlessEqual("a word that was written", EngineWorld.FilledWord,
                    world.Mmu.Read<uint>(Data + (page << 12)));
        }

        protected override void Dispose(bool disposing)
        {
            _snapshot?.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>The reference: the bytes of as many pages, copied.</summary>
    private sealed class BareCopy(int pages) : Contender(Role.Reference, "memcpy of the pages")
    {
        private readonly byte[] _from = new byte[pages << 12], _to = new byte[pages << 12];

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++) _from.CopyTo(_to, 0);
        }
    }

    /// <summary>The common part of the engine and the array: the input, the run, and the coverage of both.</summary>
    private abstract class Fuzzing<TMemory> : Contender where TMemory : struct, IProcessorMemory
    {
        private readonly CoverageMap _coverage = new();
        private readonly byte[] _seen = new byte[CoverageMap.ByteLength];
        private readonly Processor<TMemory> _processor;
        private long _wrong, _before;

        protected Fuzzing(Role role, string description, TMemory memory, int pages) : base(role, description)
        {
            _processor = new(memory, _coverage);
            Pages = pages;
            Input[0] = 100;
        }

        protected int Pages { get; }

        protected byte[] Input { get; } = new byte[InputLength];

        public override void Prepare(int count) => (_wrong, _before) = (0, _processor.Count);

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                GoBack();
                Input[^1]++;
                WriteInput();
                if (Pages == 0) continue;
                _processor.Pc = Code;
                if (_processor.Run(2 * InstructionsOfRun) != StopReason.Exit || _processor.Registers[10] != 5050) _wrong++;
                if (_coverage.Collect(_seen) && i > 0) _wrong++;    // each run takes the same edges
            }
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual($"wrong iterations of {Description}", 0, _wrong);
            BrokenBenchmarkException.ThrowUnlessEqual($"instructions of {Description}",
                Pages == 0 ? 0 : count * InstructionsOfRun, _processor.Count - _before);
        }

        protected abstract void GoBack();

        protected abstract void WriteInput();
    }

    private sealed class Iterations(EngineWorld world, int pages)
        : Fuzzing<PagedMemory>(Role.Engine, "Snapshot.Restore, Mmu.CopyIn, FetchWindow", new(world.Mmu), pages)
    {
        private Snapshot? _snapshot;

        public override void Prepare(int count)
        {
            base.Prepare(count);
            _snapshot ??= world.Process.TakeSnapshot();
        }

        public override void Verify(int count)
        {
            base.Verify(count);
            BrokenBenchmarkException.ThrowUnlessEqual("dirty pages of an iteration", (uint)Math.Max(Pages, 1), _snapshot!.DirtyPages.Value);
        }

        protected override void GoBack() => EngineWorld.Require(_snapshot!.Restore(), "Restore");

        protected override void WriteInput() => world.Mmu.CopyIn(Data + InputOffset, Input, out _);

        protected override void Dispose(bool disposing)
        {
            _snapshot?.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>The reference: the same processor on an array, of which it copies as many pages back as an iteration dirties.</summary>
    private sealed class ArrayIterations : Fuzzing<ArrayMemory>
    {
        private readonly byte[] _bytes, _saved;
        private readonly int _dirtyLength;

        public ArrayIterations(uint[] program, int pages) : this(new byte[Data.Value + (ResidentPages << 12)], program, pages) { }

        private ArrayIterations(byte[] bytes, uint[] program, int pages)
            : base(Role.Reference, "byte[], pages copied back", new(bytes), pages)
        {
            (_bytes, _dirtyLength) = (bytes, Math.Max(pages, 1) << 12);
            Buffer.BlockCopy(program, 0, bytes, (int)Code.Value, program.Length * sizeof(uint));
            _saved = [.. bytes.AsSpan((int)Data.Value, _dirtyLength)];
        }

        protected override void GoBack() => _saved.CopyTo(_bytes.AsSpan((int)Data.Value));

        protected override void WriteInput() => Input.CopyTo(_bytes.AsSpan((int)(Data.Value + InputOffset)));
    }
}
