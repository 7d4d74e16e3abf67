using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Faults;

/// <summary>What does a first touch cost beyond clearing 4 KiB? Expected: some twenty nanoseconds, whatever the number of areas.</summary>
internal static class FirstTouchRaces
{
    private const int WarmCount = 128;
    private const int PagesOfDictionaryMax = 4096;    // beyond, the C library's heap is what is measured, for seconds
    private const string Unit = "first touch of a page";

    public static IEnumerable<RaceDefinition> All =>
    [
        new("anonymous-fault", "1MiB", Unit, static scale => InOrder(scale.Pick(256, tiny: 16), isWrite: true)),
        new("anonymous-fault", "512MiB", Unit, static scale => InOrder(scale.Pick(131_072, tiny: 32), isWrite: true)) { HostBytes = 1536L << 20 },
        new("anonymous-fault-zeroed", "512MiB", Unit, static scale => InOrder(scale.Pick(131_072, tiny: 32), isWrite: true, isZeroedAhead: true)) { HostBytes = 1536L << 20 },
        new("anonymous-fault", "60000-areas", Unit, static scale => OverAreas(scale.Pick(60_000, tiny: 50), scale.Pick(4096, tiny: 20))),
        new("zero-page-fault", "1MiB", Unit, static scale => InOrder(scale.Pick(256, tiny: 16), isWrite: false)),
    ];

    private static Race InOrder(int pages, bool isWrite, bool isZeroedAhead = false)
    {
        PageTour tour = PageTour.InOrder(pages);
        EngineWorld world = new(tour.ByteLength, zeroedFrames: isZeroedAhead ? pages : 0);
        VirtualAddress start = world.Map(tour.ByteLength);
        DictionaryMemory dictionary = new();
        List<Contender> contenders = [new EngineFirstTouch(world, start, tour, isWrite)];
        List<IDisposable> worlds = [world, dictionary];
        if (isWrite && !isZeroedAhead) contenders.Add(new BareClear(world, start, tour));
        if (HostKernel.IsAvailable)
        {
            HostRegion region = new(tour.ByteLength, hugePages: false);
            worlds.Add(region);
            contenders.Add(KernelOn(region, tour, isWrite));
        }

        if (pages <= PagesOfDictionaryMax) contenders.Add(new DictionaryFirstTouch(dictionary, start.Value, tour, isWrite));
        if (isWrite && pages <= PagesOfDictionaryMax && PeerLibrary.Unicorn.IsAvailable) contenders.Add(new EmulatorFirstTouch());
        return new(pages, WarmCount, contenders, worlds);
    }

    private static Race OverAreas(int areaCount, int pages)
    {
        PageTour tour = PageTour.OverAreas(areaCount, pages);
        EngineWorld world = new((ulong)pages << 12);
        VirtualAddress start = world.MapComb(areaCount, MemoryProtection.ReadWrite);
        List<Contender> contenders = [new EngineFirstTouch(world, start, tour, isWrite: true), new BareClear(world, start, tour)];
        List<IDisposable> worlds = [world];
        if (HostKernel.IsAvailable)
        {
            HostComb comb = new(areaCount, HostCalls.ProtectReadWrite);
            worlds.Add(comb);
            contenders.Add(KernelOn(comb, tour));
        }

        return new(pages, WarmCount, contenders, worlds);
    }

    private static unsafe KernelFirstTouch KernelOn(HostRegion region, PageTour tour, bool isWrite) => new((nint)region.Address, region.Forget, tour, isWrite);

    private static unsafe KernelFirstTouch KernelOn(HostComb comb, PageTour tour) => new((nint)comb.Address, comb.Forget, tour, isWrite: true);
}
