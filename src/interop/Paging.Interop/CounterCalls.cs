using Paging.Core;

namespace Paging.Interop;

/// <summary>paging.h, "Counters".</summary>
// SAFETY: as Border.
internal static unsafe class CounterCalls
{
    [Export("paging_faults_get")]
    public static void GetFaults(ulong process, FaultCounts* counts) => Give(Processes.OfAny(process).Memory.Faults, counts);

    [Export("paging_engine_faults_get")]
    public static void GetFaultsOfAll(ulong engine, FaultCounts* counts) => Give(Engines.Of(engine).Faults, counts);

    private static void Give(FaultCounters faults, FaultCounts* counts) =>
        Sized.Write(counts, new FaultCounts
        {
            Minor = faults.Minor,
            Major = faults.Major,
            Refused = faults.Refused,
            ZeroPage = faults.ZeroPage,
            Anonymous = faults.Anonymous,
            Copied = faults.Copied,
            Reused = faults.Reused,
            FilePages = faults.File,
            FaultAround = faults.FaultAround,
            StackGrown = faults.StackGrown,
            SwappedIn = faults.SwappedIn,
        });

    [Export("paging_usage_get")]
    public static void GetUsage(ulong process, Usage* usage)
    {
        MemoryUsage found = Processes.Of(process).Memory.Usage;
        Sized.Write(usage, new Usage
        {
            Total = found.Total.Value,
            PeakTotal = found.PeakTotal.Value,
            Locked = found.Locked.Value,
            Resident = found.Resident.Value,
            PeakResident = found.PeakResident.Value,
            ResidentAnonymous = found.ResidentAnonymous.Value,
            ResidentFile = found.ResidentFile.Value,
            ResidentShared = found.ResidentShared.Value,
            Data = found.Data.Value,
            Stack = found.Stack.Value,
            Code = found.Code.Value,
            PageTables = found.PageTables.Value,
            Swapped = found.Swapped.Value,
        });
    }

    [Export("paging_machine_get")]
    public static void GetMachine(ulong engine, Machine* machine)
    {
        PagingEngine asked = Engines.Of(engine);
        MachineMemory found = asked.Memory;
        Sized.Write(machine, new Machine
        {
            Total = found.Total.Value,
            Free = found.Free.Value,
            Available = found.Available.Value,
            Cached = found.Cached.Value,
            Dirty = found.Dirty.Value,
            PageTables = found.PageTables.Value,
            MappedAnonymous = found.MappedAnonymous.Value,
            Shared = found.Shared.Value,
            SwapCached = found.SwapCached.Value,
            Unevictable = found.Unevictable.Value,
            ProcessCount = (uint)asked.ProcessCount,
            CommitLimit = found.CommitLimit,
            Committed = found.Committed,
            SwapTotal = found.SwapTotal,
            SwapFree = found.SwapFree,
        });
    }
}
