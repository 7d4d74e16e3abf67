using System.Diagnostics;
using Paging.Scripting.Calls;
using Paging.Testing.Lockstep;

namespace Paging.Testing.Shrinking;

/// <summary>A failing scenario made small.</summary>
/// <param name="Header">The state in which it begins.</param>
/// <param name="Outcome">Its calls, the oracle's results, the failure.</param>
/// <param name="OriginalCount">Calls before shrinking.</param>
/// <param name="TrialCount">Scripts executed to get there.</param>
/// <param name="Time">The time that this took.</param>
internal sealed record FailureScript(ScenarioHeader Header, ReplayOutcome Outcome, int OriginalCount, int TrialCount, TimeSpan Time)
{
    /// <summary>The extent of the shrinking.</summary>
    public string Summary => Outcome.Failure is null
        ? $"not shrunk: the script alone does not fail ({OriginalCount} calls)"
        : $"shrunk from {OriginalCount} calls to {Outcome.Calls.Count} in {TrialCount} trials";

    /// <summary>Shrinks a failing script as far as the budget allows; without a budget it is only executed again.</summary>
    public static FailureScript Shrink(ScenarioHeader header, List<ScenarioCall> calls, FuzzFailure failure, Func<List<ScenarioCall>,
        ReplayOutcome> replay, TimeSpan budget)
    {
        Stopwatch watch = Stopwatch.StartNew();
        Shrinker shrinker = new(
            candidate =>
            {
                ReplayOutcome outcome = replay(candidate);
                return outcome.Failure is { } found && found.IsLike(failure) ? outcome.Calls : null;
            },
            budget);
        List<ScenarioCall> small = budget > TimeSpan.Zero ? shrinker.Shrink([.. calls]) : calls;
        return new(header, replay(small), calls.Count, shrinker.TrialCount, watch.Elapsed);
    }

    /// <summary>Writes it as a scenario with the oracle's results.</summary>
    /// <param name="directory">The directory of the file.</param>
    /// <param name="name">Its name there, without the ending.</param>
    /// <param name="note">See <see cref="RegressionFile.NoteOn"/>.</param>
    /// <returns>The path.</returns>
    public string WriteTo(string directory, string name, string note = "")
    {
        string path = Path.Combine(directory, name + ".scn");
        string what = Outcome.Failure is { } failure
            ? $"{failure.Kind}: {failure.Actual.ReplaceLineEndings(" ")}" : "did not fail when it was run again";
        RegressionFile.Write(path, Header, Outcome, $"found by fuzz: {name}\n{what}{note}");
        return path;
    }
}
