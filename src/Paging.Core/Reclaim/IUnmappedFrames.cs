namespace Paging.Core.Reclaim;

/// <summary>Frames of pages that no process maps, kept outside the reclaim lists. They are the cheapest to take.</summary>
/// <remarks>Windows: the standby list.</remarks>
internal interface IUnmappedFrames
{
    /// <summary>Frees up to that many frames, and writes their pages out first if it must. Returns the number of frames freed.</summary>
    uint Release(uint wanted);
}
