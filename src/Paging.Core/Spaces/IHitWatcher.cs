using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>Observes accesses to pages that were present, as a plugged replacement policy does that wants every access.</summary>
internal interface IHitWatcher
{
    /// <summary>Called when the page in a frame is accessed again.</summary>
    void Hit(FrameNumber frame);
}
