namespace Paging.Scripting.Calls;

/// <summary>The <c>process(…)</c> line of a scenario: where process 0 begins. Each dialect has its own.</summary>
public abstract record ScenarioStart
{
    /// <summary>Starts a fresh machine of the dialect.</summary>
    /// <exception cref="InvalidCastException">The machine executes another dialect.</exception>
    public abstract void Begin(IScriptMachine machine);
}
