using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;

namespace Paging.Scripting.Running;

/// <summary>Executes scenarios on a machine: compares with the recorded results, or records new ones.</summary>
/// <remarks>
/// Allocates nothing for a call that agrees, except for the machine's own results. A machine serves one scenario;
/// it stays the caller's to dispose of.
/// </remarks>
public static class ScenarioRunner
{
    /// <summary>Executes a scenario and compares each result with the recorded one.</summary>
    public static ScenarioOutcome Run(ScenarioDocument document, IScriptMachine machine, ScenarioRunOptions? options = null) =>
        new ScenarioExecution(document, machine, options ?? ScenarioRunOptions.Default, recording: null).Execute();

    /// <summary>Executes a scenario and writes it again with the machine's own results; only the audit can make a difference.</summary>
    /// <remarks>
    /// From a call on that cannot be executed, calls are written without results, after a comment with the reason, so that it remains a
    /// scenario.
    /// </remarks>
    public static ScenarioOutcome Record(ScenarioDocument document, IScriptMachine machine, TextWriter recording,
        ScenarioRunOptions? options = null) =>
        new ScenarioExecution(document, machine, options ?? ScenarioRunOptions.Default, recording).Execute();
}
