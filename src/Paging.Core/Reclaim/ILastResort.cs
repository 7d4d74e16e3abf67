using Paging.Core.Spaces;

namespace Paging.Core.Reclaim;

/// <summary>Ends a process when nothing can be reclaimed. Reclaim uses this contract, as processes stand above it.</summary>
internal interface ILastResort
{
    /// <summary>Ends a process to free its memory. Returns false if the policy forbids it or chooses the asking process.</summary>
    bool TryKill(Space asking);
}
