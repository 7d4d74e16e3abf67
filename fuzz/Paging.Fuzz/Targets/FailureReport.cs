namespace Paging.Fuzz;

/// <summary>The report of a failure: its seed, the difference, and the shrunk script.</summary>
/// <param name="Seed">The scenario that failed.</param>
/// <param name="OperationCount">Operations of that scenario up to the failure.</param>
/// <param name="What">The operation and the two answers.</param>
/// <param name="ScriptPath">The shrunk script; null where there is none.</param>
internal sealed record FailureReport(ulong Seed, long OperationCount, string What, string? ScriptPath);
