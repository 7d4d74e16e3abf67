namespace Paging.Core.Reclaim;

/// <summary>Frames that hold pages which no process maps, kept outside the reclaim lists: the cheapest to take.</summary>
/// <remarks>Set once, when the part that keeps them is built. Windows: the standby list.</remarks>
internal interface IUnmappedFrames
{
    /// <summary>Frees up to that many of them, writing pages out first if it must. Returns how many frames are free now.</summary>
    uint Release(uint wanted);
}
