using Paging.Core.Accounting;
using Paging.Core.Frames;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Core.Reclaim;

/// <summary>What the reclaim of every group needs, and what a group made later is given.</summary>
/// <param name="Frames">The descriptors of the frames.</param>
/// <param name="Lists">The lists on which frames wait.</param>
/// <param name="Swap">Where private pages can go.</param>
/// <param name="Use">Whether a frame's page was used.</param>
/// <param name="Eviction">Frees a frame.</param>
/// <param name="History">Which pages were evicted lately.</param>
/// <param name="Statistics">What is counted.</param>
/// <param name="Swappiness">How readily private pages go rather than pages of files: 0 to 200.</param>
internal sealed record ReclaimContext(
    FrameTable Frames, FrameLists Lists, SwapSpace Swap, FrameUse Use, Eviction Eviction, EvictionHistory History,
    ReclaimStatistics Statistics, int Swappiness);
