namespace Paging.Native.Frames;

/// <summary>The allocator, as the descriptors see it.</summary>
internal interface IFreeFrames
{
    /// <summary>How many frames are free.</summary>
    FrameCount FreeFrames { get; }
}
