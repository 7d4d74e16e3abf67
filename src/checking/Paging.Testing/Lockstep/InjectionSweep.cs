using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.Testing.Lockstep;

/// <summary>Lets the n-th allocation of the i-th call of a script fail, for every i and n there are, each time in a fresh engine.</summary>
/// <remarks><code>
///   call 0 … i−1    as always
///   call i          its n-th allocation is refused: the right error, or none at all; the audit is clean
///   call i again    nothing is refused: the result that it always had
///   call i+1 …      results as always, as far as they cannot depend on what was given up; at the end nothing is left
/// </code></remarks>
/// <param name="header">The state in which the script begins.</param>
/// <param name="script">The calls; every one is executed.</param>
/// <param name="results">An oracle's result of each.</param>
internal sealed class InjectionSweep(ScenarioHeader header, IReadOnlyList<ScenarioCall> script, IReadOnlyList<ScriptResult> results)
{
    private const int AllocationsMax = 64;    // in one call; the first ones fail differently, the rest alike

    /// <summary>Called after each refused allocation, with the call and its result.</summary>
    public Action<ScenarioCall, ScriptResult>? Refused { get; init; }

    /// <summary>The sweep; the first failure ends it.</summary>
    public FuzzFailure? Run()
    {
        for (int index = 0; index < script.Count; index++)
        {
            if (IsHarness(index)) continue;
            for (int allocation = 1; allocation <= AllocationsMax; allocation++)
            {
                FuzzFailure? failure = RunOne(index, allocation, out bool wasReached);
                if (failure is not null) return failure with
                {
                    Actual = $"{failure.Actual}\nwith allocation {allocation} of call " +
                    $"{index + 1} refused: {script[index]}",
                    CallIndex = index
                };
                if (!wasReached) break;
            }
        }

        return null;
    }

    /// <summary>The machine creates files itself: there is no call for it.</summary>
    private bool IsHarness(int index) =>
        script[index].Name is >= CallName.Open and <= CallName.OpenWo
        && !script.Take(index).Any(earlier => string.Equals(earlier.FileName, script[index].FileName, StringComparison.Ordinal));

    private FuzzFailure? RunOne(int index, int allocation, out bool wasReached)
    {
        wasReached = false;
        using LockstepMachines machines = new(new(MachineSet.EngineOnly) { IsShort = true }, header);
        for (int i = 0; i < index; i++)
            if (machines.Execute(script[i], out _) is { } early) return early;

        VirtualAddress breakBefore = machines.World.Processes[script[index].Process].Memory.Break;
        machines.Engine.Frames.RefuseAllocation(allocation);
        FuzzFailure? failure = machines.Execute(script[index], out ScriptResult result);
        wasReached = !machines.Engine.Frames.IsRefusalPending;
        machines.Engine.Frames.RefuseAllocation(0);
        if (failure is not null || !wasReached) return failure;

        Refused?.Invoke(script[index], result);
        ScriptResult expected = results[index];
        // an error may be there for two reasons
        bool isAbsorbed = expected.Agrees(result) && result.Kind is not (CallResultKind.Error or CallResultKind.Signal);
        bool repeats = InjectedOutcome.RepeatsItsResult(machines.World, script[index]);
        if (!isAbsorbed)
        {
            if (!InjectedOutcome.IsRight(script[index], expected, result, breakBefore))
                return Differ(index, expected, result, "wrong error");
            failure = machines.Audit(script[index]) ?? machines.Execute(script[index], out result);
            if (failure is null && repeats && !expected.Agrees(result)) failure = Differ(index, expected, result, "wrong retry");
        }

        return failure ?? machines.Audit(script[index]) ?? GoOn(machines, index + 1, repeats);
    }

    /// <summary>
    /// An absorbed failure may have changed for good only details that the dialect leaves open: resident pages, and merges of areas.
    /// </summary>
    private FuzzFailure? GoOn(LockstepMachines machines, int from, bool compares)
    {
        for (int i = from; i < script.Count; i++)
        {
            ScenarioCall call = script[i];
            compares &= !InjectedOutcome.DependsOnAreas(machines.World, call);
            if (machines.Execute(call, out ScriptResult result) is { } failure) return failure;
            if (compares && !InjectedOutcome.ShowsInside(call.Name) && !results[i].Agrees(result))
                return Differ(i, results[i], result, "later");
        }

        return machines.Finish(script[^1]);
    }

    private FuzzFailure Differ(int index, in ScriptResult expected, in ScriptResult actual, string mark) =>
        new(FailureKind.Difference, index, script[index], $"{expected} (as without the refusal)", $"{actual} ({mark})", mark);
}
