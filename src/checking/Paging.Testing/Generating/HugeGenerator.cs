using Paging.Core;
using Paging.Scripting.Calls;
using Paging.Testing.Randomness;
using Paging.Testing.World;

namespace Paging.Testing.Generating;

/// <summary>Makes the calls of docs/DIALECT-HUGE.md, and gives the other ones the sizes and flags of huge pages.</summary>
internal sealed class HugeGenerator(ScenarioWorld world, Swarm swarm, FuzzRandom random, PlacePicker places)
{
    private const int SizeShift = 26;
    private const long LinesShownMax = 16;

    private static readonly string[] Names = ["H", "I"];
    private static readonly long[] OddFileFlags =
        [0, 0, 1, 2, 8, 16, 24, 12, 32, 4 | (16L << SizeShift), 4 | (30L << SizeShift), 21L << SizeShift, 4 | (20L << SizeShift)];

    /// <summary>A call that only scenarios with huge pages have.</summary>
    public ScenarioCall Make(WorldProcess process, CallName name) => name switch
    {
        CallName.MemFd => new(name, process.Number, 1,
            !swarm.HasPool ? random.OneOf([0L, 0, 1, 2, 8, 24])
                : random.Percent(80) ? random.OneOf([4L, 4, 5]) : random.OneOf<long>(OddFileFlags), FileName: random.OneOf<string>(Names)),
        CallName.Fallocate => new(name, process.Number, 4, FileGenerator.Descriptor(process, swarm, random),
            random.Percent(swarm.OddArgumentsPercent) ? random.OneOf([2L, 3, 8, 16, 64]) : random.OneOf([0L, 0, 1]),
            Offset(swarm, random), Length(swarm, random)),
        CallName.Fsize => new(name, process.Number, 1, FileGenerator.Descriptor(process, swarm, random)),
        CallName.SetPool => new(name, process.Number, 1, random.Below(HugeSetting.PoolPagesMax + 1)),
        CallName.Prctl => Control(process),
        CallName.HugeMap => QueryCall(process, name, random.Between(1, (int)LinesShownMax)),
        CallName.Smaps => random.Percent(30)
            ? new(name, process.Number, 2, 0, world.Header.Reserved.Value) : QueryCall(process, name, random.Skewed(8)),
        _ => new(name, process.Number, 0),
    };

    /// <summary>An advice about huge pages.</summary>
    public static long Advice(FuzzRandom random) => (long)random.OneOf<MemoryAdvice>(
        [MemoryAdvice.HugePage, MemoryAdvice.HugePage, MemoryAdvice.HugePage, MemoryAdvice.NoHugePage, MemoryAdvice.Collapse]);

    /// <summary>Makes mappings of the pool of some mmaps, and gives a file's mapping offsets in whole huge pages.</summary>
    public static void Shape(Swarm swarm, FuzzRandom random, PlacePicker places, WorldProcess process, ref uint flags, ref long address,
        ref long byteLength, ref long offset)
    {
        bool isAnonymous = (flags & (uint)MapFlags.Anonymous) != 0;
        if (!isAnonymous && random.Percent(60)) offset = random.Percent(60) ? 0 : (long)random.Below(4) * swarm.HugeBytes;
        if (isAnonymous && swarm.HasPool && random.Percent(30)) flags |= (uint)MapFlags.HugeTlb;
        else if (!random.Percent(swarm.OddArgumentsPercent)) return;
        if (random.Percent(swarm.OddArgumentsPercent)) flags |= random.OneOf<uint>([21, 22, 30, 16, 20]) << SizeShift;
        if (!random.Percent(85)) return;
        byteLength = places.LineLength();
        if (address != 0) address = places.LineAddress(process);
    }

    /// <summary>A call on a file of huge pages, with places at their borders.</summary>
    public static ScenarioCall OnFile(Swarm swarm, FuzzRandom random, WorldProcess process, CallName name, long descriptor) => name switch
    {
        CallName.Ftruncate => new(name, process.Number, 2, descriptor, (long)random.Below(5) * swarm.HugeBytes),
        CallName.Pread => new(name, process.Number, 3, descriptor, random.OneOf([1L, 4096, 8192]), Offset(swarm, random)),
        CallName.Pwrite => new(name, process.Number, 4, descriptor, random.OneOf([0L, 1, 4096]), Offset(swarm, random), random.Below(40)),
        _ => new(CallName.Punch, process.Number, 3, descriptor, Offset(swarm, random), Length(swarm, random)),
    };

    private ScenarioCall Control(WorldProcess process)
    {
        if (random.Percent(swarm.OddArgumentsPercent))
            return new(CallName.Prctl, process.Number, 5, random.Between(41, 42), random.Below(3), random.Below(5), random.Below(2),
                random.Below(2));
        return random.Percent(25)
            ? new(CallName.Prctl, process.Number, 1, 42)
            : new(CallName.Prctl, process.Number, 3, 41, random.Below(2), random.OneOf([0L, 0, 2]));
    }

    private ScenarioCall QueryCall(WorldProcess process, CallName name, long lines)
    {
        long low = places.LineAddress(process);
        if (name == CallName.HugeMap && random.Percent(60)) low = swarm.Arena.Address.Value / swarm.HugeBytes * swarm.HugeBytes;
        return new(name, process.Number, 2, low, low + (lines * swarm.HugeBytes));
    }

    private static long Offset(Swarm swarm, FuzzRandom random) => random.Percent(75)
        ? (long)random.Below(4) * swarm.HugeBytes
        : random.OneOf([0x1000L, swarm.HugeBytes / 2, swarm.HugeBytes - 1, swarm.HugeBytes + 100]);

    private static long Length(Swarm swarm, FuzzRandom random) => random.Percent(75)
        ? (long)random.Skewed(3) * swarm.HugeBytes
        : random.OneOf([0L, 1, 0x1000, swarm.HugeBytes / 2, swarm.HugeBytes + 0x1000]);
}
