using Paging.Testing.Counting;
using Paging.Testing.Lockstep;

namespace Paging.Fuzz;

/// <summary>
/// Threads that take memory away from each other while they use it: no thread sees a foreign or a freed frame, and no store is lost.
/// </summary>
internal sealed class ThreadsTarget : SeedTarget
{
    private const int TouchesOneIn = 4;    // seeds

    public override string Name => "threads";

    public override string Description =>
        "2 to 16 threads in shared and separate spaces: tagged pages, held spans, atomics, calls that take memory away, reclaim";

    protected override Coverage NewCoverage() => new(ThreadsRun.Operations, ThreadsRun.Outcomes);

    protected override FailureReport? RunSeed(FuzzOptions options, ulong seed, long operationCountMax, RunCounters counters,
        EngineShelf engines)
    {
        string? failure = seed % TouchesOneIn == TouchesOneIn - 1
            ? RunTouches(seed, operationCountMax, counters) : RunAll(seed, operationCountMax, counters);
        counters.ScenarioCount++;
        counters.AuditCount++;
        return failure is null ? null : new(seed, counters.OperationCount, failure, null);
    }

    private static string? RunAll(ulong seed, long operationCountMax, RunCounters counters)
    {
        using ThreadsRun run = new(seed, operationCountMax);
        return run.Execute(counters);
    }

    private static string? RunTouches(ulong seed, long operationCountMax, RunCounters counters)
    {
        using TouchesRun run = new(seed, operationCountMax);
        return run.Execute(counters);
    }
}
