using Paging.Scripting.Calls;

namespace Paging.Testing.Lockstep;

/// <summary>How far a result may differ that a feature beside the scenario has changed.</summary>
internal enum AllowedDifference
{
    /// <summary>Not at all: no document names it.</summary>
    None,
    /// <summary>A document names it, and the call only looks: the scenario goes on.</summary>
    OfLooks,
    /// <summary>A document names it, and later results depend on it: the scenario ends without a failure.</summary>
    OfState,
}

/// <summary>Executes a scenario on the engine, and uses features beside it.</summary>
internal interface ICompanyMachine : IScenarioMachine
{
    /// <summary>Whether a document names a difference.</summary>
    AllowedDifference Allows(in ScenarioCall call, in ScriptResult expected, in ScriptResult actual);

    /// <summary>False if a feature keeps something as long as the engine lives: what is left is no leak then.</summary>
    bool LeavesNothing { get; }

    /// <summary>Ends the use of the features; the scenario's processes stay. May be called again.</summary>
    void Leave();
}
