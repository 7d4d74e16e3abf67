namespace Paging.Pictures.Snapshots;

/// <summary>A counter or gauge of the engine at one moment.</summary>
/// <param name="Group">The group that it belongs to.</param>
/// <param name="Name">The name of the counted events.</param>
/// <param name="Value">Its value.</param>
public readonly record struct CounterView(string Group, string Name, long Value);
