using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Areas;

/// <summary>What does it cost to map 16 KiB where there is room, and to take them away, beside n other areas? Expected: O(log n).</summary>
internal static class MapRaces
{
    private const int PairCount = 512;
    private const uint ByteLength = 16_384;
    private const int RegionsOfEmulatorMax = 1_000;    // each takes the longer the more there are: 60,000 would be an hour

    public static IEnumerable<RaceDefinition> All =>
    [
        Define("10-areas", 10),
        Define("1000-areas", 1_000),
        Define("60000-areas", 60_000),
    ];

    private static RaceDefinition Define(string size, int areas) =>
        new("mmap-munmap", size, "pair of calls", scale =>
            Start(scale.Pick(areas, tiny: Math.Min(areas, 50)), scale.Pick(PairCount, tiny: 8)))
        { IsPrepared = false };

    private static Race Start(int areas, int pairs)
    {
        EngineWorld world = new(1 << 20);
        _ = world.MapComb(areas, MemoryProtection.Read);
        List<Contender> contenders = [new Ours(world, areas)];
        List<IDisposable> worlds = [world];
        if (HostKernel.IsAvailable)
        {
            worlds.Add(new HostComb(areas, HostCalls.ProtectRead));
            contenders.Add(new Kernel());
        }

        contenders.Add(new CSharp(areas));
        if (PeerLibrary.StandardMap.IsAvailable) contenders.Add(new Cpp(areas));
        if (PeerLibrary.Unicorn.IsAvailable && areas <= RegionsOfEmulatorMax) contenders.Add(new Emulator(areas));
        return new(pairs, 64, contenders, worlds);
    }

    private sealed class Ours(EngineWorld world, int areas) : Contender(Role.Engine, "Map and Unmap")
    {
        public override void Run(int count)
        {
            AddressSpace space = world.Space;
            for (int i = 0; i < count; i++)
            {
                EngineWorld.Require(space.Map(VirtualAddress.Zero, ByteLength, MemoryProtection.ReadWrite,
                    MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at), "mmap");
                EngineWorld.Require(space.Unmap(at, ByteLength), "munmap");
            }
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("areas", areas, world.Space.Areas.Count);
            BrokenBenchmarkException.ThrowUnlessEqual("pages mapped", areas, world.Space.Space.Statistics.Total);
        }
    }

    private sealed class Kernel() : Contender(Role.Kernel, "mmap and munmap")
    {
        // Unsafe: the mapping that is unmapped is the one just made.
        public override unsafe void Run(int count)
        {
            const int flags = HostCalls.MapPrivate | HostCalls.MapAnonymous;
            for (int i = 0; i < count; i++)
            {
                void* at = HostCalls.Map(null, ByteLength, HostCalls.ProtectReadWrite, flags, -1, 0);
                if ((nint)at == -1) HostKernel.Check(succeeded: false, "mmap");
                HostKernel.Check(HostCalls.Unmap(at, ByteLength), "munmap");
            }
        }
    }

    private sealed class CSharp : Contender
    {
        private readonly SortedAreas _areas = new();
        private readonly int _count;

        public CSharp(int areas) : base(Role.CSharp, "SortedSet, below the lowest")
        {
            _count = areas;
            for (uint i = 0; i < areas; i++) _areas.Add(0x4_0000 + (2 * i), 0x4_0000 + (2 * i), 1);
        }

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++) _areas.Unmap(_areas.Map(ByteLength >> 12, 3), ByteLength >> 12);
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("areas", _count, _areas.Count);
    }

    private sealed class Cpp(int areas) : Contender(Role.Cpp, "std::map, insert and erase")
    {
        private readonly StandardMap _areas = new(0x4_0000, areas);

        public override void Run(int count) => _areas.MapAndUnmap(ByteLength >> 12, count);

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("areas", areas, _areas.Count);

        protected override void Dispose(bool disposing)
        {
            if (disposing) _areas.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>An emulator, whose caller chooses the address.</summary>
    private sealed class Emulator : Contender
    {
        private const ulong Place = EmulatedMemory.Start - ByteLength;

        private readonly EmulatedMemory _memory = new();
        private readonly int _regions;

        public Emulator(int areas) : base(Role.Unicorn, "uc_mem_map and uc_mem_unmap")
        {
            _regions = areas;
            for (uint i = 0; i < areas; i++) _memory.Map(EmulatedMemory.Start + (i * 8192), 4096, EmulatedMemory.ReadOnly);
        }

        public override int CountMax => 2;

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                _memory.Map(Place, ByteLength);
                _memory.Unmap(Place, ByteLength);
            }
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("regions", _regions, _memory.RegionCount);

        protected override void Dispose(bool disposing)
        {
            if (disposing) _memory.Dispose();
            base.Dispose(disposing);
        }
    }
}
