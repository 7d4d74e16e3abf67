using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Areas;

/// <summary>What does it cost to move 1 MiB of touched memory to other addresses? Expected: the entries move, no page is copied.</summary>
internal static class RemapRaces
{
    private const int MoveCount = 32;
    private const uint OtherPlace = 4 << 20;    // in another page table

    public static IEnumerable<RaceDefinition> All =>
    [
        new("mremap-move", "1MiB", "move of 256 pages", static scale => Start(scale.Pick(256, tiny: 16), scale.Pick(MoveCount, tiny: 4))) { IsPrepared = false },
    ];

    private static Race Start(int pages, int moves)
    {
        uint byteLength = (uint)pages << 12;
        EngineWorld world = new(byteLength);
        VirtualAddress start = new(0x2000_0000);
        world.MapAt(start, byteLength);
        world.Touch(start, pages);
        List<Contender> contenders = [new Ours(world, start, byteLength), new BareMove(pages)];
        List<IDisposable> worlds = [world];
        if (HostKernel.IsAvailable)
        {
            HostRegion region = new(OtherPlace + byteLength, hugePages: false);
            region.Touch(pages);
            worlds.Add(region);
            contenders.Add(new Kernel(region, byteLength));
        }

        return new(moves, 8, contenders, worlds);
    }

    /// <summary>An even number of moves, there and back, so that each run begins where the last one did.</summary>
    private sealed class Ours(EngineWorld world, VirtualAddress start, uint byteLength) : Contender(Role.Engine, "Remap, fixed")
    {
        public override void Run(int count)
        {
            AddressSpace space = world.Space;
            VirtualAddress there = start + OtherPlace;
            for (int i = 0; i < count; i += 2)
            {
                EngineWorld.Require(space.Remap(start, byteLength, byteLength, RemapFlags.MayMove | RemapFlags.Fixed, there, out _), "mremap");
                EngineWorld.Require(space.Remap(there, byteLength, byteLength, RemapFlags.MayMove | RemapFlags.Fixed, start, out _), "mremap");
            }
        }

        public override void Verify(int count)
        {
            long minorBefore = world.Space.Faults.Minor;
            VirtualAddress lastPage = start + (byteLength - 4096);
            BrokenBenchmarkException.ThrowUnlessEqual("a word that was moved", EngineWorld.FilledWord, world.Mmu.Read<uint>(lastPage));
            BrokenBenchmarkException.ThrowUnlessEqual("faults of moved pages", 0, world.Space.Faults.Minor - minorBefore);
            BrokenBenchmarkException.ThrowUnlessEqual("areas", 1, world.Space.AreaCount);
        }
    }

    /// <summary>The limit: the words of the entries, moved.</summary>
    private sealed class BareMove(int pages) : Contender(Role.Limit, "memcpy and clear of the entries")
    {
        private readonly uint[] _here = [.. Enumerable.Range(1, pages).Select(static word => (uint)word)], _there = new uint[pages];

        public override void Run(int count)
        {
            for (int i = 0; i < count; i += 2)
            {
                Move(_here, _there);
                Move(_there, _here);
            }
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("the last word", pages, _here[^1]);

        private static void Move(uint[] source, uint[] target)
        {
            source.CopyTo(target, 0);
            Array.Clear(source);
        }
    }

    private sealed unsafe class Kernel(HostRegion region, uint byteLength) : Contender(Role.Kernel, "mremap, fixed")
    {
        public override void Run(int count)
        {
            byte* here = region.Address, there = here + OtherPlace;
            for (int i = 0; i < count; i += 2)
            {
                Move(here, there);
                Move(there, here);
            }
        }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("a byte that was moved", 1, region.Address[byteLength - 4096]);

        private void Move(byte* source, byte* target)
        {
            void* moved = HostCalls.Remap(source, byteLength, byteLength, HostCalls.RemapMayMove | HostCalls.RemapFixed, target);
            if (moved != target) HostKernel.Check(succeeded: false, "mremap");
        }
    }
}
