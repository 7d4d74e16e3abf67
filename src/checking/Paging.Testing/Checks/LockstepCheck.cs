using Paging.ReferenceModel;
using Paging.Scripting.Calls;
using Paging.Testing.Generating;
using Paging.Testing.Lockstep;
using Paging.Testing.Shrinking;

namespace Paging.Testing.Checks;

/// <summary>Compares an implementation of the dialect's calls with the reference model, call by call, and shrinks a difference.</summary>
/// <remarks>A call that the implementation answers with <see cref="ScriptResult.Unsupported"/> is passed over on both sides.</remarks>
public static class LockstepCheck
{
    private static readonly TimeSpan UsualBudget = TimeSpan.FromSeconds(10);

    /// <summary>Runs generated scenarios on an implementation and on the model.</summary>
    /// <param name="create">Makes the implementation; one for each scenario.</param>
    /// <param name="scenarioCount">The number of scenarios.</param>
    /// <param name="firstSeed">The first one's seed.</param>
    /// <param name="callCountMax">The most calls in one scenario.</param>
    /// <param name="timeLimit">The time for one scenario; null: 30 s. <see cref="Timeout.InfiniteTimeSpan"/>: no limit.</param>
    /// <exception cref="CheckFailedException">
    /// They differ, or one does not end; the message has the seed and the smallest script.
    /// </exception>
    public static void AgainstModel(
        Func<IScenarioMachine> create, int scenarioCount, ulong firstSeed = 1, int callCountMax = 300, TimeSpan? timeLimit = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        ArgumentOutOfRangeException.ThrowIfNegative(scenarioCount);
        using TimeLimit limit = new(timeLimit);
        Generator<GeneratedScenario> scenarios = Generators.Scenarios(callCountMax);
        for (ulong seed = firstSeed; seed < firstSeed + (ulong)scenarioCount; seed++)
        {
            LockstepDifference? found = null;
            limit.Run(isOver => found = Compare(scenarios.Draw(seed), create, NewModel, isOver), () => $"Seed {seed}");
            if (found is null) continue;
            throw new CheckFailedException($"Seed {seed}: the results differ.\n{Shrink(found, create, NewModel, UsualBudget)}");
        }
    }

    /// <summary>Returns the first difference in a scenario; null if there is none.</summary>
    /// <param name="scenario">The calls.</param>
    /// <param name="create">Makes the machine in question.</param>
    /// <param name="createTrusted">Makes the machine that is right.</param>
    public static LockstepDifference? Find(
        GeneratedScenario scenario, Func<IScenarioMachine> create, Func<IScenarioMachine> createTrusted)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(createTrusted);
        return Compare(scenario, create, createTrusted, CancellationToken.None);
    }

    private static LockstepDifference? Compare(
        GeneratedScenario scenario, Func<IScenarioMachine> create, Func<IScenarioMachine> createTrusted, CancellationToken isOver)
    {
        using IScenarioMachine machine = Made(create), trusted = Made(createTrusted);
        machine.Start(scenario.Header);
        trusted.Start(scenario.Header);
        for (int index = 0; index < scenario.Calls.Length && !isOver.IsCancellationRequested; index++)
        {
            ScenarioCall call = scenario.Calls[index];
            ScriptResult actual = machine.Execute(call);
            if (actual.Kind == CallResultKind.Unsupported) continue;
            ScriptResult expected = trusted.Execute(call);
            if (!expected.Agrees(actual)) return new(scenario with { Calls = scenario.Calls[..(index + 1)] }, expected, actual);
        }

        return null;
    }

    /// <summary>Makes a script smaller while the same call still gives different results.</summary>
    /// <param name="found">The result of <see cref="Find"/>.</param>
    /// <param name="create">Makes the machine in question.</param>
    /// <param name="createTrusted">Makes the machine that is right.</param>
    /// <param name="budget">The time that it may take.</param>
    public static LockstepDifference Shrink(
        LockstepDifference found, Func<IScenarioMachine> create, Func<IScenarioMachine> createTrusted, TimeSpan budget)
    {
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(createTrusted);
        LockstepDifference best = found;
        LockstepOptions engine = new(MachineSet.EngineOnly);
        Shrinker shrinker = new(
            candidate =>
            {
                ReplayOutcome allowed = ScriptReplay.Run(engine, found.Script.Header, candidate, audits: false);
                if (allowed.Calls.Count == 0) return null;
                GeneratedScenario script = found.Script with { Calls = [.. allowed.Calls] };
                if (Find(script, create, createTrusted) is not { } again) return null;
                if (again.Script.Calls[^1].Name != found.Script.Calls[^1].Name) return null;
                best = again;
                return [.. again.Script.Calls];
            },
            budget);
        shrinker.Shrink([.. found.Script.Calls]);
        return best;
    }

    private static IScenarioMachine Made(Func<IScenarioMachine?> create) =>
        create() ?? throw new InvalidOperationException("The function that makes a machine has returned null.");

    private static ReferenceMachine NewModel() => new();
}
