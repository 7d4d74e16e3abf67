using Paging.Traces.Reading;

namespace Paging.Traces.Simulation;

/// <summary>A run of accesses as it is handed to simulators, several of which may read it at the same time.</summary>
/// <param name="Accesses">The accesses.</param>
/// <param name="PageIds">
/// The number of each access's page: 0 for the first page of the trace, 1 for the next one, … As many as there are accesses.
/// </param>
public readonly record struct TraceBlock(ReadOnlyMemory<TraceAccess> Accesses, ReadOnlyMemory<int> PageIds);
