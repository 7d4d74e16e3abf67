namespace Paging.Pictures.Snapshots;

/// <summary>The optional parts of a view of a machine. Areas, tables, frames and counters are always read.</summary>
[Flags]
public enum LookParts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The trees of areas. Cost: O(areas).</summary>
    Trees = 1,

    /// <summary>The figures of smaps_rollup. Cost: O(resident pages).</summary>
    Footprints = 2,

    /// <summary>All of it.</summary>
    All = Trees | Footprints,
}
