using Paging.Core.Frames;
using Paging.Core.Swap;
using Paging.Native.Frames;

namespace Paging.Core.Reclaim;

/// <summary>The parts that the reclaim of every group uses. A group that is created later gets the same.</summary>
/// <param name="Frames">The descriptors of the frames.</param>
/// <param name="Lists">The reclaim lists.</param>
/// <param name="Swap">The swap devices, where private pages go.</param>
/// <param name="Use">Reports whether a frame's page was used.</param>
/// <param name="Eviction">Frees a frame.</param>
/// <param name="History">Records recent evictions.</param>
/// <param name="Statistics">The counters.</param>
/// <param name="Kept">Evicts the frames that only snapshots hold.</param>
/// <param name="Swappiness">The preference for evicting private pages over pages of files: 0 to 200.</param>
internal sealed record ReclaimContext(
    FrameTable Frames, FrameLists Lists, SwapSpace Swap, FrameUse Use, Eviction Eviction, EvictionHistory History,
    ReclaimStatistics Statistics, KeptSwitch Kept, int Swappiness);
