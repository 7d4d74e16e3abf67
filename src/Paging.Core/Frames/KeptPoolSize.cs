namespace Paging.Core.Frames;

/// <summary>The part of the state of the pool that its users do not give: its surplus at a snapshot.</summary>
/// <param name="Surplus">The surplus pages.</param>
/// <param name="Shortage">The reservations that the pool had no page for; negative: it had pages left.</param>
internal readonly record struct KeptPoolSize(long Surplus, long Shortage);
