using Paging.Scripting.Calls;
using Paging.Testing.Generating;

namespace Paging.Testing.Checks;

/// <summary>The first call of a scenario for which two machines give different results.</summary>
/// <param name="Script">The scenario up to that call.</param>
/// <param name="Expected">The result of the trusted machine.</param>
/// <param name="Actual">The result of the other one.</param>
public sealed record LockstepDifference(GeneratedScenario Script, ScriptResult Expected, ScriptResult Actual)
{
    /// <summary>The scenario up to that call.</summary>
    public GeneratedScenario Script { get; init => field = value ?? throw new ArgumentNullException(nameof(value)); } =
        Script ?? throw new ArgumentNullException(nameof(Script));

    /// <summary>Returns the script and both results.</summary>
    public override string ToString() => $"{Script}\n  expected: {Expected}\n  actual:   {Actual}";
}
