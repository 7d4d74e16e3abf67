using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Native;

namespace Paging.Bench.Operations.Access;

/// <summary>What does a translation that hits cost beyond the access itself? Expected: next to nothing where the access is random, at any size.</summary>
internal static class AccessRaces
{
    private const int AccessCount = 1 << 16;
    private const int AccessCountOfMemory = 1 << 17;    // so that what the contender before has left in the caches no longer matters
    private const int WarmCount = 1 << 12;

    /// <summary>Reads and writes, in order and anywhere, in four working sets.</summary>
    public static IEnumerable<RaceDefinition> All =>
    [
        .. Sizes<Sequential>("read-sequential", isWrite: false),
        .. Sizes<Scattered>("read-random", isWrite: false),
        .. Sizes<Sequential>("write-sequential", isWrite: true),
        .. Sizes<Scattered>("write-random", isWrite: true),
    ];

    private static IEnumerable<RaceDefinition> Sizes<TPattern>(string operation, bool isWrite)
        where TPattern : struct, IAccessPattern =>
    [
        Define<TPattern, KiB64>(operation, "64KiB", isWrite),
        Define<TPattern, MiB1>(operation, "1MiB", isWrite),
        Define<TPattern, MiB64>(operation, "64MiB", isWrite),
        Define<TPattern, GiB1>(operation, "1GiB", isWrite),
    ];

    private static RaceDefinition Define<TPattern, TSet>(string operation, string size, bool isWrite)
        where TPattern : struct, IAccessPattern
        where TSet : struct, IWorkingSet =>
        new(operation, size, "access of 4 bytes", scale => scale == Scale.Full ? Start<TPattern, TSet>(isWrite, TSet.Bits < MiB64.Bits ? AccessCount : AccessCountOfMemory) : Start<TPattern, KiB64>(isWrite, WarmCount))
        {
            HostBytes = 3L << TSet.Bits,
            IsPrepared = false,
        };

    private static Race Start<TPattern, TSet>(bool isWrite, int count)
        where TPattern : struct, IAccessPattern
        where TSet : struct, IWorkingSet
    {
        uint byteLength = 1u << TSet.Bits;
        EngineWorld world = new(byteLength);
        VirtualAddress start = world.Map(byteLength);
        world.Fill(start, byteLength);

        HostRegion region = new(byteLength, hugePages: true);
        region.Fill(EngineWorld.FilledByte);

        DictionaryMemory dictionary = new();
        bool hasDictionary = TSet.Bits < GiB1.Bits;    // a third gigabyte would show nothing new
        if (hasDictionary) dictionary.Fill(start.Value, byteLength, EngineWorld.FilledByte);

        Contender engine = isWrite ? new MmuWrite<TPattern, TSet>(world, start) : new MmuRead<TPattern, TSet>(world, start);
        Contender limit = isWrite ? new RawWrite<TPattern, TSet>(region) : new RawRead<TPattern, TSet>(region);
        Contender csharp = isWrite
            ? new DictionaryWrite<TPattern, TSet>(dictionary, start.Value)
            : new DictionaryRead<TPattern, TSet>(dictionary, start.Value);
        return new(count, WarmCount, hasDictionary ? [engine, limit, csharp] : [engine, limit], world, region, dictionary);
    }
}
