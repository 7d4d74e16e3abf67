using Paging.Native;

namespace Paging.Core.Snapshots;

/// <summary>The frame numbers that the pages of an image have in one engine.</summary>
/// <remarks>
/// Each memory, the image's own and those of its ancestors, has a window of its own. Cost of a search: a compare for slots in order,
/// O(log runs) for others.
/// </remarks>
/// <param name="runs">The runs of the image.</param>
/// <param name="firsts">The first frame of each layer; 0 for one that no run names.</param>
internal sealed class ImageFrames(SlotRun[] runs, FrameNumber[] firsts)
{
    private int _at;    // the run that was found last

    /// <summary>True if the image has all these slots.</summary>
    public bool Has(uint slot, uint count)
    {
        uint end = runs.Length == 0 ? 0 : runs[^1].End;
        return count <= end && slot <= end - count;
    }

    /// <summary>Returns the frame of a slot, which the image has.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="count">The number of slots from this one on whose frames follow each other.</param>
    public FrameNumber Find(uint slot, out uint count)
    {
        if (slot - runs[_at].First >= runs[_at].Count) _at = SlotRun.Find(runs, slot);
        ref readonly SlotRun run = ref runs[_at];
        count = run.End - slot;
        return firsts[run.Layer] + new FrameCount(run.Index + (slot - run.First));
    }
}
