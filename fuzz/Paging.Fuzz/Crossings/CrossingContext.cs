using Paging.Core;

namespace Paging.Fuzz;

/// <summary>A feature that is switched on in a world before an operation is made in it.</summary>
/// <param name="Name">Its name in the table of refusals.</param>
/// <param name="Covers">The members that it uses, as <c>Type.Member</c>: a test compares them with the public surface.</param>
internal sealed record CrossingContext(string Name, params string[] Covers)
{
    /// <summary>Changes the options of the engine.</summary>
    public Func<EngineOptions, EngineOptions>? Options { get; init; }

    /// <summary>The group of the process; null: the one without a limit.</summary>
    public bool HasGroup { get; init; }

    /// <summary>Switches it on.</summary>
    public Action<CrossingWorld> Open { get; init; } = static _ => { };
}
