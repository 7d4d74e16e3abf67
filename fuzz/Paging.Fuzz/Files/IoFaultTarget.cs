using Paging.Native;
using Paging.Scripting.Running;
using Paging.Testing.Counting;
using Paging.Testing.Lockstep;
using Paging.Testing.Randomness;
using Paging.Testing.Shrinking;

namespace Paging.Fuzz;

/// <summary>
/// Short stories of one file in which every call to the disk and every allocation fails once, each time in a fresh engine.
/// </summary>
/// <remarks><code>
///   operation 0 … i−1    as always
///   operation i          its n-th call to the disk, or its n-th allocation, is refused: the right error, or none; contents right, audit
///                        clean
///   operation i again    nothing is refused: it succeeds
///   operation i+1 …      as always; fsync reports a failed write-back; at the end nothing is left
/// </code></remarks>
internal sealed class IoFaultTarget : SeedTarget
{
    private const int OperationCountMax = 50;
    private const int RefusalsMax = 24;    // in one operation; the first ones fail differently, the rest alike

    public override string Name => "iofaults";

    public override string Description =>
        "every call to the disk and every allocation of a short story of files fails once (outcomes are those of the refused operations)";

    protected override Coverage NewCoverage() => new(FileRun.Operations, FileRun.Outcomes);

    protected override FailureReport? RunSeed(FuzzOptions options, ulong seed, long operationCountMax, RunCounters counters,
        EngineShelf engines)
    {
        FuzzRandom random = new(seed);
        List<RawOperation> script = [.. Enumerable.Range(0, random.Between(8, OperationCountMax))
            .Select(_ => RawOperation.Draw(random, FileRun.Operations.Length))];
        counters.ScenarioCount++;
        if (Sweep(seed, script, counters) is not { } failure) return null;

        List<RawOperation> small = script;
        ChunkDropper dropper = new(options.ShrinkBudget);
        dropper.Drop(small, static (list, first, count) => [.. list.Take(first), .. list.Skip(first + count)], candidate =>
        {
            if (Sweep(seed, candidate, counters: null) is null) return false;
            small = candidate;
            return true;
        }, () => small);
        string last = Sweep(seed, small, counters: null) ?? failure;
        return new(seed, 1, $"{last}\n  shrunk from {script.Count} operations to {small.Count}",
            new OperationScript(seed, 1, small).Write(Name, FileRun.Operations, options.OutDirectory, last));
    }

    private static string? Sweep(ulong seed, List<RawOperation> script, RunCounters? counters)
    {
        for (int index = 0; index < script.Count; index++)
        {
            foreach (bool isAllocation in (ReadOnlySpan<bool>)[false, true])
            {
                for (int number = 1; number <= RefusalsMax; number++)
                {
                    string? failure = RunOne(seed, script, index, number, isAllocation, counters, out bool wasReached);
                    if (failure is not null) return $"{(isAllocation ? "allocation" : "disk call")} {number} of operation {index + 1}, " +
                        $"{FileRun.Operations[script[index].Kind]}, refused: {failure}";
                    if (!wasReached) break;
                }
            }
        }

        return null;
    }

    private static string? RunOne(ulong seed, List<RawOperation> script, int index, int number, bool isAllocation, RunCounters? counters,
        out bool wasReached)
    {
        wasReached = false;
        using FileRun run = new(new(seed), mayHaveTrouble: false);
        try
        {
            for (int i = 0; i < index; i++)
                if (Failing(run, script, i, out _) is { } early) return early;

            run.FailAt(number, isAllocation);
            string? failure = Failing(run, script, index, out int outcome);
            wasReached = run.Heal();
            if (failure is not null || !wasReached) return failure;
            counters?.Coverage.Add((int)script[index].Kind, outcome);
            if (counters is not null)
                (counters.OperationCount, counters.AuditCount) = (counters.OperationCount + 1, counters.AuditCount + 1);

            failure = run.Verify();
            if (failure is null && FileRun.IsRefusal(outcome))
            {
                failure = Failing(run, script, index, out int again);
                if (failure is null && FileRun.IsRefusal(again))
                    failure = $"refused again, {FileRun.Outcomes[again]}, although nothing fails any more";
            }

            for (int i = index + 1; i < script.Count && failure is null; i++) failure = Failing(run, script, i, out _);
            return failure ?? run.Finish();
        }
        catch (Exception exception) when (exception is InvariantException || Defect.Is(exception))
        {
            return Defect.Describe(exception);
        }
    }

    private static string? Failing(FileRun run, List<RawOperation> script, int index, out int outcome)
    {
        outcome = run.Execute(script[index], out string? failure);
        return failure is null ? null : $"{FileRun.Operations[script[index].Kind]} at {index + 1}: {failure}";
    }
}
