namespace Paging.Scripting.Calls;

/// <summary>Anything that can execute the calls of a scenario. What it starts with is a matter of its dialect.</summary>
public interface IScriptMachine : IDisposable
{
    /// <summary>
    /// Executes one call in the process it names and returns its result. A call that the machine does not know gives
    /// <see cref="ScriptResult.Unsupported"/>.
    /// </summary>
    ScriptResult Execute(in ScenarioCall call);
}
