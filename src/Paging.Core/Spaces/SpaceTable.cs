using Paging.Core.Areas;

namespace Paging.Core.Spaces;

/// <summary>Every address space of an engine, by its index: how the reverse map gets from an area to the tables that show its pages.</summary>
internal sealed class SpaceTable
{
    private readonly List<Space> _spaces = [];

    /// <summary>The index that the next space gets.</summary>
    public SpaceIndex Next => new((uint)_spaces.Count + 1);

    public Space this[SpaceIndex index] => _spaces[(int)index.Value - 1];

    /// <summary>The spaces in which a process lives, in the order of the processes' numbers.</summary>
    public IEnumerable<Space> Live => _spaces.Where(static space => space.IsLive).OrderBy(static space => space.ProcessId);

    /// <summary>Every space, those included that wait to be used again.</summary>
    public IReadOnlyList<Space> All => _spaces;

    public void Add(Space space) => _spaces.Add(space);
}
