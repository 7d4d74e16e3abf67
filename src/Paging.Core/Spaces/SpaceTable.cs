using System.Runtime.InteropServices;

namespace Paging.Core.Spaces;

/// <summary>All address spaces of an engine, by index. The reverse map finds the page tables of an area through it.</summary>
internal sealed class SpaceTable
{
    private readonly List<Space> _spaces = [];

    /// <summary>The index of the space that will be added next.</summary>
    public SpaceIndex Next => new((uint)_spaces.Count + 1);    // index 0 means none

    public Space this[SpaceIndex index] => _spaces[(int)index.Value - 1];

    /// <summary>The spaces whose process runs, in the order of their process numbers.</summary>
    public IEnumerable<Space> Live => _spaces.Where(static space => space.IsLive).OrderBy(static space => space.ProcessId);

    /// <summary>The spaces that have page tables: those of running processes, and of ended ones that a snapshot can bring back.</summary>
    public IEnumerable<Space> WithTables => _spaces.Where(static space => space.Tables.HasDirectory);

    /// <summary>All spaces, including those that wait to be reused. Allocates nothing; valid until one is added.</summary>
    public ReadOnlySpan<Space> All => CollectionsMarshal.AsSpan(_spaces);

    public void Add(Space space) => _spaces.Add(space);
}

/// <summary>The number of an address space within its engine; 0 means none.</summary>
internal readonly record struct SpaceIndex(uint Value);
