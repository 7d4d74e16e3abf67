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
        new("mremap-move", "1MiB", "move of 256 pages", static scale =>
            Start(scale.Pick(256, tiny: 16), scale.Pick(MoveCount, tiny: 4))) { IsPrepared = false },
    ];

    private static Race Start(int pages, int moves)
    {
        uint byteLength = (uint)pages << 12;
        EngineWorld world = new(byteLength);
        VirtualAddress start = new(0x2000_0000);
        world.MapAt(start, byteLength);
        world.Touch(start, pages);
        List<Contender> contenders = [new Ours(world, start, byteLength), new BareMove(pages)];
        if (HostKernel.CanFork) contenders.Add(new Kernel(pages));
        return new(moves, 8, contenders, world);
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
                EngineWorld.Require(space.Remap(start, byteLength, byteLength, RemapFlags.MayMove | RemapFlags.Fixed, there, out _),
                    "mremap");
                EngineWorld.Require(space.Remap(there, byteLength, byteLength, RemapFlags.MayMove | RemapFlags.Fixed, start, out _),
                    "mremap");
            }
        }

        public override void Verify(int count)
        {
            long minorBefore = world.Space.Faults.Minor;
            VirtualAddress lastPage = start + (byteLength - 4096);
            BrokenBenchmarkException.ThrowUnlessEqual("a word that was moved", EngineWorld.FilledWord, world.Mmu.Read<uint>(lastPage));
            BrokenBenchmarkException.ThrowUnlessEqual("faults of moved pages", 0, world.Space.Faults.Minor - minorBefore);
            BrokenBenchmarkException.ThrowUnlessEqual("areas", 1, world.Space.Areas.Count);
        }
    }

    /// <summary>The reference: the words of the entries, moved.</summary>
    private sealed class BareMove(int pages) : Contender(Role.Reference, "memcpy and clear of the entries")
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

    // In a process of its own: a moved area leaves free addresses. A runtime would map something there, and the next move would
    // replace it.
    private sealed class Kernel : BareContender
    {
        private readonly int _pages;

        public Kernel(int pages) : base("mremap, fixed")
        {
            _pages = pages;
            MapMemory(pages);
            Process.Run([HostStep.Touch(BareProcess.Base, pages)]);
        }

        public override void Run(int count)
        {
            const long here = BareProcess.Base, there = here + OtherPlace;
            long byteLength = (long)_pages << 12;
            HostStep[] steps = new HostStep[count + 2];
            (steps[0], steps[^1]) = (BareProcess.Clock(0), BareProcess.Clock(1));
            for (int i = 1; i <= count; i += 2) (steps[i], steps[i + 1]) = (HostStep.Move(here, byteLength, there),
                HostStep.Move(there, byteLength, here));
            Process.Run(steps);
        }

        public override void Verify(int count)
        {
            Process.Run([BareProcess.Usage(0), HostStep.Touch(BareProcess.Base, _pages), BareProcess.Usage(1)]);
            BrokenBenchmarkException.ThrowUnlessEqual("faults of moved pages", 0, Process.MinorFaults(0, 1));
        }
    }
}
