using Paging.Traces.Simulation;

namespace Paging.Traces.Offline;

/// <summary>For each access of a trace, the next access to the same page: the knowledge of an optimal policy.</summary>
/// <remarks>Four bytes an access; for traces in memory.</remarks>
public sealed class FutureUses
{
    /// <summary>Stands for a page that is never accessed again.</summary>
    internal const int Never = int.MaxValue;

    private readonly int[] _nextUses;

    /// <summary>Reads a trace from its end.</summary>
    /// <param name="pageIds">The pages of the trace, numbered as <see cref="DistinctPages"/> does.</param>
    public FutureUses(ReadOnlySpan<int> pageIds)
    {
        _nextUses = new int[pageIds.Length];
        Dictionary<int, int> next = [];
        for (int access = pageIds.Length - 1; access >= 0; access--)
        {
            _nextUses[access] = next.GetValueOrDefault(pageIds[access], Never);
            next[pageIds[access]] = access;
        }
    }

    /// <summary>The next access to the page of an access; <see cref="Never"/> beyond the end, too.</summary>
    internal int NextUse(int access) => (uint)access < (uint)_nextUses.Length ? _nextUses[access] : Never;
}
