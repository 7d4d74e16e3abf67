namespace Paging.Architecture.Tests;

/// <summary>One room of an assembly: a namespace, or the named types of one, and its purpose.</summary>
/// <param name="Namespace">The namespace, exactly: a namespace below it is a room of its own.</param>
/// <param name="Purpose">One sentence.</param>
/// <param name="Types">
/// Empty: all types of the namespace that no other room names; otherwise just these, without the number of type parameters.
/// Full names of types of other namespaces are in the room as well.
/// </param>
internal sealed record Room(string Namespace, string Purpose, params IReadOnlyList<string> Types)
{
    /// <summary>All types of the namespace that no other room names are in it.</summary>
    public bool IsWhole => Types.All(static type => type.Contains('.', StringComparison.Ordinal));

    /// <summary>As a message names it.</summary>
    public string Name => IsWhole ? Namespace : $"{Namespace} ({Types[0]}…)";
}
