using Paging.Traces;
using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Tests;

/// <summary>Accesses in memory through simulators.</summary>
internal static class SimulatedRuns
{
    public static TraceSimulator Create(string policy, int frameCount) => ReplayCatalog.Find(policy)!.Simulate(frameCount);

    public static TraceSimulator Run(string policy, int frameCount, TraceAccess[] accesses)
    {
        TraceSimulator simulator = Create(policy, frameCount);
        Run(simulator, accesses);
        return simulator;
    }

    public static void Run(TraceSimulator simulator, TraceAccess[] accesses) => simulator.Run(BlockOf(accesses));

    public static TraceBlock BlockOf(TraceAccess[] accesses)
    {
        Dictionary<ulong, int> ids = [];
        foreach (TraceAccess access in accesses) ids.TryAdd(access.Page, ids.Count);
        return new(accesses, accesses.Select(access => ids[access.Page]).ToArray());
    }

    public static long Misses(string policy, int frameCount, TraceAccess[] accesses) => Run(policy, frameCount, accesses).MissCount;
}
