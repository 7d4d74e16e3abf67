using Paging.ReferenceModel.State;

namespace Paging.ReferenceModel.Rules;

/// <summary>Gives an area its history (DIALECT section 6, rule 4).</summary>
internal static class Histories
{
    /// <summary>
    /// Before the area's first private page: takes over the history of the next area above, or else below, if they could be one
    /// but for the rights; otherwise makes a new one. Linux: __anon_vma_prepare, find_mergeable_anon_vma.
    /// </summary>
    public static void Prepare(AreaList areas, Area area)
    {
        if (area.History is not null) return;
        Area? above = areas.After(area), below = areas.Before(area);
        if (above is not null && HasOneToPassOn(above) && AreCompatible(area, above)) area.History = above.History;
        else if (below is not null && HasOneToPassOn(below) && AreCompatible(below, area)) area.History = below.History;
        else area.History = new History(isInherited: false);
    }

    private static bool HasOneToPassOn(Area area) => area.History is { IsInherited: false };

    /// <summary>Linux: anon_vma_compatible.</summary>
    private static bool AreCompatible(Area below, Area above) =>
        below.End == above.First
        && ReferenceEquals(below.File, above.File)
        && ((below.Flags ^ above.Flags) & ~(AreaFlags.Rights | AreaFlags.MayHaveGuards)) == AreaFlags.None
        && below.Offset + below.Count.Value == above.Offset;
}
