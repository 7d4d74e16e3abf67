using Paging.Core.Frames;

namespace Paging.Core.Reclaim;

/// <summary>Pages that only snapshots keep. No entry maps them, so the reverse map does not find them; their keeper evicts them.</summary>
internal interface IKeptPages
{
    /// <summary>Writes pages to swap and frees their frames. Returns the number of frames freed.</summary>
    /// <param name="charged">The group whose frames are wanted; null: any.</param>
    /// <param name="wanted">The number of frames wanted. More may be freed, because a pass goes over all kept pages.</param>
    uint Evict(FrameGroup? charged, uint wanted);
}
