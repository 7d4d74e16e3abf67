using System.Collections.Immutable;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;

namespace Paging.Testing.Generating;

/// <summary>Calls that depend on one another, as a generator made them, without results.</summary>
/// <param name="Header">The address space of process 0.</param>
/// <param name="Calls">The calls in order.</param>
public sealed record GeneratedScenario(ScenarioHeader Header, ImmutableArray<ScenarioCall> Calls)
{
    /// <summary>The address space of process 0.</summary>
    public ScenarioHeader Header { get; init => field = value ?? throw new ArgumentNullException(nameof(value)); } =
        Header ?? throw new ArgumentNullException(nameof(Header));

    /// <summary>The calls in order.</summary>
    public ImmutableArray<ScenarioCall> Calls { get; init => field = value.IsDefault ? [] : value; } = Calls.IsDefault ? [] : Calls;

    /// <summary>Returns the scenario as a file of the dialect: <c>paging script</c> runs it.</summary>
    public override string ToString() =>
        string.Join('\n', ScenarioDocument.Of("generated.scn", Header, Calls).Lines.Select(static line => line.Text));
}
