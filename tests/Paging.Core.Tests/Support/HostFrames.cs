using Paging.Native;

namespace Paging.Core.Tests;

/// <summary>Frames that the host takes for itself: they have no other user, and they cannot move.</summary>
internal static class HostFrames
{
    /// <summary>Takes every free frame, one by one, in the order in which they are given out.</summary>
    public static List<FrameNumber> TakeAllFrames(this PagingEngine engine)
    {
        List<FrameNumber> taken = [];
        while (engine.Frames.TryTake(0, out FrameNumber frame)) taken.Add(frame);
        return taken;
    }
}
