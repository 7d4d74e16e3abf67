namespace Paging.Scripting.Calls;

/// <summary>Anything that can execute a scenario: the engine, the reference model, the host's kernel.</summary>
/// <remarks>A machine serves one scenario. <see cref="Start"/> comes first and once; the calls follow in order. Not thread-safe.</remarks>
public interface IScenarioMachine : IDisposable
{
    /// <summary>Makes process 0 with the address space that the header describes.</summary>
    void Start(ScenarioHeader header);

    /// <summary>
    /// Executes one call in the process it names and says what came of it. A call that the machine does not know gives
    /// <see cref="ScriptResult.Unsupported"/>.
    /// </summary>
    ScriptResult Execute(in ScenarioCall call);
}
