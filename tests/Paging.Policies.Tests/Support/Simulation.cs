using Paging.Policies.Simulation;

namespace Paging.Policies.Tests;

/// <summary>Accesses in memory through simulators.</summary>
internal static class Simulation
{
    public static TraceSimulator Create(string policy, int frameCount) => PolicyCatalog.Find(policy)!.Create(frameCount);

    public static TraceSimulator Run(string policy, int frameCount, TraceAccess[] accesses)
    {
        TraceSimulator simulator = Create(policy, frameCount);
        Run(simulator, accesses);
        return simulator;
    }

    public static void Run(TraceSimulator simulator, TraceAccess[] accesses) => simulator.Run(BlockOf(accesses));

    public static TraceBlock BlockOf(TraceAccess[] accesses)
    {
        int[] ids = new int[accesses.Length];
        new DistinctPages().Identify(accesses, ids);
        return new(accesses, ids);
    }

    public static long Misses(string policy, int frameCount, TraceAccess[] accesses) => Run(policy, frameCount, accesses).MissCount;
}
