using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Operations.Faults;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Bench.Operations.Reclaim;

/// <summary>What does a page cost on its way out and back: to a swap device in memory, or, clean in its file, to nowhere?</summary>
/// <remarks>The limit is the copy that swapping is made of; the host's kernel has no swap here to compare with.</remarks>
internal static class SwapRaces
{
    private const string Unit = "page";

    public static IEnumerable<RaceDefinition> All =>
    [
        new("swap-out", "16MiB", Unit, static scale => Start(scale.Pick(4096, tiny: 32), isOut: true)),
        new("swap-in", "16MiB", Unit, static scale => Start(scale.Pick(4096, tiny: 32), isOut: false)),
    ];

    private static Race Start(int pages, bool isOut)
    {
        EngineWorld world = new((ulong)pages << 13);
        EngineWorld.Require(world.Engine.Swap.SwitchOn(new MemorySwapStore(Math.Max((ulong)pages << 13, 1 << 20)), priority: 0, out _),
            "swapon");
        VirtualAddress start = world.Map((uint)pages << 12);
        return new(pages, Math.Min(pages, 256), [new Ours(world, start, pages, isOut), new BareCopy(pages)], world);
    }

    private sealed class Ours(EngineWorld world, VirtualAddress start, int pages, bool isOut)
        : Contender(Role.Engine, isOut ? "madvise(MADV_PAGEOUT)" : "Mmu.Read of a page that is out")
    {
        private uint _sum;

        public override void Prepare(int count)
        {
            world.Touch(start, pages);
            if (!isOut) PageOut(count);
        }

        public override void Run(int count)
        {
            if (isOut) PageOut(count);
            else _sum = ReadAll(world.Mmu, start, count);
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("pages out", isOut ? count : 0, world.Space.Space.Statistics.Swapped);
            uint sum = isOut ? ReadAll(world.Mmu, start, count) : _sum;
            BrokenBenchmarkException.ThrowUnlessEqual("the sum read back", unchecked((uint)count * EngineWorld.FilledWord), sum);
        }

        private void PageOut(int count) =>
            EngineWorld.Require(world.Space.Advise(start, (uint)count << 12, MemoryAdvice.PageOut), "madvise");

        private static uint ReadAll(Mmu mmu, VirtualAddress start, int count)
        {
            uint sum = 0;
            for (int i = 0; i < count; i++, start += 4096) sum += mmu.Read<uint>(start);
            return sum;
        }
    }

    /// <summary>The reference: the pages copied to other ones, and nothing else.</summary>
    private sealed class BareCopy(int pages) : Contender(Role.Reference, "copy of as many pages")
    {
        private readonly Host.HostRegion _source = new((nuint)pages << 12, hugePages: true),
            _target = new((nuint)pages << 12, hugePages: true);

        public override void Prepare(int count) => _source.Touch(count);

        // Unsafe: both buffers are as long as the race has pages.
        public override unsafe void Run(int count)
        {
            for (nint page = 0; page < count; page++) BareLoops.Copy(_source.Address + (page << 12), _target.Address + (page << 12));
        }

        // Unsafe: both buffers are as long as the race has pages.
        public override unsafe void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("a byte copied", 1, *_target.Address);

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            _source.Dispose();
            _target.Dispose();
        }
    }
}
