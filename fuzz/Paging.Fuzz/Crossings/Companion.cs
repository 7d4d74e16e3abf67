using Paging.Core;
using Paging.Core.Reclaim;

namespace Paging.Fuzz;

/// <summary>A feature that is used beside a scenario, none of whose results it may change.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="What">The feature, in one line.</param>
internal sealed record Companion(string Name, string What)
{
    /// <summary>Changes the options with which the engine is made.</summary>
    public Func<EngineOptions, EngineOptions>? Options { get; init; }

    /// <summary>Called once, when the first process is there.</summary>
    public Action<Company>? Begin { get; init; }

    /// <summary>Called for each process that the scenario makes, the first one included.</summary>
    public Action<Company, UserProcess>? Join { get; init; }

    /// <summary>Called before each call of the scenario.</summary>
    public Action<Company>? BeforeCall { get; init; }

    /// <summary>The group of the scenario's processes; null: the one without a limit.</summary>
    public Func<PagingEngine, MemoryGroup>? Group { get; init; }

    /// <summary>True for one of which the engine keeps something as long as it lives.</summary>
    public bool IsKeptByEngine { get; init; }

    /// <summary>The kind of a companion of which there can be only one at a time; empty: none.</summary>
    public string OnlyOneOf { get; init; } = "";

    /// <summary>What is snapshot before every third call, restored after it, and the call made again.</summary>
    public RedoneState Redone { get; init; }

    /// <summary>True for one that scenarios of Windows can have, too.</summary>
    public bool IsForWindows { get; init; }
}

/// <summary>What goes back before a call is made a second time.</summary>
internal enum RedoneState
{
    /// <summary>Nothing: each call is made once.</summary>
    None,
    /// <summary>The process that makes the call.</summary>
    Process,
    /// <summary>The same, by a state of a <see cref="Rewind"/>.</summary>
    RewoundProcess,
    /// <summary>All processes, with what they share.</summary>
    Engine,
    /// <summary>The same, by a state of a <see cref="Rewind"/>.</summary>
    RewoundEngine,
}
