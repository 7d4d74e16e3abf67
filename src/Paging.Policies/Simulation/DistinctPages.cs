using Paging.Policies.Storage;

namespace Paging.Policies.Simulation;

/// <summary>Numbers the pages of a trace in the order of their first accesses, and so counts them.</summary>
/// <remarks>Memory: 32 to 64 bytes a page; a trace may have any length.</remarks>
internal sealed class DistinctPages
{
    private PageIndex _index = new(1 << 10);

    /// <summary>The number of distinct pages so far.</summary>
    public int Count => _index.Count;

    /// <summary>The number of a page; a new one when it was never seen.</summary>
    public int IdOf(ulong page)
    {
        int id = _index.Find(page);
        if (id >= 0) return id;
        id = _index.Count;
        _index.Add(page, id);
        return id;
    }

    /// <summary>The numbers for a run of accesses.</summary>
    public void Identify(ReadOnlySpan<TraceAccess> accesses, Span<int> ids)
    {
        if (ids.Length < accesses.Length) throw new ArgumentException("There is no room for a number of each access.", nameof(ids));
        for (int index = 0; index < accesses.Length; index++) ids[index] = IdOf(accesses[index].Page);
    }
}
