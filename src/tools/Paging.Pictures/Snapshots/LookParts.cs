namespace Paging.Pictures.Snapshots;

/// <summary>What a look at a machine takes beside areas, tables, frames and counters, which it always does.</summary>
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
