using Paging.Testing.Counting;
using Paging.Testing.Lockstep;

namespace Paging.Fuzz;

/// <summary>
/// Threads that take memory away from each other while they use it: no thread sees a foreign or a freed frame, and no store is lost.
/// </summary>
internal sealed class ThreadsTarget : SeedTarget
{
    public override string Name => "threads";

    public override string Description =>
        "2 to 16 threads in shared and separate spaces: tagged pages, held spans, atomics, calls that take memory away, reclaim";

    protected override Coverage NewCoverage() => new(ThreadsRun.Operations, ThreadsRun.Outcomes);

    protected override FailureReport? RunSeed(FuzzOptions options, ulong seed, long operationCountMax, RunCounters counters,
        EngineShelf engines)
    {
        using ThreadsRun run = new(seed, operationCountMax);
        string? failure = run.Execute(counters);
        counters.ScenarioCount++;
        counters.AuditCount++;
        return failure is null ? null : new(seed, counters.OperationCount, failure, null);
    }
}
