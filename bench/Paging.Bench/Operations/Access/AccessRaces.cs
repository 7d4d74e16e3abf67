using Paging.Bench.Harness;
using Paging.Bench.Peers;
using Paging.Native.Collections;

namespace Paging.Bench.Operations.Access;

/// <summary>
/// What does a translation that hits cost beyond the access itself? Expected: next to nothing where the access is random, at any size.
/// </summary>
internal static class AccessRaces
{
    private const int AccessCount = 1 << 16;
    private const int AccessCountOfMemory = 1 << 17;    // so that the cache contents of the contender before no longer matter
    private const int WarmCount = 1 << 12;

    /// <summary>Reads and writes, in order and anywhere, in four working sets.</summary>
    public static IEnumerable<RaceDefinition> All
    {
        get
        {
            SharedWorld<AccessWorld>[] worlds = [WorldOf<KiB64>(), WorldOf<MiB1>(), WorldOf<MiB64>(), WorldOf<GiB1>()];
            return
            [
                .. Sizes<Sequential>("read-sequential", worlds, isWrite: false),
                .. Sizes<Scattered>("read-random", worlds, isWrite: false),
                .. Sizes<Sequential>("write-sequential", worlds, isWrite: true),
                .. Sizes<Scattered>("write-random", worlds, isWrite: true),
            ];
        }
    }

    private static SharedWorld<AccessWorld> WorldOf<TSet>()
        where TSet : struct, IWorkingSet => new(static () => new(TSet.Bits));

    private static RaceDefinition[] Sizes<TPattern>(string operation, SharedWorld<AccessWorld>[] worlds, bool isWrite)
        where TPattern : struct, IAccessPattern =>
    [
        Define<TPattern, KiB64>(operation, "64KiB", worlds[0], isWrite),
        Define<TPattern, MiB1>(operation, "1MiB", worlds[1], isWrite),
        Define<TPattern, MiB64>(operation, "64MiB", worlds[2], isWrite),
        Define<TPattern, GiB1>(operation, "1GiB", worlds[3], isWrite),
    ];

    private static RaceDefinition Define<TPattern, TSet>(string operation, string size, SharedWorld<AccessWorld> world, bool isWrite)
        where TPattern : struct, IAccessPattern
        where TSet : struct, IWorkingSet =>
        new(operation, size, "access of 4 bytes", scale => scale == Scale.Full ? Full<TPattern,
            TSet>(world.Enter(), isWrite) : Tiny<TPattern>(isWrite))
        {
            HostBytes = 3L << TSet.Bits,
            IsPrepared = false,
            World = world,
        };

    private static Race Full<TPattern, TSet>(AccessWorld world, bool isWrite)
        where TPattern : struct, IAccessPattern
        where TSet : struct, IWorkingSet =>
        new(TSet.Bits < MiB64.Bits ? AccessCount : AccessCountOfMemory, WarmCount, Contenders<TPattern, TSet>(world, isWrite));

    private static Race Tiny<TPattern>(bool isWrite)
        where TPattern : struct, IAccessPattern
    {
        AccessWorld world = new(KiB64.Bits);
        return new(WarmCount, WarmCount, Contenders<TPattern, KiB64>(world, isWrite), world);
    }

    private static List<Contender> Contenders<TPattern, TSet>(AccessWorld world, bool isWrite)
        where TPattern : struct, IAccessPattern
        where TSet : struct, IWorkingSet
    {
        world.Fill();    // all of it has been touched before a race writes to it, too
        if (isWrite) world.Spoil();
        List<Contender> contenders = isWrite
            ? [new MmuWrite<TPattern, TSet>(world.Engine, world.Start), new RawWrite<TPattern, TSet>(world.Region)]
            : [new MmuRead<TPattern, TSet>(world.Engine, world.Start), new RawRead<TPattern, TSet>(world.Region)];
        if (PeerLibrary.Hits.IsAvailable)
            contenders.Add(isWrite ? new CWrite<TPattern, TSet>(world.Engine, world.Start) : new CRead<TPattern,
                TSet>(world.Engine, world.Start));
        if (world.Dictionary is { } dictionary)
            contenders.Add(isWrite ? new DictionaryWrite<TPattern, TSet>(dictionary, world.Start.Value) : new DictionaryRead<TPattern,
                TSet>(dictionary, world.Start.Value));
        if (world.Emulated is { } emulated) contenders.Add(isWrite ? new EmulatorWrite<TPattern,
            TSet>(emulated) : new EmulatorRead<TPattern, TSet>(emulated));
        return contenders;
    }
}
