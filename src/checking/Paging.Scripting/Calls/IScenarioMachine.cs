namespace Paging.Scripting.Calls;

/// <summary>Anything that can execute a scenario of Linux: the engine, the reference model, the host's kernel.</summary>
/// <remarks>A machine serves one scenario. <see cref="Start"/> comes first and once; the calls follow in order. Not thread-safe.</remarks>
public interface IScenarioMachine : IScriptMachine
{
    /// <summary>Makes process 0 with the address space that the header describes.</summary>
    void Start(ScenarioHeader header);
}
