namespace Paging.Scripting.Engine;

/// <summary>Page faults of a script's own accesses, which <c>faults</c> reports.</summary>
/// <param name="AreCounted">True from the first call of <c>faults</c> on.</param>
/// <param name="Count">Since the last one.</param>
internal readonly record struct ScriptFaults(bool AreCounted, long Count);
