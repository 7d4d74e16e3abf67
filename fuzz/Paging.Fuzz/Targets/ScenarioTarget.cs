using Paging.Testing.Counting;
using Paging.Testing.Generating;
using Paging.Testing.Lockstep;
using Paging.Testing.Shrinking;

namespace Paging.Fuzz;

/// <summary>Scenarios on the engine and its oracles, call by call.</summary>
internal class ScenarioTarget(string name, string description, SwarmTheme theme, MachineSet oracles) : SeedTarget
{
    public override string Name => name;

    public override string Description => description;

    /// <summary>The machines for the scenarios.</summary>
    protected virtual LockstepOptions Machines(FuzzOptions options, MachineSet usual) =>
        new(options.Oracles ?? usual) { MayHaveHugePages = true };

    protected override Coverage NewCoverage() => CallOutcomes.NewCoverage();

    protected override FailureReport? RunSeed(FuzzOptions options, ulong seed, long operationCountMax, RunCounters counters,
        EngineShelf engines)
    {
        LockstepOptions machines = Machines(options, oracles) with { HasWindows = options.HasWindows };
        ScenarioRun run = new(theme, machines, options.AuditInterval);
        FuzzFailure? failure = run.Run(seed, operationCountMax, counters, engines);
        if (failure is null) return null;

        FailureScript script =
            FailureScript.Shrink(run.Header, run.Calls, failure, candidate =>
            ScriptReplay.Run(run.Machines, run.Header, candidate), options.ShrinkBudget);
        counters.ShrinkTime += script.Time;
        string path = script.WriteTo(options.OutDirectory, $"{Name}-{seed}", RegressionFile.NoteOn(run.Machines.Engine));
        string found = script.Outcome.Failure is { } small ? $"{small}\n  {script.Summary}" : $"{failure}\n  {script.Summary}";
        if ((options.Oracles ?? oracles) == MachineSet.Model) found += KernelOpinion.On(run.Header, script.Outcome);
        return script.Outcome.Failure is null && engines.CallCountBefore != 0
            ? new(engines.FirstSeed, engines.CallCountBefore + run.Calls.Count,
                $"{found}\n  seed {seed}, on an engine that is in use since seed {engines.FirstSeed}", path)
            : new(seed, run.Calls.Count, found, path);
    }
}
