using Paging.Core.Frames;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Core.Reclaim;

/// <summary>Pages that snapshots keep. No entry maps them, so the reverse map does not find them; their keeper evicts them.</summary>
internal interface IKeptPages
{
    /// <summary>
    /// Records a frame that reclaim has found unused. Returns true if snapshots may be all that holds it beyond its entries: the caller
    /// may then take those away, and the keeper evicts the frame with the next <see cref="EvictWanted"/>.
    /// </summary>
    bool TryWant(FrameNumber frame);

    /// <summary>Evicts the wanted frames, if there are enough for a pass over all kept pages. Returns the number of frames freed.</summary>
    /// <param name="isPressed">True: reclaim has freed nothing else, so that one frame is enough.</param>
    uint EvictWanted(bool isPressed);

    /// <summary>Reads the pages of a swap device back that kept entries name. ENOMEM, or EIO from the device.</summary>
    Errno BringBack(SwapDevice device);

    /// <summary>Writes pages to swap and frees their frames. Returns the number of frames freed.</summary>
    /// <param name="charged">The group whose frames are wanted; null: any.</param>
    /// <param name="wanted">The number of frames wanted. More may be freed, because a pass goes over all kept pages.</param>
    uint Evict(FrameGroup? charged, uint wanted);
}
