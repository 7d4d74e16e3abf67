using Paging.Core;
using Paging.Scripting.Calls;
using Paging.Testing.Randomness;
using Paging.Testing.World;

namespace Paging.Testing.Generating;

/// <summary>Makes madvise, msync, the locks, mincore and rlimit.</summary>
internal sealed class AdviceGenerator(Swarm swarm, FuzzRandom random, PlacePicker places)
{
    private static readonly MemoryAdvice[] UsualAdvice =
    [
        MemoryAdvice.DontNeed, MemoryAdvice.DontNeed, MemoryAdvice.DontNeed, MemoryAdvice.Normal, MemoryAdvice.Random,
            MemoryAdvice.Sequential, MemoryAdvice.WillNeed,
        MemoryAdvice.Remove, MemoryAdvice.Remove, MemoryAdvice.DontFork, MemoryAdvice.DontFork, MemoryAdvice.DoFork, MemoryAdvice.DontDump,
            MemoryAdvice.DoDump,
        MemoryAdvice.WipeOnFork, MemoryAdvice.WipeOnFork, MemoryAdvice.KeepOnFork, MemoryAdvice.Cold, MemoryAdvice.PageOut,
            MemoryAdvice.PopulateRead,
        MemoryAdvice.PopulateRead, MemoryAdvice.PopulateWrite, MemoryAdvice.PopulateWrite, MemoryAdvice.DontNeedLocked,
        MemoryAdvice.PageOut, MemoryAdvice.PageOut, MemoryAdvice.Mergeable, MemoryAdvice.Unmergeable, MemoryAdvice.HugePage,
            MemoryAdvice.NoHugePage,
        MemoryAdvice.GuardInstall, MemoryAdvice.GuardInstall, MemoryAdvice.GuardInstall, MemoryAdvice.GuardRemove, MemoryAdvice.GuardRemove,
    ];

    public ScenarioCall Advise(WorldProcess process)
    {
        long address = places.Address(process);
        long advice = (long)random.OneOf<MemoryAdvice>(UsualAdvice);
        if (swarm.HugeBytes != 0 && random.Percent(35)) advice = HugeGenerator.Advice(random);
        if (swarm.UsesFree && random.Percent(20)) advice = (long)MemoryAdvice.Free;
        if (random.Percent(swarm.OddArgumentsPercent)) advice = random.OneOf([5L, 6, 7, 26, 99, 104, 999, 1000, -1, 1 << 20]);
        long byteLength = places.ByteLength(process, address);
        bool fills = (MemoryAdvice)advice is MemoryAdvice.PopulateRead or MemoryAdvice.PopulateWrite or MemoryAdvice.GuardInstall;
        if (fills) byteLength = places.FilledLength(byteLength);
        return new(CallName.Madvise, process.Number, 3, address, byteLength, advice);
    }

    public ScenarioCall Synchronize(WorldProcess process)
    {
        long address = places.Address(process);
        long flags = random.Percent(swarm.OddArgumentsPercent)
            ? random.OneOf([5L, 7, 8, 16, 0xFFFF_FFFF]) : random.OneOf([0L, 1, 2, 2, 3, 4, 6]);
        return new(CallName.Msync, process.Number, 3, address, places.ByteLength(process, address), flags);
    }

    /// <summary>mlock and munlock; mlock2 has flags.</summary>
    public ScenarioCall Lock(WorldProcess process, CallName name)
    {
        long address = places.Address(process);
        long byteLength = places.ByteLength(process, address);
        // far ones meet the limit, and holes
        if (name != CallName.Munlock && !random.Percent(10)) byteLength = places.FilledLength(byteLength);
        if (name != CallName.Mlock2) return new(name, process.Number, 2, address, byteLength);
        return new(name, process.Number, 3, address, byteLength, random.Percent(swarm.OddArgumentsPercent)
            ? random.OneOf([2L, 3, 4, 0xFFFF_FFFF]) : random.Below(2));
    }

    public ScenarioCall LockAll(WorldProcess process) =>
        new(CallName.Mlockall, process.Number, 1, random.Percent(swarm.OddArgumentsPercent)
            ? random.OneOf([0L, 4, 8, 9, 16]) : random.OneOf([1L, 2, 3, 5, 6, 7]));

    public ScenarioCall InCore(WorldProcess process)
    {
        long address = places.Address(process);
        return new(CallName.Mincore, process.Number, 2, address, places.ByteLength(process, address));
    }

    /// <summary>A limit near the present use, so that the next calls meet it; or no limit.</summary>
    public ScenarioCall Limit(WorldProcess process)
    {
        ResourceLimit limit = (ResourceLimit)random.Below(4);
        MemoryUsage used = process.Memory.Usage;
        long pages = limit switch
        {
            ResourceLimit.Data => used.Data.Value,
            ResourceLimit.Stack => random.Below(40),
            ResourceLimit.LockedMemory => used.Locked.Value,
            _ => used.Total.Value,
        };
        long bytes = Math.Max(0, pages + random.Between(-4, 24)) << 12;
        if (random.Percent(20)) bytes += random.OneOf([1, 100, 0xFFF]);
        if (random.Percent(8)) bytes = random.OneOf([0x1000L, 0x10_0000, 0x80_0000, 0x4000_0000, 0xBFFF_F000, 0xFFFF_FFFF, 0x1_0000_0000]);
        bool isLifted = random.Percent(30);
        if (limit == ResourceLimit.Data && random.Percent(12)) bytes = 0;
        if (limit == ResourceLimit.LockedMemory) bytes = isLifted ? DialectLimits.LockLimitAtStart : random.Percent(15) ? 0 : bytes;
        else if (isLifted) bytes = limit == ResourceLimit.Stack ? 0x80_0000 : -1;
        return new(CallName.Rlimit, process.Number, 2, (long)limit, bytes);
    }
}
