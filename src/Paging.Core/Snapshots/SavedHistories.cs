using Paging.Core.Spaces;

namespace Paging.Core.Snapshots;

/// <summary>The roots of a saved engine in the engine that it is loaded into. They are made when the first area needs them.</summary>
/// <param name="parents">The parent of each root, by its number, from 1.</param>
internal sealed class SavedHistories(uint[] parents)
{
    private readonly AnonymousRootIndex[] _made = new AnonymousRootIndex[parents.Length + 1];

    /// <summary>Gives an area, which has none, its history. Returns false if there is no memory.</summary>
    public bool TryGive(AreaSet areas, AreaIndex index, in SavedHistory history)
    {
        foreach (uint number in history.Chain)
        {
            AnonymousRootIndex parent = _made[parents[number - 1]];    // none: a fork has not made it, or its parent is not saved
            if (!areas.Roots.TryLink(index, ref _made[number], parent, isOwn: number == history.Own)) return false;
        }

        return true;
    }
}
