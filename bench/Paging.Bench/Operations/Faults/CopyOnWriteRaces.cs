using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Bench.Operations.Faults;

/// <summary>
/// What does the first write after a fork cost beyond copying 4 KiB, and how much less when no other process has the page any more?
/// </summary>
internal static class CopyOnWriteRaces
{
    private const int WarmCount = 128;
    private const string Unit = "write to a page after fork";

    public static IEnumerable<RaceDefinition> All =>
    [
        new("cow-fault", "1MiB", Unit, static scale => Copies(scale.Pick(256, tiny: 16))),
        new("cow-fault", "64MiB", Unit, static scale => Copies(scale.Pick(16_384, tiny: 32))) { HostBytes = 512L << 20 },
        new("cow-reuse", "1MiB", Unit, static scale => Reuses(scale.Pick(256, tiny: 16))),
    ];

    private static Race Copies(int pages)
    {
        EngineWorld world = new((ulong)pages << 13);
        VirtualAddress start = world.Map((uint)pages << 12);
        DictionaryMemory dictionary = new();
        List<Contender> contenders = [new Ours(world, start, reuses: false), new BareCopy(world, start, pages)];
        if (HostKernel.CanFork) AddKernel(contenders, pages, reuses: false);
        contenders.Add(new CSharp(dictionary, start.Value));
        return new(pages, WarmCount, contenders, world, dictionary);
    }

    private static Race Reuses(int pages)
    {
        EngineWorld world = new((ulong)pages << 12);
        VirtualAddress start = world.Map((uint)pages << 12);
        List<Contender> contenders = [new Ours(world, start, reuses: true)];
        if (HostKernel.CanFork) AddKernel(contenders, pages, reuses: true);
        return new(pages, WarmCount, contenders, world);
    }

    private static void AddKernel(List<Contender> contenders, int pages, bool reuses) =>
        contenders.AddRange([new KernelCopyOnWrite(pages, reuses, hugePages: false),
            new KernelCopyOnWrite(pages, reuses, hugePages: true)]);

    /// <summary>The engine: the parent writes. The child still has the pages, or has ended.</summary>
    private sealed class Ours(EngineWorld world, VirtualAddress start, bool reuses)
        : Contender(Role.Engine, reuses ? "Mmu.Write, last owner" : "Mmu.Write, copy on write")
    {
        private UserProcess? _child;
        private FaultCounters _before;
        private uint _value = EngineWorld.FilledWord;

        public override void Prepare(int count)
        {
            world.Touch(start, count);
            _child = world.Process.Fork();
            if (reuses) _child.Exit();
            _before = world.Space.Faults;
            _value++;
        }

        public override void Run(int count)
        {
            Mmu mmu = world.Mmu;
            VirtualAddress address = start;
            uint value = _value;
            for (int i = 0; i < count; i++, address += 4096) mmu.Write(address, value);
        }

        public override void Verify(int count)
        {
            FaultCounters now = world.Space.Faults;
            BrokenBenchmarkException.ThrowUnlessEqual("copies", reuses ? 0 : count, now.Copied - _before.Copied);
            BrokenBenchmarkException.ThrowUnlessEqual("reuses", reuses ? count : 0, now.Reused - _before.Reused);
            BrokenBenchmarkException.ThrowUnlessEqual("the parent's word", _value, world.Mmu.Read<uint>(start));
            if (!reuses) BrokenBenchmarkException.ThrowUnlessEqual("the child's word", EngineWorld.FilledWord,
                _child!.Memory.Mmu.Read<uint>(start));
            _child!.Dispose();
        }
    }

    /// <summary>
    /// The reference: copying the frames that a copy-on-write has copied from, to the frames it has copied to, once more.
    /// </summary>
    private sealed class BareCopy(EngineWorld world, VirtualAddress start, int pages) : Contender(Role.Reference, "copy of the same frames")
    {
        private readonly nint[] _sources = new nint[pages], _targets = new nint[pages];
        private UserProcess? _child;

        public override void Prepare(int count)
        {
            world.Touch(start, count);
            world.CollectHostPages(start, _sources.AsSpan(0, count));
            _child = world.Process.Fork();
            world.Touch(start, count);
            world.CollectHostPages(start, _targets.AsSpan(0, count));
        }

        // Unsafe: the frames were present when they were noted, and the child keeps them.
        public override unsafe void Run(int count)
        {
            ReadOnlySpan<nint> sources = _sources.AsSpan(0, count), targets = _targets.AsSpan(0, count);
            for (int i = 0; i < sources.Length; i++) BareLoops.Copy((byte*)sources[i], (byte*)targets[i]);
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnless(_sources[0] != _targets[0], "A copy went to where it came from.");
            _child!.Dispose();
        }
    }

    /// <summary>The C# way: owners counted page by page.</summary>
    private sealed class CSharp(DictionaryMemory memory, uint start) : Contender(Role.CSharp, "Dictionary, copy on write")
    {
        private DictionaryMemory? _child;

        public override void Prepare(int count)
        {
            for (int i = 0; i < count; i++) memory.Write(start + ((uint)i << 12), EngineWorld.FilledWord);
            _child = memory.Fork();
        }

        public override void Run(int count)
        {
            uint address = start;
            for (int i = 0; i < count; i++, address += 4096) memory.Write(address, 7);
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("the child's word", EngineWorld.FilledWord, _child!.Read(start));
            _child.Dispose();
        }
    }
}
