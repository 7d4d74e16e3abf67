using Paging.Scripting.Calls;
using Paging.Testing.Generating;

namespace Paging.Testing.Checks;

/// <summary>The first call of a scenario to which two machines say different things.</summary>
/// <param name="Script">The scenario up to that call.</param>
/// <param name="Expected">What the trusted machine says.</param>
/// <param name="Actual">What the other one says.</param>
public sealed record LockstepDifference(GeneratedScenario Script, ScriptResult Expected, ScriptResult Actual)
{
    /// <summary>The scenario up to that call.</summary>
    public GeneratedScenario Script { get; init => field = value ?? throw new ArgumentNullException(nameof(value)); } =
        Script ?? throw new ArgumentNullException(nameof(Script));

    /// <summary>Returns the script and both results.</summary>
    public override string ToString() => $"{Script}\n  expected: {Expected}\n  actual:   {Actual}";
}
