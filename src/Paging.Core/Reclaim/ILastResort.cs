using Paging.Core.Spaces;

namespace Paging.Core.Reclaim;

/// <summary>What is left when nothing can be reclaimed: ending a process. Processes stand above reclaim, which therefore asks through this.</summary>
internal interface ILastResort
{
    /// <summary>Ends a process so that its memory comes free. False: the policy forbids it, or it would be the one that asks.</summary>
    bool TryKill(Space asking);
}
