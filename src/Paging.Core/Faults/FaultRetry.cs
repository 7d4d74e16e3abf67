using Paging.Core.Files;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>Finds memory for a fault that got no frame: by reclaim first, then by ending another process.</summary>
/// <remarks>All faults of an engine share one instance. The state of a single fault is in <see cref="FaultTurns"/>.</remarks>
internal sealed class FaultRetry(OpenFileTable files, MemoryGroups groups, MemoryPressure pressure)
{
    /// <summary>True if frames are short. Reclaim does not help when the host has no memory for records.</summary>
    public bool IsShort(Space space) => pressure.IsShort(space.Group);

    /// <summary>Frees some frames. Returns false if nothing can be freed.</summary>
    public bool TryFree(Space space) => pressure.TryFree(space.Group);

    /// <summary>Ends another process. Returns false if the out-of-memory policy forbids it or chooses the faulting process.</summary>
    public bool TryKill(Space space) => pressure.TryKill(space);

    /// <summary>Reports the missing page to a plugged policy, which counts the miss.</summary>
    /// <remarks>An anonymous area already has its root: the fault assigns one before it requests a frame.</remarks>
    public void Announce(Space space, PageNumber page)
    {
        if (groups[space.Group.Number].Reclaim.Policy is not { } policy) return;
        if (space.Foreign is not null)
        {
            policy.Announce(PageIdentity.OfPrivate(SpaceOwner.Of(space.Index), page.Value));    // it has no areas and roots (E9)
            return;
        }

        ref readonly Area area = ref space.Areas[space.Areas.Tree.Covering(page)];
        uint index = area.OffsetOf(page).Value;
        policy.Announce(area.IsAnonymous
            ? PageIdentity.OfPrivate(area.Root.Value, index)
            : PageIdentity.OfObject(files.ObjectOf(area.File).Number, index));
    }
}
