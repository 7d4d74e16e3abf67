using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Operations.Faults;
using Paging.Bench.Operations.Forking;
using Paging.Bench.Worlds;
using Paging.Core;

namespace Paging.Bench.Operations.Huge;

/// <summary>What do transparent huge pages of 2 MiB buy? Expected: a first touch costs its zeroing, the rest next to nothing.</summary>
/// <remarks>The reference of a fork, an unmapping and a change of rights is the engine itself with 512 small pages.</remarks>
internal static class HugeRaces
{
    private const int LineCount = 64, WarmCount = 4, WarmCountOfCalls = 1;    // a call is one for all lines
    private const string Unit = "huge page";

    public static IEnumerable<RaceDefinition> All =>
    [
        new("huge-fault", "128MiB", Unit, static scale => Faults(scale.Pick(LineCount, tiny: 2))) { HostBytes = 1024L << 20 },
        new("huge-fork", "128MiB", Unit, static scale => Against(scale, static world => new ForkOf(world)))
        {
            HostBytes = 1024L << 20,
        },
        new("huge-munmap", "128MiB", Unit, static scale => Against(scale, static world => new UnmapOf(world)))
        {
            HostBytes = 1024L << 20,
        },
        new("huge-mprotect", "128MiB", Unit, static scale => Against(scale, static world => new ProtectOf(world)))
        {
            HostBytes = 1024L << 20,
        },
    ];

    private static Race Faults(int lines)
    {
        LinesWorld world = new(lines, isHuge: true);
        List<Contender> contenders = [new FirstTouch(world), new BareZeroing(world)];
        List<IDisposable> worlds = [world];
        if (HostKernel.IsAvailable)
        {
            HostRegion region = new((nuint)world.ByteLength, hugePages: true);
            worlds.Add(region);
            contenders.Add(new KernelFirstTouchOfLines(region));
        }

        return new(lines, WarmCount, contenders, worlds);
    }

    private static Race Against(Scale scale, Func<LinesWorld, Contender> make)
    {
        int lines = scale.Pick(LineCount, tiny: 2);
        LinesWorld huge = new(lines, isHuge: true), small = new(lines, isHuge: false);
        return new(lines, WarmCountOfCalls, [make(huge), make(small)], huge, small);
    }

    /// <summary>The first write to each line, which makes a huge page. Its bytes are zeroed.</summary>
    private sealed class FirstTouch(LinesWorld world) : Contender(Role.Engine, "Mmu.Write, fault of 2 MiB")
    {
        private FaultCounters _before;

        public override void Prepare(int count)
        {
            world.Discard();
            _before = world.Space.Faults;
        }

        public override void Run(int count)
        {
            Mmu mmu = world.Space.Mmu;
            for (int line = 0; line < count; line++) mmu.Write(LinesWorld.At(line), EngineWorld.FilledWord);
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("faults", count, world.Space.Faults.Minor - _before.Minor);
            BrokenBenchmarkException.ThrowUnlessEqual("huge pages", count, world.CountHuge());
        }
    }

    /// <summary>The reference of a first touch: zeroing the same frames, and nothing else.</summary>
    private sealed class BareZeroing(LinesWorld world) : Contender(Role.Reference, "zeroing of the same frames")
    {
        private readonly nint[] _blocks = new nint[LineCount];

        public override unsafe void Prepare(int count)    // a huge page's frames lie in a row
        {
            world.Fill(world.LineCount);
            for (int line = 0; line < count; line++)
                _blocks[line] = (nint)world.Engine.Ram.HostAddress(world.Space.Space.Tables.Read(LinesWorld.At(line).Page).Frame);
        }

        public override unsafe void Run(int count)    // as Prepare has found them
        {
            foreach (nint block in _blocks.AsSpan(0, count))
                for (int page = 0; page < LinesWorld.PagesEach; page++) BareLoops.Clear((byte*)block + (page << 12));
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual(
            "the word that was zeroed last", 0, world.Space.Mmu.Read<uint>(LinesWorld.At(count - 1)));
    }

    /// <summary>The kernel: the first write to each line of memory with huge pages, where the host gives them.</summary>
    private sealed class KernelFirstTouchOfLines(HostRegion region) : Contender(Role.KernelHuge, "page fault of this process, huge pages")
    {
        public override void Prepare(int count) => region.Discard();

        public override unsafe void Run(int count)    // the region has as many lines as the race
        {
            for (int line = 0; line < count; line++) *(uint*)(region.Address + ((nuint)line << 21)) = EngineWorld.FilledWord;
        }
    }

    /// <summary>A fork of a process that has written all its lines, and a read of the child in each, which copies lent tables.</summary>
    private sealed class ForkOf(LinesWorld world) : Contender(world.Role, world.Describe("Process.Fork, and a read in each"))
    {
        private UserProcess? _child;

        public override long AllocatedBytesMax => ForkRaces.HandleBytes + ForkRaces.MemoryBytes;

        public override void Prepare(int count) => world.Fill(count);

        public override void Run(int count)
        {
            _child = world.Process.Fork();
            Mmu mmu = _child.Memory.Mmu;
            for (int line = 0; line < count; line++) mmu.Read<uint>(LinesWorld.At(line));
        }

        public override void Verify(int count)
        {
            long resident = _child!.Memory.Space.Statistics.ResidentAnonymous;
            BrokenBenchmarkException.ThrowUnlessEqual("pages of the child", (long)world.LineCount * LinesWorld.PagesEach, resident);
            _child.Dispose();
            world.Discard();
        }
    }

    /// <summary>An unmapping of all lines, which frees their frames.</summary>
    private sealed class UnmapOf(LinesWorld world) : Contender(world.Role, world.Describe("Unmap"))
    {
        public override void Prepare(int count) => world.Fill(count);

        public override void Run(int count) => EngineWorld.Require(world.Space.Unmap(LinesWorld.At(0), world.ByteLength), "munmap");

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("resident pages", 0, world.Space.Space.Statistics.ResidentAnonymous);
            world.Map(count);
        }
    }

    /// <summary>A change of rights of all lines, and back.</summary>
    private sealed class ProtectOf(LinesWorld world) : Contender(world.Role, world.Describe("Protect, twice"))
    {
        public override void Prepare(int count) => world.Fill(count);

        public override void Run(int count)
        {
            EngineWorld.Require(world.Space.Protect(LinesWorld.At(0), world.ByteLength, MemoryProtection.Read), "mprotect");
            EngineWorld.Require(world.Space.Protect(LinesWorld.At(0), world.ByteLength, MemoryProtection.ReadWrite), "mprotect");
        }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("huge pages", world.IsHuge ? world.LineCount : 0, world.CountHuge());
    }
}
