using System.Collections.Immutable;

namespace Paging.Scripting.Running;

/// <summary>A call whose result is not the recorded one, or after which the machine's audit found something.</summary>
/// <param name="Line">The call's line in the file.</param>
/// <param name="Call">The call as it was written.</param>
/// <param name="Expected">The recorded result, a block in full.</param>
/// <param name="Actual">The result instead; begins with <c>audit:</c> for a finding.</param>
public sealed record ScenarioDifference(int Line, string Call, string Expected, string Actual);

/// <summary>A call that the machine cannot execute; a scenario ends there.</summary>
/// <param name="Line">The call's line in the file.</param>
/// <param name="Call">The call as it was written.</param>
/// <param name="Reason">The machine's reason.</param>
public sealed record ScenarioUnsupported(int Line, string Call, string Reason);

/// <summary>The result of a machine on a scenario.</summary>
/// <param name="CallCount">Calls executed, the differing ones included and an unsupported one not.</param>
/// <param name="ComparedCount">Those of them with a recorded result, with which theirs was compared.</param>
/// <param name="Differences">The calls that differed, in order.</param>
/// <param name="Unsupported">The call at which the machine had to give up, or null.</param>
public sealed record ScenarioOutcome(
    int CallCount, int ComparedCount, ImmutableArray<ScenarioDifference> Differences, ScenarioUnsupported? Unsupported)
{
    /// <summary>True when every call was executed and agreed.</summary>
    public bool IsAgreement => Differences.IsEmpty && Unsupported is null;
}
