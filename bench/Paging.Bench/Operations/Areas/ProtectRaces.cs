using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Areas;

/// <summary>What does it cost to write-protect one page in the middle of an area, which cuts it in three, and to undo that?</summary>
internal static class ProtectRaces
{
    private const int PairCount = 512;
    private const int PagesOfArea = 64;
    private const uint MiddleOffset = (PagesOfArea / 2) << 12;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("mprotect-split-merge", "256KiB", "pair of calls", static scale =>
            Start(scale.Pick(PairCount, tiny: 8))) { IsPrepared = false },
    ];

    private static Race Start(int pairs)
    {
        const uint byteLength = PagesOfArea << 12;
        EngineWorld world = new(byteLength);
        VirtualAddress start = world.Map(byteLength);
        world.Touch(start, PagesOfArea);
        List<Contender> contenders = [new Ours(world, start)];
        List<IDisposable> worlds = [world];
        if (HostKernel.IsAvailable)
        {
            HostRegion region = new(byteLength, hugePages: false);
            region.Touch(PagesOfArea);
            worlds.Add(region);
            contenders.Add(new Kernel(region));
        }

        contenders.Add(new CSharp());
        if (PeerLibrary.Unicorn.IsAvailable) contenders.Add(new Emulator());
        return new(pairs, 64, contenders, worlds);
    }

    private sealed class Ours(EngineWorld world, VirtualAddress start) : Contender(Role.Engine, "Protect, twice")
    {
        public override void Run(int count)
        {
            AddressSpace space = world.Space;
            VirtualAddress page = start + MiddleOffset;
            for (int i = 0; i < count; i++)
            {
                EngineWorld.Require(space.Protect(page, 4096, MemoryProtection.Read), "mprotect");
                EngineWorld.Require(space.Protect(page, 4096, MemoryProtection.ReadWrite), "mprotect");
            }
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("areas after joining", 1, world.Space.Areas.Count);
            EngineWorld.Require(world.Space.Protect(start + MiddleOffset, 4096, MemoryProtection.Read), "mprotect");
            BrokenBenchmarkException.ThrowUnlessEqual("areas after cutting", 3, world.Space.Areas.Count);
            BrokenBenchmarkException.ThrowUnless(!world.Mmu.TryWrite(start + MiddleOffset, 0u),
                "A page can be written to that is read-only.");
            EngineWorld.Require(world.Space.Protect(start + MiddleOffset, 4096, MemoryProtection.ReadWrite), "mprotect");
        }
    }

    private sealed class Kernel(HostRegion region) : Contender(Role.Kernel, "mprotect, twice")
    {
        // Unsafe: the page lies in the region.
        public override unsafe void Run(int count)
        {
            byte* page = region.Address + MiddleOffset;
            for (int i = 0; i < count; i++)
            {
                HostKernel.Check(HostCalls.Protect(page, 4096, HostCalls.ProtectRead), "mprotect");
                HostKernel.Check(HostCalls.Protect(page, 4096, HostCalls.ProtectReadWrite), "mprotect");
            }
        }
    }

    private sealed class CSharp : Contender
    {
        private readonly SortedAreas _areas = new();

        public CSharp() : base(Role.CSharp, "SortedSet, cut and joined") => _areas.Add(0, PagesOfArea - 1, 3);

        public override void Run(int count)
        {
            const uint page = PagesOfArea / 2;
            for (int i = 0; i < count; i++)
            {
                _areas.Split(page, 1);
                _areas.Join(page);
            }
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("areas", 1, _areas.Count);
    }

    /// <summary>
    /// An emulator, which cuts its region and joins nothing: the first call of all copies its bytes to three, the others find them so.
    /// </summary>
    private sealed class Emulator : Contender
    {
        private const ulong Page = EmulatedMemory.Start + MiddleOffset;

        private readonly EmulatedMemory _memory = EmulatedMemory.WithRegion(PagesOfArea << 12);

        public Emulator() : base(Role.Unicorn, "uc_mem_protect, twice, stays cut") { }

        public override int CountMax => 64;

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                _memory.Protect(Page, 4096, EmulatedMemory.ReadOnly);
                _memory.Protect(Page, 4096, EmulatedMemory.ReadWrite);
            }
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("regions after cutting", 3, _memory.RegionCount);
            BrokenBenchmarkException.ThrowUnlessEqual("a word of the page", EngineWorld.FilledWord, _memory.Read(Page));
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _memory.Dispose();
            base.Dispose(disposing);
        }
    }
}
