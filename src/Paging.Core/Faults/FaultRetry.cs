using Paging.Core.Areas;
using Paging.Core.Files;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>What a fault asks for when it found no frame: reclaim, the policy that has to name a victim, and in the end another process's memory.</summary>
/// <remarks>One for all faults of an engine; what belongs to a single fault is in <see cref="FaultTurns"/>.</remarks>
internal sealed class FaultRetry(OpenFileTable files, MemoryGroups groups, MemoryPressure pressure)
{
    /// <summary>Frames are what is missing. Records of the host's memory do not come back by reclaim.</summary>
    public bool IsShort => pressure.IsShort;

    /// <summary>Frees some frames. False: nothing can be freed.</summary>
    public bool TryFree() => pressure.TryFree();

    /// <summary>Ends another process. False: the out-of-memory policy forbids it, or the process that faults is the one to go.</summary>
    public bool TryKill(Space space) => pressure.TryKill(space);

    /// <summary>Tells a plugged policy which page is missing, so that it counts the miss. Areas get their history before they ask for a frame.</summary>
    public void Announce(Space space, PageNumber page)
    {
        if (groups.Current.Reclaim.Policy is not { } policy) return;
        ref readonly Area area = ref space.Areas[space.Areas.Tree.Covering(page)];
        uint index = area.OffsetOf(page);
        policy.Announce(area.IsAnonymous
            ? PageIdentity.OfPrivate(area.Root.Value, index)
            : PageIdentity.OfObject(files.ObjectOf(area.File).Number, index));
    }
}
