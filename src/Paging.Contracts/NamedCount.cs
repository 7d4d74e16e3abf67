namespace Paging.Core;

/// <summary>A counter of a record of counters.</summary>
/// <param name="Name">What it counts, in words that no other counter of an engine has: <c>pages copied on write</c>.</param>
/// <param name="Count">Its value.</param>
public readonly record struct NamedCount(string Name, long Count);
