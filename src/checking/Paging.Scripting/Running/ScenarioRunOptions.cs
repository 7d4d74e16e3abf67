namespace Paging.Scripting.Running;

/// <summary>The options for running a scenario.</summary>
public sealed record ScenarioRunOptions
{
    /// <summary>Stop at the first difference, count nothing, audit nothing.</summary>
    public static ScenarioRunOptions Default { get; } = new();

    /// <summary>Go on after a difference. A finding of the audit ends the scenario all the same: the machine is broken then.</summary>
    public bool KeepGoing { get; init; }

    /// <summary>Called after every call. Its text, or an <see cref="Native.InvariantException"/> that it throws, is a finding.</summary>
    public Func<string?>? AfterEach { get; init; }

    /// <summary>Called once after the last call of a scenario that came to its end, like <see cref="AfterEach"/>.</summary>
    public Func<string?>? AfterLast { get; init; }

    /// <summary>Counts the calls, if given.</summary>
    public ScenarioTally? Tally { get; init; }

    /// <summary>Receives the number of executed calls after each call; for a progress bar. Null for none.</summary>
    public Action<int>? Progress { get; init; }
}
