using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Dirty;

/// <summary>
/// What does it cost to collect the pages that were written, and to arm the log for their next writes? Expected: O(pages written).
/// </summary>
internal static class DirtyLogRaces
{
    private const int WrittenCount = 50;

    public static IEnumerable<RaceDefinition> All =>
    [
        Define("50-of-100000", 100_000, "collection of 50 written pages", Log.OfPages),
        Define("50-of-1000", 1_000, "collection of 50 written pages", Log.OfPages),
        Define("50-of-100000-frames", 100_000, "collection of 50 written frames", Log.OfFrames),
        Define("50-of-100000-by-faults", 100_000, "collection of 50 pages, seen by page faults", Log.OfPagesByFaults),
    ];

    private enum Log
    {
        OfPages,
        OfPagesByFaults,
        OfFrames,
    }

    private static RaceDefinition Define(string size, int pageCount, string unit, Log log) =>
        new("dirty-log", size, unit, scale => Start(scale.Pick(pageCount, tiny: 1000), log)) { HostBytes = 2L << 30 };

    private static Race Start(int pageCount, Log log)
    {
        EngineWorld world = new((ulong)pageCount << 12);
        VirtualAddress start = world.Map((uint)pageCount << 12);
        world.Touch(start, pageCount);
        List<Contender> contenders = [new Ours(world, start, pageCount, log), new SoftDirty(start, pageCount)];
        if (HostKernel.IsAvailable && HostPagemap.CanScan) contenders.Add(new KernelScan(WrittenCount, pageCount));
        return new(1, 1, contenders, world);
    }

    /// <summary>Collecting once; the writes that come before are not timed.</summary>
    private sealed class Ours : Contender
    {
        private readonly EngineWorld _world;
        private readonly VirtualAddress _start;
        private readonly int _pageCount;
        private readonly DirtyLog? _pages;
        private readonly FrameDirtyLog? _frames;
        private int _found;

        public Ours(EngineWorld world, VirtualAddress start, int pageCount, Log log) : base(Role.Engine, "CollectDirty")
        {
            (_world, _start, _pageCount) = (world, start, pageCount);
            if (log == Log.OfFrames) _frames = world.Engine.OpenDirtyLog();
            else _pages = world.Space.OpenDirtyLog(log == Log.OfPages ? WriteSources.Mmu : WriteSources.Processor);
        }

        public override void Prepare(int count)
        {
            _found = 0;
            for (int i = 0; i < WrittenCount; i++) _world.Mmu.Write(_start + ((uint)KernelScan.PageOf(i, _pageCount) << 12), i);
        }

        public override void Run(int count) => _found = _pages is null ? _frames!.CollectDirty().Length : _pages.CollectDirty().Length;

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("pages found", WrittenCount, _found);

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            _pages?.Dispose();
            _frames?.Dispose();
        }
    }

    /// <summary>The same question with soft-dirty bits, in an engine of its own: reads every page's word, and clears all bits.</summary>
    private sealed class SoftDirty : Contender
    {
        private readonly EngineWorld _world;
        private readonly VirtualAddress _start;
        private readonly int _pageCount;
        private int _found;

        public SoftDirty(VirtualAddress start, int pageCount) : base(Role.Reference, "soft-dirty bits, ReadPagemap and ClearReferences")
        {
            _world = new((ulong)pageCount << 12);
            (_start, _pageCount) = (start, pageCount);
            _world.MapAt(start, (uint)pageCount << 12);
            _world.Touch(start, pageCount);
            _world.Space.ClearReferences(ReferenceKind.SoftDirty);
        }

        public override void Prepare(int count)
        {
            for (int i = 0; i < WrittenCount; i++) _world.Mmu.Write(_start + ((uint)KernelScan.PageOf(i, _pageCount) << 12), i);
        }

        public override void Run(int count)
        {
            _found = 0;
            PageNumber page = _start.Page;
            for (int i = 0; i < _pageCount; i++)
            {
                if (_world.Space.ReadPagemap(page++).IsSoftDirty) _found++;
            }

            _world.Space.ClearReferences(ReferenceKind.SoftDirty);
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("pages found", WrittenCount, _found);

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing) _world.Dispose();
        }
    }
}
