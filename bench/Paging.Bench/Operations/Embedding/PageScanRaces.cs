using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Operations.Dirty;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Embedding;

/// <summary>
/// PAGEMAP_SCAN: which pages were written, and protect them again, in one call. Expected: O(pages), as the kernel's, which reads all words.
/// </summary>
internal static class PageScanRaces
{
    private const int WrittenCount = 50;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("page-scan", "50-of-100000", "scan that protects what it finds", static scale => Start(scale.Pick(100_000, tiny: 1000)))
        {
            HostBytes = 2L << 30,
        },
    ];

    private static Race Start(int pageCount)
    {
        EngineWorld world = new((ulong)pageCount << 12);
        List<Contender> contenders = [new Ours(world, pageCount)];
        if (HostKernel.IsAvailable && HostPagemap.CanScan) contenders.Add(new KernelScan(WrittenCount, pageCount));
        return new(1, 1, contenders, world);
    }

    private sealed class Ours : Contender
    {
        private readonly PageRegion[] _regions = new PageRegion[WrittenCount * 2];
        private readonly EngineWorld _world;
        private readonly Userfaultfd _faults;
        private readonly VirtualAddress _start;
        private readonly int _pageCount;
        private PageCount _found;

        public Ours(EngineWorld world, int pageCount) : base(Role.Engine, "ScanPages with ProtectsMatching")
        {
            (_world, _pageCount) = (world, pageCount);
            _start = world.Map((uint)pageCount << 12);
            world.Touch(_start, pageCount);
            _faults = world.Space.Userfaultfds.Open(UserfaultFeatures.ProtectSilently);
            EngineWorld.Require(_faults.Register(_start, (ulong)pageCount << 12, UserfaultModes.WriteProtect), "UFFDIO_REGISTER");
            Run(1);
        }

        public override void Prepare(int count)
        {
            for (int i = 0; i < WrittenCount; i++) _world.Mmu.Write(_start + ((uint)KernelScan.PageOf(i, _pageCount) << 12), i);
        }

        public override void Run(int count)
        {
            PageScanRequest request = new(new(_start.Page, new((uint)_pageCount)), PageCategories.Written, default, default,
                PageCategories.Written)
            {
                ProtectsMatching = true,
                RequiresProtection = true,
            };
            EngineWorld.Require(_world.Space.ScanPages(request, _regions, out _, out _found, out _), "PAGEMAP_SCAN");
        }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("pages found", (uint)WrittenCount, _found.Value);

        protected override void Dispose(bool disposing)
        {
            _faults.Dispose();
            base.Dispose(disposing);
        }
    }
}
