namespace Paging.Scripting.Calls;

/// <summary>Anything that can execute the calls of a scenario. Its dialect defines the state at the start.</summary>
public interface IScriptMachine : IDisposable
{
    /// <summary>
    /// Executes one call in the process it names and returns its result. A call that the machine does not implement gives
    /// <see cref="ScriptResult.Unsupported"/>.
    /// </summary>
    ScriptResult Execute(in ScenarioCall call);
}
