using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;

namespace Paging.Bench.Operations.Threads;

/// <summary>
/// What do operations cost when several threads do them at a time? Figures are wall time by all operations of all threads, so that two
/// threads that do not disturb each other halve them.
/// </summary>
internal static class ThreadRaces
{
    private const int Reads = 1 << 18, Warm = 1 << 10;
    private const int ManyPages = 1 << 18;    // some ms for each thread: several times as long as the host takes to start them
    private const int Maps = 1 << 14;    // a run lasts several times as long as the longest operation may

    public static IEnumerable<RaceDefinition> All =>
    [
        .. ((int[])[1, 2]).Select(static threads => new RaceDefinition("threads-read", Size(threads),
            "random read of 4 bytes, 1 MiB a thread",
            scale => Read(threads, scale))),
        .. Faults("threads-fault", "first touch of a page, one space",
            static (threads, pages) => Fault(threads, pages, spaces: 1, new(threads, (ulong)pages << 12))),
        .. Faults("threads-fault-apart", "first touch of a page, a space for each thread",
            static (threads, pages) => Fault(threads, pages, threads, new(threads, (ulong)pages << 12, threads))),
        new("threads-allowed", "4MiB", "first touch of a page by one thread, threads allowed",
            static scale => Allow(scale.Pick(1 << 10, tiny: 32))),
        .. Counts.Select(static threads => new RaceDefinition("threads-fault-zeroed", Size(threads),
            "first touch of a page that was zeroed ahead, one space",
            scale => Touch(threads, scale.Pick(ManyPages, tiny: 32), zeroes: true, writes: true))
        {
            HostBytes = (long)ManyPages << 12,
        }),
        .. Counts.Select(static threads => new RaceDefinition("threads-zero-page", Size(threads),
            "first read of a page, one space",
            scale => Touch(threads, scale.Pick(ManyPages, tiny: 32), zeroes: false, writes: false))),
        .. ((int[])[1, 2, 4, 16]).Select(static threads => new RaceDefinition("threads-mmap", Size(threads),
            "mmap, touch and munmap of a page, one space",
            scale => Map(threads, scale.Pick(Maps, tiny: 16)))),
        new("slow-path", Size(1), "the lock around calls and faults, taken and left", static scale => Hold(scale)),
        .. ((int[])[1, 8, 64]).Select(static threads => new RaceDefinition("shootdown", Size(threads),
            "discard of a touched page, one thread running",
            scale => Shoot(threads, scale.Pick(1_024, tiny: 8)))),
    ];

    private static readonly int[] Counts = [1, 2, 4];

    private static string Size(int threads) => $"{threads}-threads";

    private static IEnumerable<RaceDefinition> Faults(string operation, string unit, Func<int, int, Race> race)
    {
        foreach (int threads in Counts)
        {
            // Of several threads, a run of 4 MiB takes as long as the host takes to wake one.
            if (threads == 1)
                yield return new(operation, $"{Size(threads)}-4MiB", unit, scale => race(threads, scale.Pick(1 << 10, tiny: 32)));
            yield return new(operation, $"{Size(threads)}-512MiB", unit, scale => race(threads, scale.Pick(1 << 17, tiny: 32)));
        }
    }

    private static Race Read(int threads, Scale scale)
    {
        ThreadWorld world = new(threads, (ulong)threads << 20);
        return new(scale.Pick(Reads, tiny: 1_024), Warm, [new EngineThreadReads(world)], world);
    }

    private static Race Fault(int threads, int pages, int spaces, ThreadWorld world)
    {
        List<Contender> contenders = [new EngineThreadFaults(world, pages), new BareThreadFaults(threads, pages)];
        if (spaces == 1 && HostKernel.IsAvailable) contenders.Add(new KernelThreadFaults(threads, pages));
        return new(pages, Warm, contenders, world);
    }

    /// <summary>An engine with AllowThreads beside one without, of the same size.</summary>
    private static Race Allow(int pages)
    {
        uint byteLength = (uint)pages << 12;
        EngineWorld alone = new(byteLength);
        ThreadWorld world = new(threads: 1, alone.Engine.Options.RamBytes - ThreadWorld.Overhead);
        return new(pages, Warm, [new EngineThreadFaults(world, pages), new UnthreadedFaults(alone, pages)], world, alone);
    }

    private static Race Touch(int threads, int pages, bool zeroes, bool writes)
    {
        ThreadWorld world = new(threads, (ulong)pages << 12, spaces: 1, zeroes);
        return new(pages, Warm, [new EngineThreadFaults(world, pages, writes)], world);
    }

    private static Race Map(int threads, int count)
    {
        ThreadWorld world = new(threads, 4 << 20);
        List<Contender> contenders = [new EngineThreadMaps(world)];
        if (HostKernel.IsAvailable) contenders.Add(new KernelThreadMaps(threads));
        return new(count, Warm, contenders, world);
    }

    private static Race Hold(Scale scale)
    {
        ThreadWorld world = new(threads: 1, 4 << 20);
        return new(scale.Pick(1 << 16, tiny: 64), Warm, [new EngineHolds(world)], world);
    }

    private static Race Shoot(int threads, int count)
    {
        ThreadWorld world = new(threads, 4 << 20);
        return new(count, count, [new EngineShootdowns(world)], world);
    }
}
