using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Faults;

/// <summary>What does a first touch cost beyond clearing 4 KiB? Expected: some twenty nanoseconds, for any number of areas.</summary>
/// <remarks><code>
///   warm    the engine's RAM has been touched before: a fault takes a frame that the host has committed. The usual case of a long run
///   fresh   the engine has just been made: the host commits RAM as it is touched, in huge pages where it gives them
/// </code></remarks>
internal static class FirstTouchRaces
{
    private const int WarmCount = 128;
    private const int PagesOfDictionaryMax = 4096;    // beyond, the race measures the C library's heap, for seconds
    private const int PagesOfStream = 131_072;
    private const long HostBytesOfStream = 2048L << 20;
    private const string Unit = "first touch of a page";

    public static IEnumerable<RaceDefinition> All =>
    [
        new("anonymous-fault", "1MiB-warm", Unit, static scale => InOrder(scale.Pick(256, tiny: 16), isWrite: true)),
        new("anonymous-fault", "512MiB-warm", Unit, static scale => InOrder(scale.Pick(PagesOfStream, tiny: 32), isWrite: true))
        {
            HostBytes = HostBytesOfStream,
        },
        new("anonymous-fault", "512MiB-fresh", Unit, static scale =>
            Fresh(scale.Pick(PagesOfStream, tiny: 32))) { HostBytes = HostBytesOfStream },
        new("anonymous-fault-zeroed", "512MiB-warm", Unit, static scale =>
            InOrder(scale.Pick(PagesOfStream, tiny: 32), isWrite: true, isZeroedAhead: true))
        {
            HostBytes = HostBytesOfStream,
        },
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
        AddKernel(contenders, worlds, tour, isWrite);
        if (pages <= PagesOfDictionaryMax) contenders.Add(new DictionaryFirstTouch(dictionary, start.Value, tour, isWrite));
        if (isWrite && pages <= PagesOfDictionaryMax && PeerLibrary.Unicorn.IsAvailable) contenders.Add(new EmulatorFirstTouch());
        return new(pages, WarmCount, contenders, worlds);
    }

    private static Race Fresh(int pages)
    {
        PageTour tour = PageTour.InOrder(pages);
        List<Contender> contenders = [new EngineFreshTouch(tour)];
        List<IDisposable> worlds = [];
        if (HostKernel.IsAvailable)
        {
            HostRegion region = new(tour.ByteLength, hugePages: true);
            worlds.Add(region);
            contenders.Add(new FreshClear(region, tour));
        }

        AddKernel(contenders, worlds, tour, isWrite: true);
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

    /// <summary>Adds the kernel twice: with pages of 4 KiB, and with huge pages where the host gives them.</summary>
    private static void AddKernel(List<Contender> contenders, List<IDisposable> worlds, PageTour tour, bool isWrite)
    {
        if (!HostKernel.IsAvailable) return;
        HostRegion small = new(tour.ByteLength, hugePages: false), huge = new(tour.ByteLength, hugePages: true);
        worlds.AddRange([small, huge]);
        contenders.AddRange([KernelOn(small, tour, isWrite, hugePages: false), KernelOn(huge, tour, isWrite, hugePages: true)]);
    }

    private static unsafe KernelFirstTouch KernelOn(HostRegion region, PageTour tour, bool isWrite, bool hugePages) =>
        new((nint)region.Address, region.Discard, tour, isWrite, hugePages);    // the region is as long as the tour

    private static unsafe KernelFirstTouch KernelOn(HostComb comb, PageTour tour) =>
        new((nint)comb.Address, comb.Discard, tour, isWrite: true);    // the comb has an area for each page of the tour
}
